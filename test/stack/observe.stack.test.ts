/** What is told of a run: the same line in the catalog, the console, the alert and the command; logs by run; metrics. */
import { FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { DescribeExecutionCommand } from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LogLine } from "../../cli/runs/log-lines.ts";
import { logGroupName } from "../../core/config/index.ts";
import { createDatabase, type TestDatabase } from "../support/postgres.ts";
import { clients, startExecution, stopExecution, storeConnection, waitFor } from "../support/stack.ts";
import { subscribeToAlerts } from "./alerts.ts";
import { holdfast } from "./command.ts";
import { until } from "./faults.ts";
import { backUp, catalog, databaseBehind, manyRows, type Outcome } from "./sources.ts";

const WRONG_PASSWORD = "s3cret-word-of-observe";

let database: TestDatabase;
let target: TestDatabase;
let alerts: Awaited<ReturnType<typeof subscribeToAlerts>>;
let green: Outcome;

beforeAll(async () => {
  [database, target, alerts] = await Promise.all([
    databaseBehind("observed", ...manyRows("item", 100)),
    createDatabase("observed"),
    subscribeToAlerts("observe"),
  ]);
  await storeConnection("observed-write", target.name, "write");
  green = await backUp("observed");
});
afterAll(async () => {
  await alerts.end();
  await database.drop();
  await target.drop();
});

/** The four places in which people look; the console's cause is somebody else's where an execution was stopped. */
async function toldOf(runId: string) {
  const run = await catalog().runs.get(runId);
  const executionArn = run?.executionArn ?? "";
  const [{ cause }, { Message }, shown] = await Promise.all([
    clients.sfn().send(new DescribeExecutionCommand({ executionArn })),
    alerts.about(runId),
    holdfast(["show", runId]),
  ]);
  const command = (shown.json.run as { line?: string } | undefined)?.line;
  return { catalog: run?.line, console: cause, alert: Message.split("\n")[0], command, status: shown.json.status };
}

describe("a failed run ends with one line, the same in catalog, console, alert and command", () => {
  it("a backup", async () => {
    await storeConnection("observed-read", database.name, "read", { password: WRONG_PASSWORD });
    const { exitCode, json, stderr } = await holdfast(["backup", "observed"]);
    await storeConnection("observed-read", database.name, "read");
    const line = String(json.line);
    expect(exitCode).toBe(3);
    expect(line).toMatch(/^backup of observed failed: .+ \(ConfigurationError, authentication-failed\)\. .+/);
    expect(stderr.split("\n")).toContain(`holdfast: ${line}`);
    expect(await toldOf(String(json.runId))).toEqual({
      catalog: line,
      console: line,
      alert: line,
      command: line,
      status: "failed",
    });
  });

  it("a restore, which fails behind its first states", async () => {
    await target.query("CREATE TABLE here_before (id int)");
    const { json, stderr } = await holdfast(["restore", "latest", "--source", "observed", "--to", "observed"]);
    const line = String(json.line);
    expect(line).toMatch(/^restore of observed failed: .+ \(PreconditionError, target-not-empty\)\. .+/);
    expect(stderr.split("\n")).toContain(`holdfast: ${line}`);
    const told = await toldOf(String(json.runId));
    expect(told).toEqual({ catalog: line, console: line, alert: line, command: line, status: "failed" });
  });

  it("a run that its first state refuses, by an error of the input", async () => {
    const { cause = "", executionArn } = await waitFor(await startExecution("backup", { source: "never-configured" }));
    expect(cause).toMatch(/^backup of never-configured failed: source is never-configured, .+ unknown-source\)\. .+/);
    const [run] = await catalog().runs.list("never-configured", 1);
    expect(run).toMatchObject({ executionArn, line: cause });
    expect(await toldOf(run?.runId ?? "")).toMatchObject({ console: cause, alert: cause, command: cause });
  });

  it("a run that nobody can file, for its input names no source", async () => {
    const { cause = "", executionArn = "" } = await waitFor(await startExecution("backup", { sauce: "shop" }));
    expect(cause).toMatch(/^backup of an unknown source failed: .*source.* \(ConfigurationError, invalid-event\)\. .+/);
    const alert = await alerts.about(executionArn);
    expect(alert.Message.split("\n")[0]).toBe(cause);
    expect(alert.Subject).toBe("Holdfast test: backup of an unknown source failed, invalid-event");
    expect(alerts.seen().filter(({ Message }) => Message.includes(executionArn))).toHaveLength(1);
  });

  it("a run that was stopped", async () => {
    const executionArn = await startExecution("backup", { source: "observed" });
    const { runId } = await until(async () =>
      (await catalog().runs.list("observed", 10)).find((run) => run.executionArn === executionArn),
    );
    await stopExecution(executionArn);
    await alerts.about(runId);
    const told = await toldOf(runId);
    expect(told.catalog).toMatch(/^backup of observed failed: .+ \(CancelledError, execution-stopped\)\. .+/);
    expect(told).toMatchObject({ alert: told.catalog, command: told.catalog, status: "failed" });
  });
});

