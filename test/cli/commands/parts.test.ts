import { describe, expect, it } from "vitest";
import { holdfast, RESTORE_POINT_ID, restorePoint } from "../support/fakes.ts";

const WHERE = [RESTORE_POINT_ID, "--source", "shop", "--to", "staging"];
const PARTS = ["--table", "public.film", "--table", '"Odd"."a b"', "--exclude-schema", "old*", "--into-schema", "back"];

describe("parts", () => {
  it.each(["restore", "compare"])("are handed on by %s as they were given", async (command) => {
    const { started } = await holdfast([command, ...WHERE, ...PARTS]);
    expect(started).toMatchObject([
      { input: { options: { tables: ["public.film", '"Odd"."a b"'], excludeSchemas: ["old*"], intoSchema: "back" } } },
    ]);
  });

  it("are what a restore's result, its run and the list of runs call it", async () => {
    const parts = "parts of the restore point only: 1 of 9 tables (tables public.film)";
    const run = { status: "succeeded", kind: "restore", parts } as const;
    const restored = await holdfast(["restore", ...WHERE, ...PARTS], { run });
    expect(restored.stdout).toContain(`restored parts of ${RESTORE_POINT_ID}`);
    expect((await holdfast(["restore", ...WHERE, ...PARTS, "--json"], { run })).json).toMatchObject({ parts });
    expect((await holdfast(["runs"], { run })).stdout).toContain("restore (parts)");
  });

  it("are what a restore point of parts is called wherever it is shown", async () => {
    const parts = "without tables *.audit_log; 1 relations left out";
    const warnings = ["the restore point holds parts only: 1 relations are left out as configured"];
    const restorePoints = [{ ...restorePoint, parts, warnings }];
    const run = { status: "succeeded", kind: "backup", restorePointId: RESTORE_POINT_ID } as const;
    const made = await holdfast(["backup", "shop"], { run, restorePoints });
    expect(made.stdout).toMatch(/^warning +the restore point holds parts only/m);
    expect((await holdfast(["backup", "shop", "--json"], { run, restorePoints })).json).toMatchObject({ warnings });
    expect((await holdfast(["list"], { restorePoints })).stdout).toContain("available (parts)");
    expect((await holdfast(["show", RESTORE_POINT_ID], { restorePoints })).stdout).toContain(parts);
    const verified = await holdfast(["verify", RESTORE_POINT_ID], { restorePoints });
    expect(verified.stdout).toContain(parts);
    expect((await holdfast(["list"])).stdout).not.toContain("parts");
  });

  it("are told as given up or gone on with where they did not come to their end", async () => {
    const error = { name: "PreconditionError", code: "postgres-22003", message: "out of range" };
    const failed = {
      run: { status: "failed", phase: "data", kind: "restore", error },
      executions: [{ status: "failed", error: "PreconditionError" }],
    } as const;
    const { stdout } = await holdfast(["restore", ...WHERE, ...PARTS], failed);
    expect(stdout).toMatch(/left behind +parts in a database in use, which are not complete/);
  });
});
