import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type AuditRecord, listAudit } from "../../core/audit/index.ts";
import { newRunId } from "../../core/ids.ts";
import { vaultKeys } from "../../core/vault/keys.ts";
import { awsFault } from "../support/aws-faults/index.ts";
import type { TestDatabase } from "../support/postgres.ts";
import { runMachine } from "../support/stack.ts";
import { until } from "./faults.ts";
import { catalog, databaseBehind } from "./sources.ts";
import { refTo, vaultOf } from "./vault.ts";

const HOUR = 3_600_000;
const SOURCE = "audited";
let database: TestDatabase;

beforeAll(async () => {
  database = await databaseBehind(SOURCE, "CREATE TABLE one (n int)", "INSERT INTO one VALUES (1)");
});
afterAll(() => database.drop());

const newRun = () => newRunId(SOURCE, new Date(), randomBytes);

async function recordsOf(runId: string): Promise<AuditRecord[]> {
  const now = Date.now();
  const range = { since: new Date(now - HOUR), until: new Date(now + HOUR), source: SOURCE };
  const entries = await listAudit(vaultOf(), range);
  return entries.flatMap(({ record }) => (record?.runId === runId ? [record] : []));
}

/** The first attempt to write this record is refused. */
const refusedOnce = (runId: string, event: AuditRecord["event"]) =>
  awsFault({
    service: "s3",
    operation: "PutObject",
    containing: `-${runId}-${event}.json`,
    times: 1,
    effect: { status: 403, code: "AccessDenied" },
  });

it("a run whose end cannot be recorded has ended as it did; its execution fails, and cleaning up writes the record", async () => {
  const runId = newRun();
  await using fault = await refusedOnce(runId, "ended");
  const input = { source: SOURCE, author: "maria", reason: "before the migration" };
  const { status, cause } = await runMachine("backup", input, runId);
  expect(await fault.hits()).toBe(1);
  expect(status).toBe("FAILED");
  expect(cause).toContain("v1/audit/");
  const run = await catalog().runs.expect(runId);
  expect(run.status).toBe("succeeded");
  const records = await until(async () => {
    const found = await recordsOf(runId);
    return found.length > 1 ? found : undefined;
  });
  const common = { kind: "backup", ...input, runId, restorePointId: run.restorePointId };
  expect(records).toEqual([
    expect.objectContaining({ ...common, event: "started", at: run.startedAt }),
    expect.objectContaining({ ...common, event: "ended", result: { status: "succeeded", findings: 0 } }),
  ]);
});

it("a run whose beginning cannot be recorded does nothing, and says why", async () => {
  const runId = newRun();
  await using fault = await refusedOnce(runId, "started");
  const { status } = await runMachine("backup", { source: SOURCE }, runId);
  expect(await fault.hits()).toBe(1);
  const run = await catalog().runs.expect(runId);
  expect({ status, phase: run.phase }).toEqual({ status: "FAILED", phase: "preparing" });
  expect(run.error?.message).toContain("v1/audit/");
  expect(await vaultOf().head(vaultKeys.envelopeKey(refTo(SOURCE, run.restorePointId ?? ""), 1))).toBeUndefined();
  expect((await recordsOf(runId)).map(({ event, result }) => [event, result?.status])).toEqual([["ended", "failed"]]);
});