describe("the log of a run", () => {
  it("is found whole by its id: every function from begun to done, and the chunks between", async () => {
    const { outcome } = green;
    const { json } = await holdfast(["logs", outcome?.runId ?? ""]);
    const lines = json.lines as LogLine[];
    const said = (name: string) => lines.filter((line) => line.function === name).map(({ message }) => message);
    for (const name of ["resolve", "preflight", "encrypt", "plan-dump", "judge", "upload", "verify-chunk", "record"]) {
      expect(said(name)).toEqual(expect.arrayContaining(["begun", "done"]));
    }
    expect(said("dump-chunk")).toEqual(expect.arrayContaining(["begun", "chunk begun", "chunk done", "done"]));
    expect(said("record")).toContain("run ended");
    expect(lines.map(({ at }) => at)).toEqual(lines.map(({ at }) => at).toSorted());
    const done = lines.find(({ message }) => message === "chunk done");
    expect(done).toMatchObject({ chunk: 1, fields: { restorePointId: outcome?.restorePointId, source: "observed" } });

    const metrics = await metricsOf(outcome?.runId ?? "");
    const source = { installation: "test", source: "observed", kind: "backup" };
    expect(metrics).toContainEqual(expect.objectContaining({ ...source, RunsSucceeded: 1, RestorePointRows: 100 }));
    expect(metrics).toContainEqual(expect.objectContaining({ ...source, ChunkAttempts: 1 }));
    expect(metrics.find((metric) => metric.SnapshotAgeSeconds !== undefined)?.SnapshotAgeSeconds).toBeLessThan(60);
  });

  it("of one that failed says so, and no function has told its password", async () => {
    const [run] = (await catalog().runs.list("observed", 20)).filter(
      ({ error }) => error?.code === "authentication-failed",
    );
    const { json } = await holdfast(["logs", run?.runId ?? "", "--errors"]);
    expect(json.lines).toContainEqual(
      expect.objectContaining({
        function: "preflight",
        level: "ERROR",
        fields: expect.objectContaining({ error: run?.error, kind: "backup" }),
      }),
    );
    expect(await eventsWith(WRONG_PASSWORD)).toEqual([]);
    expect((await metricsOf(run?.runId ?? "")).some(({ StepErrors }) => StepErrors === 1)).toBe(true);
  });
});

async function eventsWith(text: string): Promise<string[]> {
  const query = { logGroupName: logGroupName("test", "functions"), filterPattern: `"${text}"` };
  const { events = [] } = await clients.logs().send(new FilterLogEventsCommand(query));
  return events.map(({ message = "" }) => message);
}

async function metricsOf(runId: string): Promise<Record<string, unknown>[]> {
  const lines = (await eventsWith(runId)).filter((line) => line.startsWith("{"));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ _aws }) => _aws !== undefined);
}
