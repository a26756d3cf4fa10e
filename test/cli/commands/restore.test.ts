import { describe, expect, it } from "vitest";
import { holdfast, RESTORE_POINT_ID } from "../support/fakes.ts";

const LIST = "1a2b3c4d5e6f";
const COMMAND = ["restore", RESTORE_POINT_ID, "--source", "shop", "--to", "staging"];
const error = {
  name: "PreconditionError",
  code: "target-not-empty",
  message: "database shop holds 2 objects (1 table, 1 view): table public.a, view public.v",
  hint: "Restore into an empty database.",
};
const refused = {
  run: {
    status: "failed",
    phase: "preparing",
    kind: "restore",
    error,
    findings: [
      { where: "shop", code: "target-list", message: LIST },
      { where: "table public.a", code: "would-be-dropped", message: "table public.a" },
      { where: "view", code: "would-be-dropped", message: "view public.\u001b[2Jv\nAll is well" },
    ],
  },
  executions: [
    { status: "failed", error: "PreconditionError" },
    { status: "succeeded", output: "{}" },
  ],
} as const;

describe("a restore into a target that is not empty", () => {
  it("lists what would be dropped, asks, and drops exactly that list when it is agreed to", async () => {
    const { started, stderr } = await holdfast(COMMAND, { ...refused, answer: "drop" });
    const [first, second] = started.map(({ input }) => (input as { options: Record<string, unknown> }).options);
    expect(first).not.toHaveProperty("confirm");
    expect(second).toMatchObject({ restorePointId: RESTORE_POINT_ID, target: "staging", confirm: LIST });
    const [listed = "", asked] = stderr.split("Drop all of this");
    expect(asked).toBeDefined();
    expect(listed).toContain("database shop on target staging is not empty:\n  table public.a\n");
    expect(listed).toContain("  view public.\\u{1b}[2Jv\\nAll is well\n");
  });

  it.each([
    ["the answer is another", { answer: "yes" }, []],
    ["nobody is there to be asked", {}, []],
    ["a program asks", { answer: "drop" }, ["--json"]],
  ])("drops nothing when %s, and is refused", async (_, options, more) => {
    const { started, exitCode, stderr } = await holdfast([...COMMAND, ...more], { ...refused, ...options });
    expect(started).toHaveLength(1);
    expect(exitCode).toBe(3);
    expect(stderr).toContain("target-not-empty");
  });

  it("hands on the list that was agreed to before", async () => {
    const { started } = await holdfast([...COMMAND, "--confirm-list", LIST]);
    expect(started).toMatchObject([{ input: { options: { confirm: LIST } } }]);
  });
});

describe("a restore that fails half way", () => {
  const failed = {
    run: { status: "failed", phase: "loading", kind: "restore", error: { ...error, code: "disk-full" } },
    executions: [{ status: "failed", error: "PreconditionError" }],
  } as const;

  it("says what is left behind, and that it may be dropped where the restore has made it", async () => {
    const created = await holdfast([...COMMAND, "--create", "--database", "copy"], failed);
    expect(created.exitCode).not.toBe(0);
    expect(created.stdout).toMatch(/left behind +a database that is not complete.*may as well be dropped/);
    expect((await holdfast(COMMAND, failed)).stdout).toMatch(/left behind +a database.*stopped\n/);
  });
});

describe("a restore that has left something out", () => {
  const left = "left out: table public.place: it needs something that is left out; its 7 rows go along";
  const done = {
    run: { status: "succeeded", kind: "restore", warnings: [left, "role app was\nrefused"] },
    executions: [{ status: "succeeded", output: "{}" }],
  } as const;

  it("says so although it has succeeded, to people and to programs, and again when its run is shown", async () => {
    const { exitCode, stdout } = await holdfast(COMMAND, done);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(left);
    expect(stdout).toMatch(/^warning +role app was\\nrefused$/m);
    expect(JSON.parse((await holdfast([...COMMAND, "--json"], done)).stdout).warnings).toEqual(done.run.warnings);
    expect((await holdfast(["show", "shop-20261121T021500Z-7k3f9q2mxa"], done)).stdout).toContain(left);
  });
});

describe("a restore that is asked for its plan", () => {
  const asIs = { what: "12 table", verdict: "as it is", why: "" } as const;
  const sql = 'CREATE ROLE "app" NOLOGIN;';
  const gone = { what: "role app", verdict: "refused", code: "role-missing", why: "is\nnot there", sql } as const;
  const planned = (plan: readonly (typeof asIs | typeof gone)[]) => ({
    run: { status: "succeeded", kind: "restore", plan } as const,
    executions: [{ status: "succeeded", output: "{}" } as const],
  });

  it("asks for nothing else, and shows what becomes of everything", async () => {
    const { started, exitCode, stdout } = await holdfast([...COMMAND, "--plan", "--leave-out"], planned([asIs]));
    expect(started).toMatchObject([{ input: { options: { plan: true, leaveOut: true } } }]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("nothing is in the way; nothing was touched");
    expect(stdout).toMatch(/^WHAT +VERDICT +WHY$/m);
    expect(stdout).toMatch(/^12 table +as it is$/m);
  });

  it("says by its exit code that the restore would be refused, one line each, with what to run", async () => {
    const { exitCode, stdout } = await holdfast([...COMMAND, "--plan"], planned([gone, asIs]));
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(/^role app +refused +is\\nnot there \(role-missing\) CREATE ROLE "app" NOLOGIN;$/m);
    const json = await holdfast([...COMMAND, "--plan", "--json"], planned([gone, asIs]));
    expect(JSON.parse(json.stdout)).toMatchObject({ status: "succeeded", refused: 1, plan: [gone, asIs] });
  });

  it("hands on what is to be left alone", async () => {
    const more = ["--skip-extension", "postgis", "--skip-extension", "pg_cron", "--tablespaces", "keep"];
    const { started } = await holdfast([...COMMAND, ...more]);
    const [first] = started.map(({ input }) => (input as { options: Record<string, unknown> }).options);
    expect(first).toMatchObject({ skipExtensions: ["postgis", "pg_cron"], tablespaces: "keep" });
    expect((await holdfast(COMMAND)).started[0]?.input).not.toHaveProperty("options.tablespaces");
  });
});
