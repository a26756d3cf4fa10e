import { ListMultipartUploadsCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from "vitest";
import { vaultKeys } from "../../core/vault/keys.ts";
import type { TestDatabase } from "../support/postgres.ts";
import { clients, startExecution, stopExecution, storeConnection, visited } from "../support/stack.ts";
import { subscribeToAlerts } from "./alerts.ts";
import { awaitBackend, backendsOf, clientProcessOf, stallChunk, terminate, until } from "./faults.ts";
import { backUp, catalog, databaseBehind, manyRows, newestRun, outcomeOf, wideRows } from "./sources.ts";
import { refTo, vaultOf } from "./vault.ts";

let database: TestDatabase;
let alerts: Awaited<ReturnType<typeof subscribeToAlerts>>;
/** A run whose source never answers: it fails after minutes, so the other tests go on beside it. */
let unanswered: string;

beforeAll(async () => {
  database = await databaseBehind("bank", ...manyRows("ledger", 12_000), ...wideRows("document"));
  alerts = await subscribeToAlerts("faults");
});
afterAll(async () => {
  await alerts.end();
  await database.drop();
});

/** A run that stands still in the middle of a chunk until it is resumed. */
async function stalledRun(input: object = {}) {
  const executionArn = await startExecution("backup", { source: "bank", ...input });
  const stall = await stallChunk(database, executionArn);
  onTestFinished(stall.resume);
  return { executionArn, ...stall };
}

async function expectNothingHeld(): Promise<void> {
  await until(async () => ((await backendsOf(database, "")).length === 0 ? true : undefined));
}

describe("a source that cannot be reached", () => {
  it("fails at once when the password is wrong, and tells people", async () => {
    await storeConnection("broken-read", database.name, "read", { password: "wrong" });
    const { status, error, cause } = await backUp("broken");
    expect({ status, error }).toEqual({ status: "FAILED", error: "ConfigurationError" });
    const run = await newestRun("broken");
    expect(run).toMatchObject({ status: "failed", phase: "preparing", error: { name: "ConfigurationError" } });
    expect(cause).toContain(run.error?.code);
    expect(await alerts.about(run.runId)).toMatchObject({
      Subject: `Holdfast test: backup of broken failed, ${run.error?.code}`,
    });
    expect(await catalog().restorePoints.list("broken")).toEqual([]);
  });

  it("is not given up at once when nobody answers", async () => {
    await storeConnection("broken-read", database.name, "read", { port: 1 });
    unanswered = await startExecution("backup", { source: "broken" });
    await until(async () => ((await newestRun("broken")).status === "running" ? true : undefined));
  });
});

describe("a worker that fails", () => {
  it("is tried again when its session was cut once", async () => {
    const { executionArn, pid, resume } = await stalledRun();
    await terminate(database, pid);
    resume();
    const { status, error, cause } = await outcomeOf(executionArn);
    expect({ status, error, cause }).toEqual({ status: "SUCCEEDED", error: undefined, cause: undefined });
    const chunks = await catalog().chunks.list((await newestRun("bank")).runId);
    expect(chunks.some(({ attempts }) => attempts > 1)).toBe(true);
  });

  it("is tried again when its process was killed in the middle of a chunk", async () => {
    const { executionArn, pid, resume } = await stalledRun();
    const backend = (await backendsOf(database, "chunk")).find((found) => found.pid === pid);
    if (backend === undefined) throw new Error("the stalled chunk is gone");
    process.kill(await clientProcessOf(backend), "SIGKILL");
    resume();
    const { status, error, cause } = await outcomeOf(executionArn);
    expect({ status, error, cause }).toEqual({ status: "SUCCEEDED", error: undefined, cause: undefined });
    const chunks = await catalog().chunks.list((await newestRun("bank")).runId);
    expect(chunks.some(({ attempts }) => attempts > 1)).toBe(true);
  });

  it("fails the run by name when it always fails, and leaves no restore point", async () => {
    const before = await catalog().restorePoints.list("bank");
    const executionArn = await startExecution("backup", { source: "bank" });
    let isOver = false;
    const terminating = (async () => {
      while (!isOver) for (const { pid } of await backendsOf(database, "chunk")) await terminate(database, pid);
    })();
    const { status, error, cause } = await outcomeOf(executionArn);
    isOver = true;
    await terminating;
    expect({ status, error }).toEqual({ status: "FAILED", error: "SourceUnavailableError" });
    expect(cause).toMatch(/chunk \d+/);
    const run = await newestRun("bank");
    expect((await alerts.about(run.runId)).Message).toContain("SourceUnavailableError");
    expect(await catalog().restorePoints.list("bank")).toEqual(before);
    const ref = refTo("bank", run.restorePointId ?? "");
    expect(await vaultOf().head(vaultKeys.manifestKey(ref))).toBeUndefined();
    await expectNothingHeld();
  });
});

describe("the snapshot", () => {
  it("starts the run over when its holder is lost, and once only", async () => {
    const { executionArn, resume } = await stalledRun();
    const first = await newestRun("bank");
    await terminate(database, (await awaitBackend(database, "hold 0")).pid);
    await until(async () => ((await newestRun("bank")).epoch === 2 ? true : undefined));
    resume();
    const { status, error, cause, events, outcome } = await outcomeOf(executionArn);
    expect({ status, error, cause }).toEqual({ status: "SUCCEEDED", error: undefined, cause: undefined });
    expect(visited(events).filter((state) => state === "StartOver")).toHaveLength(1);
    expect(outcome?.restorePointId).not.toBe(first.restorePointId);
    expect(outcome?.runId).toBe(first.runId);
  });

  it("lets go for a migration that has waited too long, and starts over after it", async () => {
    const { executionArn, resume } = await stalledRun();
    const migration = database.query("ALTER TABLE ledger ADD COLUMN note text");
    const { runId } = await newestRun("bank");
    await until(async () => ((await catalog().runs.get(runId))?.phase === "dumping" ? undefined : true));
    // A stopped server process cannot notice that its client has gone.
    resume();
    await migration;
    expect(await catalog().runs.get(runId)).toMatchObject({ status: "running" });
    const { status, error, cause } = await outcomeOf(executionArn);
    expect({ status, error, cause }).toEqual({ status: "SUCCEEDED", error: undefined, cause: undefined });
    const run = await newestRun("bank");
    expect(run.epoch).toBe(2);
    await expectNothingHeld();
  });
});

describe("an execution that is stopped", () => {
  it("is cleaned up: marked, lease and sessions released, uploads aborted, people told", async () => {
    const { executionArn, resume } = await stalledRun();
    const { runId, restorePointId = "" } = await newestRun("bank");
    await stopExecution(executionArn);
    const alert = await alerts.about(runId);
    expect(alert.Subject).toBe("Holdfast test: backup of bank failed, execution-stopped");
    expect(await catalog().runs.get(runId)).toMatchObject({
      status: "failed",
      error: { name: "CancelledError", code: "execution-stopped" },
    });
    resume();
    await expectNothingHeld();
    const prefix = vaultKeys.dataPrefix(refTo("bank", restorePointId));
    const Bucket = inject("stack").parameter.vaultBucket;
    const { Uploads = [] } = await clients.s3().send(new ListMultipartUploadsCommand({ Bucket, Prefix: prefix }));
    expect(Uploads).toEqual([]);
    expect((await backUp("bank")).status).toBe("SUCCEEDED");
  });
});

describe("two runs of one source", () => {
  it("at once: the second is skipped and says whose the lease is", async () => {
    const { executionArn, resume } = await stalledRun();
    const { runId } = await newestRun("bank");
    const second = await backUp("bank");
    expect(second.status).toBe("SUCCEEDED");
    expect(second.outcome).toMatchObject({ status: "skipped", error: { name: "LeaseHeldError", code: "lease-held" } });
    expect(JSON.stringify(second.outcome)).toContain(runId);
    resume();
    expect((await outcomeOf(executionArn)).status).toBe("SUCCEEDED");
  });

  it("for one scheduled moment: the second delivery is skipped", async () => {
    const scheduledAt = "2026-11-21T02:15:00Z";
    expect((await backUp("bank", { scheduledAt })).outcome).toMatchObject({ status: "succeeded" });
    expect((await backUp("bank", { scheduledAt })).outcome).toMatchObject({
      status: "skipped",
      error: { code: "already-delivered" },
    });
  });
});

describe("an object that disappears before the commit", () => {
  it("fails the run as IntegrityError naming it, without a manifest", async () => {
    const { executionArn, resume } = await stalledRun();
    const run = await newestRun("bank");
    const stored = await until(async () => {
      const won = (await catalog().chunks.list(run.runId)).find(({ winner }) => winner !== undefined);
      return (won?.winner as { written: { object: string } } | undefined)?.written.object;
    });
    await vaultOf().delete(stored);
    resume();
    const { status, error, cause } = await outcomeOf(executionArn);
    expect({ status, error }).toEqual({ status: "FAILED", error: "IntegrityError" });
    expect(cause).toContain(stored);
    const ref = refTo("bank", run.restorePointId ?? "");
    expect(await vaultOf().head(vaultKeys.manifestKey(ref))).toBeUndefined();
  });
});

describe("a source that never answers", () => {
  it("is tried again for longer than a failover takes, then the run fails by name", async () => {
    const { status, error, events } = await outcomeOf(unanswered);
    expect({ status, error }).toEqual({ status: "FAILED", error: "SourceUnavailableError" });
    const attempts = events.filter(({ type }) => type === "TaskFailed");
    expect(attempts).toHaveLength(11);
  });
});
