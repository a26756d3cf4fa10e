import { describe, expect, it } from "vitest";
import type { Catalog, Run } from "../../../core/catalog/index.ts";
import { type CleanupContext, cleanUp, type EndedExecution } from "../../../core/runs/cleanup.ts";
import { endRun } from "../../../core/runs/end.ts";

const RUN_ID = "shop-20261121T021500Z-7k3f9q2mxa";
const execution = { arn: "arn:x:execution:backup:y", name: RUN_ID, startedAt: "2026-11-21T02:15:00.000Z" };

/** A catalog that knows one run, or none, and keeps what it is told; everything told goes into one list. */
function world(known: Partial<Run> | undefined) {
  let run: Run | undefined = known === undefined ? undefined : ({ ...begun, ...known } as Run);
  const told: { event?: object; alert?: { subject: string; message: string }; figures?: object }[] = [];
  const runs = {
    get: async () => run,
    expect: async () => run,
    list: async () => [],
    begin: async (fresh: object) => {
      run = { ...begun, ...fresh } as Run;
      return run;
    },
    finish: async (_runId: string, end: object) => {
      if (run?.status === "running") run = { ...run, ...end, finishedAt: "2026-11-21T02:16:00.000Z" } as Run;
    },
    markTold: async () => {
      run = { ...run, toldAt: "2026-11-21T02:16:01.000Z" } as Run;
    },
  };
  const context = {
    catalog: { runs } as unknown as Catalog,
    installation: "main",
    audit: { write: async () => {} },
    sendEvent: async (_type: string, event: object) => void told.push({ event }),
    sendAlert: async (subject: string, message: string) => void told.push({ alert: { subject, message } }),
    measure: (figures: object) => void told.push({ figures }),
    abortUploads: async () => 0,
  } as unknown as CleanupContext;
  return { context, told, run: () => run, alerts: () => told.flatMap(({ alert }) => alert ?? []) };
}

const begun = {
  runId: RUN_ID,
  kind: "backup",
  source: "shop",
  status: "running",
  phase: "dumping",
  epoch: 1,
  executionArn: execution.arn,
  startedAt: execution.startedAt,
  settings: {},
};

const ended = (status: EndedExecution["status"], rest: Partial<EndedExecution> = {}): EndedExecution => ({
  kind: "backup",
  execution,
  status,
  input: { source: "shop" },
  ...rest,
});

describe("an execution that ran no Catch", () => {
  it.each([
    [
      "TIMED_OUT",
      undefined,
      /^backup of shop failed: the run took longer .* \(States\.Timeout, run-timed-out\)\. Look/,
    ],
    ["ABORTED", "by hand", /^backup of shop failed: by hand \(CancelledError, execution-stopped\)\. Somebody/],
  ] as const)(
    "%s: says the same line in the catalog, the event, the figures and the alert",
    async (status, cause, line) => {
      const { context, told, run, alerts } = world({});
      const { line: output } = await cleanUp(ended(status, { cause }), context);
      expect(output).toMatch(line);
      expect(run()).toMatchObject({ status: "failed", line: output });
      expect(alerts()[0]?.message.split("\n")[0]).toBe(output);
      expect(told).toContainEqual({ event: expect.objectContaining({ line: output }) });
      expect(told).toContainEqual({ figures: expect.objectContaining({ line: output }) });
    },
  );

  it("is told once, however often its event comes", async () => {
    const { context, alerts } = world({});
    for (let n = 0; n < 3; n += 1) await cleanUp(ended("TIMED_OUT"), context);
    expect(alerts()).toHaveLength(1);
  });

  it("keeps the line of its first end when cleaning up comes after", async () => {
    const { context, run, alerts } = world({});
    const error = { name: "IntegrityError", code: "object-missing", message: "x is gone", hint: "Look for it." };
    const { line } = await endRun(
      { kind: "backup", execution, input: { source: "shop" }, status: "failed", error },
      context,
    );
    const after = await cleanUp(ended("FAILED", { error: "IntegrityError", cause: line }), context);
    expect(after.line).toBe(line);
    expect(run()?.line).toBe(line);
    expect(alerts()).toHaveLength(1);
  });
});

