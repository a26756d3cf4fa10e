import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Session } from "../../../../core/postgres/session.ts";
import { findWaiters, importSnapshot, relayBase, takeBase } from "../../../../core/postgres/snapshot/index.ts";
import { createSource, type SourceDatabase, until } from "../support.ts";

let source: SourceDatabase;
let sessions: Session[] = [];

beforeAll(async () => {
  source = await createSource("base");
  await source.query(`
    CREATE SCHEMA "we""ird";
    CREATE TABLE "we""ird"."Ta ble" (id int);
    CREATE TABLE parts (id int) PARTITION BY RANGE (id);
    CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
    CREATE VIEW v AS SELECT 1 AS one;
    CREATE MATERIALIZED VIEW m AS SELECT 1 AS one;
    CREATE TABLE t (id int);
  `);
});
afterAll(() => source.close());
beforeEach(async () => {
  await source.query("DELETE FROM t; INSERT INTO t SELECT generate_series(1, 100)");
});
afterEach(async () => {
  await Promise.all(sessions.map((session) => session.end()));
  sessions = [];
});

async function open(applicationName = "holdfast test"): Promise<Session> {
  const session = await source.open({ applicationName });
  sessions.push(session);
  return session;
}

async function count(session: Session): Promise<number> {
  const rows = await session.query<{ n: number }>("SELECT count(*)::int AS n FROM public.t");
  return rows[0]?.n ?? -1;
}

describe("the base of a dump", () => {
  it("locks every table before it takes the snapshot, and tells the moment", async () => {
    const holder = await open();
    const base = await takeBase(holder);
    const locked = await source.query<{ n: number }>(
      `SELECT count(DISTINCT relation)::int AS n FROM pg_locks
       WHERE pid = ${holder.backendPid} AND mode = 'AccessShareLock' AND relation = ANY ('{${base.lockedOids.join(",")}}'::oid[])`,
    );
    expect(base.lockedOids).toHaveLength(4);
    expect(locked[0]?.n).toBe(4);
    expect(base.snapshot).toMatchObject({
      text: expect.stringMatching(/^\d+:\d+:/),
      lsnBefore: expect.stringMatching(/^[0-9A-F]+\/[0-9A-F]+$/),
      clock: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
      lockedBeforeSnapshot: true,
      preparedTransactions: [],
    });
  });

  it("fails as busy naming who blocks, and lets go of everything", async () => {
    const blocker = await open("a migration");
    await blocker.query("BEGIN; LOCK TABLE public.t IN ACCESS EXCLUSIVE MODE");
    const holder = await open();
    await expect(takeBase(holder, { lockTimeoutMillis: 100 })).rejects.toMatchObject({
      name: "SourceBusyError",
      code: "lock-not-granted",
      message: expect.stringMatching(
        new RegExp(`process ${blocker.backendPid} \\(a migration, postgres\\) holding "public"."t"`),
      ),
    });
    await blocker.query("ROLLBACK");
    const held = await source.query(`SELECT FROM pg_locks WHERE pid = ${holder.backendPid} AND locktype = 'relation'`);
    expect(held).toHaveLength(0);
    expect((await takeBase(holder)).lockedOids).toHaveLength(4);
  });

  it("is one whole moment or a named error while tables are truncated and rewritten all the time", async () => {
    let isOver = false;
    const saboteur = (async () => {
      for (let i = 0; !isOver; i += 1) {
        await source.query("BEGIN; TRUNCATE t; INSERT INTO t SELECT generate_series(1, 100); COMMIT");
        await source.query(
          `CREATE TABLE IF NOT EXISTS extra_${i % 2} (id int); DROP TABLE IF EXISTS extra_${(i + 1) % 2}`,
        );
      }
    })();
    const outcomes: unknown[] = [];
    for (let round = 0; round < 15; round += 1) {
      const holder = await open();
      outcomes.push(
        await takeBase(holder, { lockTimeoutMillis: 5_000 }).then(
          () => count(holder),
          (error) => error.code,
        ),
      );
      await holder.end();
    }
    isOver = true;
    await saboteur;
    await source.query("DROP TABLE IF EXISTS extra_0, extra_1");
    expect(outcomes.filter((outcome) => outcome !== 100 && outcome !== "tables-keep-changing")).toEqual([]);
  });
});

describe("a relayed snapshot", () => {
  it("reads the first moment after five holders, changes and a vacuum", async () => {
    let holder = await open();
    let id = (await takeBase(holder)).snapshotId;
    for (let hop = 0; hop < 5; hop += 1) {
      await source.query(`INSERT INTO t SELECT generate_series(1, 50); DELETE FROM t WHERE id <= ${hop * 10}`);
      const next = await open();
      id = (await relayBase(next, id)).snapshotId;
      await holder.end();
      holder = next;
    }
    await source.query("VACUUM t");
    const reader = await open();
    await importSnapshot(reader, id);
    expect(await count(reader)).toBe(100);
  });

  it("is lost, by that name, when its holder has ended", async () => {
    const holder = await open();
    const { snapshotId } = await takeBase(holder);
    await holder.end();
    const reader = await open();
    const lost = { name: "SnapshotLostError", code: "snapshot-gone" };
    await expect(importSnapshot(reader, snapshotId)).rejects.toMatchObject(lost);
    await expect(importSnapshot(reader, "no'such")).rejects.toMatchObject(lost);
    await expect(relayBase(reader, snapshotId)).rejects.toMatchObject(lost);
    expect(await count(reader)).toBe(100);
  });

  it.each([
    ["truncated", "TRUNCATE t", "table-rewritten"],
    ["rewritten", "ALTER TABLE t ALTER id TYPE bigint; ALTER TABLE t ALTER id TYPE int", "table-rewritten"],
    ["replaced", "ALTER TABLE t RENAME TO was; CREATE TABLE t (id int)", "table-rewritten"],
    ["dropped", "ALTER TABLE t RENAME TO was", "table-gone"],
  ])("is refused when a table was %s between two holders", async (_what, sabotage, code) => {
    const holder = await open();
    const { snapshotId } = await takeBase(holder);
    const keeper = await open();
    await importSnapshot(keeper, snapshotId);
    const kept = await keeper.query<{ id: string }>("SELECT pg_export_snapshot() AS id");
    await holder.end();
    await source.query(sabotage);
    try {
      const next = await open();
      const failure = expect(relayBase(next, kept[0]?.id ?? "")).rejects;
      await failure.toMatchObject({ name: "SnapshotLostError", code });
    } finally {
      await source.query(
        "ALTER TABLE IF EXISTS was RENAME TO t_was; DROP TABLE IF EXISTS t_was, t; CREATE TABLE t (id int)",
      );
    }
  });
});

describe("who waits behind a holder", () => {
  it("is found from within the holder's own transaction", async () => {
    const holder = await open();
    await takeBase(holder);
    expect(await findWaiters(holder)).toEqual([]);
    const migration = await open("a migration");
    const altering = migration.query("ALTER TABLE public.t ADD COLUMN more int");
    await until(async () => (await findWaiters(holder)).length > 0);
    expect(await findWaiters(holder)).toMatchObject([
      { pid: migration.backendPid, application: "a migration", mode: "AccessExclusiveLock", relation: "public.t" },
    ]);
    await holder.end();
    await altering;
    await source.query("ALTER TABLE t DROP COLUMN more");
  });
});
