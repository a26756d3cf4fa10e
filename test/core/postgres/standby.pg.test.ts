import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { hold } from "../../../core/backup/dump/hold.ts";
import { type ConnectionSettings, parseConnection } from "../../../core/postgres/connection.ts";
import { copyChunk } from "../../../core/postgres/copy-out/index.ts";
import { planDump } from "../../../core/postgres/plan/index.ts";
import { preflight } from "../../../core/postgres/preflight/index.ts";
import { openSession, type Session } from "../../../core/postgres/session.ts";
import { importSnapshot, relayBase, takeBase } from "../../../core/postgres/snapshot/index.ts";
import { type LocalPostgres, startPostgres } from "../../../infra/local/postgres.ts";
import { startStandby } from "../../support/standby.ts";
import { sourceRun } from "../backup/dump/source-run.ts";
import { readChunk, until } from "./support.ts";

let primary: LocalPostgres;
let standby: LocalPostgres | undefined;
let client: pg.Client;
let settings: ConnectionSettings;

/** Replay waits for nobody: whoever is in its way is cancelled at once. */
beforeAll(async () => {
  primary = await startPostgres({ settings: { autovacuum: "off" } });
  client = new pg.Client({ ...primary, database: "postgres" });
  await client.connect();
  standby = await startStandby(primary, { max_standby_streaming_delay: "0", hot_standby_feedback: "off" });
  const { host, port, user, password } = standby;
  settings = parseConnection(`postgres://${user}:${password}@${host}:${port}/postgres?sslmode=disable`);
});
afterAll(async () => {
  await client.end();
  await standby?.stop();
  await primary.stop();
});
beforeEach(async () => {
  await client.query(`DROP TABLE IF EXISTS t; DROP TABLE IF EXISTS loose;
    CREATE TABLE t AS SELECT g AS id, repeat('x', 1000) AS v FROM generate_series(1, 20000) g`);
  await replayed();
});

const open = (): Promise<Session> => openSession(settings, { purpose: "read", applicationName: "holdfast standby" });

/** Waits until the standby has what the primary has. */
async function replayed(): Promise<void> {
  const { rows } = await client.query<{ lsn: string }>("SELECT pg_current_wal_insert_lsn() AS lsn");
  const session = await open();
  await until(async () => {
    const [row] = await session.query<{ done: boolean }>("SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn AS done", [
      rows[0]?.lsn,
    ]);
    return row?.done === true;
  });
  await session.end();
}

/** Removes rows that a snapshot on the standby still sees. */
async function vacuumAway(): Promise<void> {
  await client.query("DELETE FROM t WHERE id > 100");
  await client.query("VACUUM t");
}

const conflict = { name: "SnapshotLostError", code: "conflict-with-recovery" };

describe("a standby", () => {
  it("is backed up like a primary, with a warning: locks, snapshot, relay and copy", async () => {
    const [first, second] = [await open(), await open()];
    const { warnings, server } = await preflight(first, { workers: 2 });
    expect(warnings).toContainEqual(expect.objectContaining({ code: "source-is-standby" }));
    expect(server.systemIdentifier).toMatch(/^\d+$/);
    const { snapshotId, snapshot } = await takeBase(first);
    expect(snapshot.lsnAfter).toMatch(/^[0-9A-F]+\/[0-9A-F]+$/);
    const relayed = await relayBase(second, snapshotId);
    await first.end();
    const worker = await open();
    await importSnapshot(worker, relayed.snapshotId);
    const { chunks } = await planDump(worker, { chunkBytes: 4 * 1024 * 1024 });
    let rows = 0;
    for (const chunk of chunks) rows += (await readChunk(worker, chunk)).slices[0]?.rows ?? 0;
    expect(rows).toBe(20_000);
    await Promise.all([second.end(), worker.end()]);
  });

  it("that cancels a copy in favour of replay loses the moment by name", async () => {
    const session = await open();
    const { snapshotId } = await takeBase(session);
    expect(snapshotId).toMatch(/-/);
    const { chunks } = await planDump(session, { chunkBytes: 256 * 1024 * 1024 });
    const [chunk] = chunks;
    if (chunk === undefined) throw new Error("nothing planned");
    const { stream, result } = copyChunk({ session, chunk });
    result.catch(() => {});
    const reading = (async () => {
      let isFirst = true;
      for await (const _block of stream) {
        if (isFirst) await vacuumAway();
        isFirst = false;
      }
    })();
    await expect(reading).rejects.toMatchObject({ ...conflict, hint: expect.stringContaining("hot_standby_feedback") });
    await session.end();
  });

  it("that ends an idle holder in favour of replay says why, then and whenever it is asked again", async () => {
    const session = await open();
    await takeBase(session);
    await vacuumAway();
    await until(async () => session.lost.aborted);
    expect(session.lost.reason).toMatchObject(conflict);
    await expect(session.query("SELECT 1")).rejects.toMatchObject(conflict);
    await session.end();
  });

  it("that ends the holder of a run: the run hears the reason", async () => {
    const { context, run, published } = sourceRun(settings);
    const holding = hold({ runId: run.runId, epoch: 1, n: 0 }, context);
    holding.catch(() => {});
    await until(async () => published.has(0));
    await vacuumAway();
    await expect(holding).rejects.toMatchObject(conflict);
  });

  it("that replays a migration loses the moment by name rather than hold it up", async () => {
    const session = await open();
    await takeBase(session);
    await client.query("ALTER TABLE t ADD COLUMN more int");
    await until(async () => session.lost.aborted);
    expect(session.lost.reason).toMatchObject(conflict);
    await session.end();
  });

  it("with unlogged tables, which only the primary can read, is refused before the run, naming them", async () => {
    await client.query("CREATE UNLOGGED TABLE loose (id int)");
    await replayed();
    const session = await open();
    await expect(preflight(session, { workers: 1 })).rejects.toMatchObject({
      name: "PreconditionError",
      code: "unlogged-on-standby",
      message: expect.stringContaining('"public"."loose"'),
    });
    await session.end();
  });
});
