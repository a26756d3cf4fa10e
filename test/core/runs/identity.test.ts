import { describe, expect, it } from "vitest";
import { RUN_ID_PATTERN } from "../../../core/ids.ts";
import { runIdOf } from "../../../core/runs/identity.ts";

const execution = { arn: "arn:aws:states:eu-west-1:1:execution:m:x", name: "x", startedAt: "2026-11-21T02:15:00.123Z" };

describe("the run an execution is", () => {
  it("is its name where that is a run id of the source", () => {
    const name = "shop-20261121T021500Z-7k3f9q2mxa";
    expect(runIdOf({ ...execution, name }, "shop")).toBe(name);
  });

  it("is derived from start and ARN where a schedule chose the name, the same for everyone who asks", () => {
    const id = runIdOf(execution, "shop");
    expect(id).toMatch(RUN_ID_PATTERN);
    expect(id).toMatch(/^shop-20261121T021500Z-/);
    expect(runIdOf({ ...execution }, "shop")).toBe(id);
    expect(runIdOf({ ...execution, arn: `${execution.arn}y` }, "shop")).not.toBe(id);
  });

  it("is never another source's, whatever the execution is called", () => {
    const name = "shop-eu-20261121T021500Z-7k3f9q2mxa";
    expect(runIdOf({ ...execution, name }, "shop")).not.toBe(name);
    expect(runIdOf({ ...execution, name }, "shop-eu")).toBe(name);
  });

  it("fails for a source whose name cannot be one", () => {
    expect(() => runIdOf(execution, "../x")).toThrowError(/allowed is/);
  });
});
