import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { copyChunk } from "../../../../core/postgres/copy-out/index.ts";
import { type PlannedChunk, planDump } from "../../../../core/postgres/plan/index.ts";
import type { Session } from "../../../../core/postgres/session.ts";
import { importSnapshot, takeBase } from "../../../../core/postgres/snapshot/index.ts";
import { createSource, readChunk, type SourceDatabase, until } from "../support.ts";

const WORKER = "holdfast worker under test";
let source: SourceDatabase;
let holder: Session;
let snapshotId: string;
let chunk: PlannedChunk;

beforeAll(async () => {
  source = await createSource("ends");
  await source.query("CREATE TABLE t AS SELECT g AS id, repeat('x', 1000) AS v FROM generate_series(1, 40000) g");
  holder = await source.open();
  snapshotId = (await takeBase(holder)).snapshotId;
  const planner = await source.open();
  await importSnapshot(planner, snapshotId);
  const { chunks } = await planDump(planner, { chunkBytes: 256 * 1024 * 1024 });
  await planner.end();
  if (chunks[0] === undefined) throw new Error("nothing planned");
  chunk = chunks[0];
});
afterAll(() => source.close());

async function openWorker(): Promise<Session> {
  const worker = await source.open({ applicationName: WORKER });
  await importSnapshot(worker, snapshotId);
  return worker;
}

async function workersLeft(): Promise<number> {
  const rows = await source.query<{ n: number }>(
    "SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = $1",
    [WORKER],
  );
  return rows[0]?.n ?? -1;
}

describe("a copy that does not reach its end", () => {
  it("leaves no session when it is aborted in the middle", async () => {
    const worker = await openWorker();
    const controller = new AbortController();
    const reason = new Error("time is up");
    const { stream, result } = copyChunk({ session: worker, chunk, signal: controller.signal });
    const reading = (async () => {
      for await (const _block of stream) controller.abort(reason);
    })();
    await expect(reading).rejects.toBe(reason);
    await expect(result).rejects.toBe(reason);
    await until(async () => (await workersLeft()) === 0);
  });

  it("leaves no session when the reader goes away", async () => {
    const worker = await openWorker();
    const { stream, result } = copyChunk({ session: worker, chunk });
    for await (const _block of stream) break;
    await expect(result).rejects.toThrow("left before its end");
    await until(async () => (await workersLeft()) === 0);
  });

  it("fails as unavailable when the server ends the session", async () => {
    const worker = await openWorker();
    const { stream } = copyChunk({ session: worker, chunk });
    const reading = (async () => {
      for await (const _block of stream) await source.query("SELECT pg_terminate_backend($1)", [worker.backendPid]);
    })();
    await expect(reading).rejects.toMatchObject({ name: "SourceUnavailableError" });
    await worker.end();
  });

  it("holds the server back while nobody reads", async () => {
    const worker = await openWorker();
    const { stream } = copyChunk({ session: worker, chunk });
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    await until(async () => {
      const rows = await source.query<{ event: string }>(
        "SELECT wait_event AS event FROM pg_stat_activity WHERE application_name = $1",
        [WORKER],
      );
      return rows[0]?.event === "ClientWrite";
    });
    let bytes = 0;
    for (let step = await iterator.next(); step.done !== true; step = await iterator.next()) bytes += step.value.length;
    expect(bytes).toBeGreaterThan(38_000_000);
    await worker.end();
  });

  it("can use its session for another chunk after one that failed on a server's error", async () => {
    const worker = await openWorker();
    const broken = { ...chunk, parts: chunk.parts.map((part) => ({ ...part, columns: ["nonsense"] })) } as PlannedChunk;
    await worker.query("SAVEPOINT before");
    await expect(readChunk(worker, broken)).rejects.toMatchObject({ code: "postgres-42703" });
    await worker.query("ROLLBACK TO SAVEPOINT before");
    expect((await readChunk(worker, chunk)).slices[0]?.rows).toBe(40_000);
    await worker.end();
  });

  it("fails as busy naming the migration that waits, and has let go of its locks", async () => {
    const migration = await source.open({ purpose: "write", applicationName: "a migration" });
    const altering = migration.query("ALTER TABLE public.t ADD COLUMN more int");
    altering.catch(() => {});
    const waits = "SELECT FROM pg_locks WHERE pid = $1 AND NOT granted";
    await until(async () => (await source.query(waits, [migration.backendPid])).length > 0);
    const worker = await openWorker();
    await expect(readChunk(worker, chunk, { lockWaitMillis: 100 })).rejects.toMatchObject({
      name: "SourceBusyError",
      code: "lock-not-granted",
      message: expect.stringContaining(
        `process ${migration.backendPid} (a migration, postgres) waiting for "public"."t"`,
      ),
    });
    const held = await source.query("SELECT FROM pg_locks WHERE pid = $1 AND relation = 'public.t'::regclass", [
      worker.backendPid,
    ]);
    expect(held).toHaveLength(0);
    await migration.cancel();
    await expect(altering).rejects.toMatchObject({ code: "query-cancelled" });
    await Promise.all([migration.end(), worker.end()]);
  });
});
