import { describe, expect, test } from "vitest";
import { printable, printableJson } from "../../core/text.ts";
import { HOSTILE_NAMES } from "../support/hostile-names.ts";

/** What a terminal, a mailbox or an editor may act on instead of showing it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const ACTS = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]/;

describe("text of others", () => {
  test("is one line of what can be seen", () => {
    expect(printable("a\nb\tc\r\u001b[2J\u009b1m\u202eexe\u2028\u200b")).toBe(
      "a\\nb\\tc\\r\\u{1b}[2J\\u{9b}1m\\u{202e}exe\\u{2028}\\u{200b}",
    );
    for (const name of HOSTILE_NAMES) expect(printable(name).replaceAll(/\p{Emoji}/gu, "")).not.toMatch(ACTS);
  });

  test("that can be seen stays as it is", () => {
    for (const text of ["plain", "it's 100%", "caf\u00e9 cafe\u0301 日本 \u{1f4a9}", 'a"b\\c']) {
      expect(printable(text)).toBe(text);
    }
  });

  test("in JSON means the same and acts on nothing", () => {
    const json = printableJson(JSON.stringify([...HOSTILE_NAMES, "\u{e0001}", "\ud800"]));
    expect(json.replaceAll(/\p{Emoji}/gu, "")).not.toMatch(ACTS);
    expect(JSON.parse(json)).toEqual([...HOSTILE_NAMES, "\u{e0001}", "\ud800"]);
  });
});