describe("an execution that took its lease and never began its run", () => {
  const error = { name: "States.Timeout", code: "states-timeout", message: "Resolve did not answer" };

  it("ends with a run that holds what it took, so that its end gives it back", async () => {
    const { context, run } = world(undefined);
    await endRun({ kind: "backup", execution, input: { source: "shop" }, status: "failed", error }, context);
    expect(run()).toMatchObject({ status: "failed", phase: "refused", leaseOn: "SOURCE#shop" });
  });

  it("of a kind that takes no source's lease holds none", async () => {
    const { context, run } = world(undefined);
    await endRun({ kind: "verify", execution, input: { source: "shop" }, status: "failed", error }, context);
    expect(run()).not.toHaveProperty("leaseOn");
  });
});

describe("an input that names no source", () => {
  const error = { name: "ConfigurationError", code: "invalid-event", message: "input.source: missing" };

  it("is told by its execution, once: cleaning up sees that its line was shown", async () => {
    const { context, alerts, told } = world(undefined);
    const request = { kind: "backup", execution, input: { sauce: 1 }, status: "failed", error } as const;
    const { line, runId } = await endRun(request, context);
    await cleanUp(ended("FAILED", { input: request.input, error: error.name, cause: line }), context);
    expect(runId).toBe("");
    expect(alerts()).toHaveLength(1);
    expect(alerts()[0]?.subject).toBe("Holdfast main: backup of an unknown source failed, invalid-event");
    expect(alerts()[0]?.message).toMatch(/^backup of an unknown source failed: input\.source: missing .*\n\n/);
    expect(alerts()[0]?.message).toContain(execution.arn);
    expect(told).toContainEqual({ figures: expect.objectContaining({ source: "unknown" }) });
  });

  it("is told by cleaning up when its execution came to no line of its own", async () => {
    const { context, alerts } = world(undefined);
    await cleanUp(ended("ABORTED", { input: "not even an object" }), context);
    const cause = JSON.stringify({ errorType: "StoreThrottledError", errorMessage: "busy" });
    await cleanUp(ended("FAILED", { input: {}, error: "StoreThrottledError", cause }), context);
    expect(alerts().map(({ subject }) => subject)).toEqual([
      "Holdfast main: backup of an unknown source failed, execution-stopped",
      "Holdfast main: backup of an unknown source failed, unexpected",
    ]);
  });
});

describe("a backup that has found an older restore point gone", () => {
  const gone = { where: "v1/meta/x/manifest", code: "restore-point-missing", message: "the vault has no x" };
  const note = { where: "leftovers", code: "leftovers-not-cleared", message: "nothing was cleared" };
  const moved = { code: "another-database", message: "the source leads elsewhere" };
  const request = { kind: "backup", execution, input: { source: "shop" } } as const;

  it("tells people although it has succeeded, with all else that they have to see", async () => {
    const { context, alerts } = world({ findings: [note, gone], notes: { warnings: [moved] } });
    await endRun({ ...request, status: "succeeded" }, context);
    await endRun({ ...request, status: "succeeded" }, context);
    expect(alerts()).toHaveLength(1);
    expect(alerts()[0]?.subject).toBe("Holdfast main: backup of shop succeeded, another-database");
    expect(alerts()[0]?.message).toContain(`${moved.message}\n${gone.message}\n`);
    expect(alerts()[0]?.message).toContain("RUNBOOK.md, another-database, restore-point-missing");
    expect(alerts()[0]?.message).not.toContain(note.message);
  });

  it("tells people of nothing when there are only notes", async () => {
    const { context, alerts } = world({ findings: [note] });
    await endRun({ ...request, status: "succeeded" }, context);
    expect(alerts()).toEqual([]);
  });

  it("tells people of it with its own failure", async () => {
    const { context, alerts } = world({ findings: [note, gone] });
    const error = { name: "SourceUnavailableError", code: "answer-late", message: "the server has not answered" };
    await endRun({ ...request, status: "failed", error }, context);
    expect(alerts()).toHaveLength(1);
    expect(alerts()[0]?.message).toContain("also: the vault has no x (restore-point-missing)");
    expect(alerts()[0]?.message).not.toContain(note.message);
  });
});

describe("a restore that was asked for its plan only", () => {
  it("says so in its line and its event: it has restored nothing", async () => {
    const { context, run } = world({ kind: "restore", settings: { options: { plan: true } } });
    const events: string[] = [];
    const telling = { ...context, sendEvent: async (type: string) => void events.push(type) };
    await endRun({ kind: "restore", execution, input: { source: "shop" }, status: "succeeded" }, telling);
    expect(run()?.line).toBe("plan of a restore of shop succeeded");
    expect(events).toEqual(["holdfast.restore.planned"]);
  });
});
