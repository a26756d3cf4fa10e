import { describe, expect, it } from "vitest";
import { sourceSearchPath, underSourcePath } from "../../../../core/postgres/load/source-path.ts";

describe("the source's search path", () => {
  it("is the database's own setting for every role, or PostgreSQL's default", () => {
    const settings = [
      { role: "app", setting: "search_path=mine" },
      { role: null, setting: "work_mem=4MB" },
      { role: null, setting: 'search_path=app, "a, b"' },
    ];
    expect(sourceSearchPath({ settings })).toBe('app, "a, b"');
    expect(sourceSearchPath({ settings: settings.slice(0, 2) })).toBe('"$user", public');
    expect(sourceSearchPath(undefined)).toBe('"$user", public');
  });

  it.each([
    ["42P01", 'relation "words" does not exist', true],
    ["42883", "function helper(text) does not exist", true],
    ["42704", 'type "pair" does not exist', true],
    ["42704", 'role "nobody" does not exist', false],
    ["42704", 'access method "heap2" does not exist', false],
    ["23514", "some row", false],
  ])("is tried for SQLSTATE %s, %s: %s", (state, message, expected) => {
    expect(underSourcePath([], "public").appliesTo(state, message)).toBe(expected);
  });
});
