import { randomInt } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type PlannedChunk, planDump } from "../../../../core/postgres/plan/index.ts";
import type { Session } from "../../../../core/postgres/session.ts";
import { importSnapshot, relayBase, takeBase } from "../../../../core/postgres/snapshot/index.ts";
import { createSource, readChunk, type SourceDatabase } from "../support.ts";

const KIB = 1024;
const SMALL = { chunkBytes: 64 * KIB, rangeBytes: 32 * KIB };
let source: SourceDatabase;
let sessions: Session[] = [];

beforeAll(async () => {
  source = await createSource("moment");
});
afterEach(async () => {
  await Promise.all(sessions.map((session) => session.end()));
  sessions = [];
});
afterAll(() => source.close());

async function open(applicationName = "holdfast test"): Promise<Session> {
  const session = await source.open({ applicationName });
  sessions.push(session);
  return session;
}

describe("a dump under transfers between accounts", () => {
  it("always copies a sum of zero, on several sessions over a relayed snapshot", async () => {
    const accounts = 3000;
    await source.query(`
      CREATE TABLE account (id int PRIMARY KEY, balance bigint NOT NULL, pad text DEFAULT repeat('x', 60));
      CREATE TABLE posting (id bigint GENERATED ALWAYS AS IDENTITY, amount bigint NOT NULL);
      INSERT INTO account SELECT g, 0 FROM generate_series(1, ${accounts}) g;
    `);
    let isOver = false;
    const teller = async (): Promise<void> => {
      const session = await source.open({ purpose: "write" });
      while (!isOver) {
        const [from, to, amount] = [randomInt(1, accounts + 1), randomInt(1, accounts + 1), randomInt(1, 1000)];
        const [first, second] =
          from < to
            ? [
                [from, -amount],
                [to, amount],
              ]
            : [
                [to, amount],
                [from, -amount],
              ];
        await session.query(`BEGIN;
          UPDATE public.account SET balance = balance + ${first?.[1]} WHERE id = ${first?.[0]};
          INSERT INTO public.posting (amount) VALUES (${amount}), (${-amount});
          UPDATE public.account SET balance = balance + ${second?.[1]} WHERE id = ${second?.[0]}; COMMIT`);
      }
      await session.end();
    };
    const tellers = [teller(), teller(), teller()];
    let moved = 0;
    try {
      for (let round = 0; round < 4; round += 1) {
        const first = await open();
        const base = await takeBase(first);
        const planner = await open();
        await importSnapshot(planner, base.snapshotId);
        const { chunks } = await planDump(planner, SMALL);
        await planner.end();
        const texts: string[] = [];
        const queue = [...chunks];
        const work = async (snapshotId: string, atMost: number): Promise<void> => {
          const worker = await open();
          await importSnapshot(worker, snapshotId);
          for (let done = 0; done < atMost; done += 1) {
            const chunk = queue.shift();
            if (chunk === undefined) break;
            for (const [name, text] of await tablesIn(worker, chunk))
              texts.push(...text.map((row) => `${name}\t${row}`));
          }
          await worker.end();
        };
        const second = await open();
        const early = [work(base.snapshotId, 2), work(base.snapshotId, 2)];
        const relayed = await relayBase(second, base.snapshotId);
        await Promise.all(early);
        await first.end();
        await Promise.all([1, 2, 3].map(() => work(relayed.snapshotId, 1000)));
        await second.end();
        const balances = texts.filter((row) => row.startsWith("account\t")).map((row) => Number(row.split("\t")[2]));
        const amounts = texts.filter((row) => row.startsWith("posting\t")).map((row) => Number(row.split("\t")[2]));
        expect([balances.length, sum(balances), sum(amounts)]).toEqual([accounts, 0, 0]);
        expect(chunks.length).toBeGreaterThan(5);
        moved += balances.filter((balance) => balance !== 0).length;
      }
    } finally {
      isOver = true;
      await Promise.all(tellers);
    }
    expect(moved).toBeGreaterThan(0);
    await source.query("DROP TABLE account, posting");
  });
});

async function tablesIn(session: Session, chunk: PlannedChunk): Promise<[string, string[]][]> {
  const { text, slices } = await readChunk(session, chunk, { rowHash: true });
  return slices.map((slice) => {
    const part = chunk.parts.find((one) => "tableOid" in one && one.tableOid === slice.tableOid);
    const own = text
      .subarray(slice.offset, slice.offset + slice.plainBytes)
      .toString()
      .split("\n")
      .slice(0, -1);
    expect(own).toHaveLength(slice.rows);
    return [part !== undefined && "name" in part ? part.name : "", own];
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

const sabotages = {
  TRUNCATE: "TRUNCATE t; INSERT INTO t SELECT g, 'new' FROM generate_series(1, 7) g",
  "rewriting ALTER": "ALTER TABLE t ALTER id TYPE bigint",
  "VACUUM FULL": "VACUUM FULL t",
  "DROP and CREATE": "DROP TABLE t; CREATE TABLE t (id int, v text)",
  "swap of names": "ALTER TABLE t RENAME TO t_old; ALTER TABLE t_other RENAME TO t",
  "swap of schemas": "ALTER SCHEMA app RENAME TO app_old; ALTER SCHEMA app_other RENAME TO app",
};
const points = [
  "before the base",
  "under the base",
  "after the plan",
  "after the worker's import",
  "between two ranges",
  "when the holder is gone",
  "during the relay",
  "after the relay",
] as const;
type Point = (typeof points)[number];

describe("a table changed under the dump", () => {
  const cases = Object.keys(sabotages).flatMap((what) => points.map((point) => [what, point] as const));
  it.each(cases)("never loses rows: %s %s", async (what, point) => {
    await source.query(`
      DROP SCHEMA IF EXISTS app, app_old, app_other CASCADE;
      CREATE SCHEMA app; CREATE SCHEMA app_other;
      CREATE TABLE app.t AS SELECT g AS id, repeat('x', 200) AS v FROM generate_series(1, 1000) g;
      CREATE TABLE app.t_other (id int, v text);
      CREATE TABLE app_other.t (id int, v text);
    `);
    const text = sabotages[what as keyof typeof sabotages];
    const whole = [1000, 7, 0];
    const outcome = await dump(point, text).then(
      (rows) => rows,
      (error) => error.name,
    );
    // Before the base the change may come first, and then its result is the moment. Later it may not.
    const allowed = point === "before the base" ? whole : [1000];
    expect([...allowed, "SnapshotLostError", "SourceBusyError"]).toContain(outcome);
    if (point === "when the holder is gone" && what !== "VACUUM FULL") expect(outcome).toBe("SnapshotLostError");
  });
});

/** One dump of app.t in ranges; at the point given someone else fires the statements, waiting for locks or not. */
async function dump(point: Point, statements: string): Promise<number> {
  let firing: Promise<unknown> = Promise.resolve();
  const saboteur = await source.open({ purpose: "write", lockTimeoutMillis: 500 });
  let isFired = false;
  const fire = (at: Point): void => {
    if (at !== point || isFired) return;
    isFired = true;
    firing = (async () => {
      await saboteur.query("SET search_path = app");
      for (const statement of statements.split("; ")) await saboteur.query(statement);
    })().catch(() => {});
  };
  try {
    fire("before the base");
    let holder = await open();
    let { snapshotId } = await takeBase(holder, { lockTimeoutMillis: 3_000 });
    fire("under the base");
    const planner = await open();
    await importSnapshot(planner, snapshotId);
    const { chunks } = await planDump(planner, SMALL);
    await planner.end();
    fire("after the plan");
    const next = await open();
    const relaying = relayBase(next, snapshotId, { lockTimeoutMillis: 150 });
    fire("during the relay");
    snapshotId = (await relaying).snapshotId;
    await holder.end();
    holder = next;
    fire("after the relay");
    const worker = await open();
    await importSnapshot(worker, snapshotId);
    fire("after the worker's import");
    if (point === "when the holder is gone") {
      await holder.end();
      fire("when the holder is gone");
      await firing;
    }
    let rows = 0;
    const lockWaitMillis = 100;
    for (const chunk of chunks) {
      const mayContinue = (): boolean => {
        fire("between two ranges");
        return true;
      };
      const { slices } = await readChunk(worker, chunk, { lockWaitMillis, mayContinue });
      for (const slice of slices) rows += isOf(chunk, slice.tableOid) ? slice.rows : 0;
    }
    return rows;
  } finally {
    await Promise.all(sessions.map((session) => session.end()));
    await firing;
    await saboteur.end();
  }
}

/** Tables named t in schema app as planned. */
function isOf(chunk: PlannedChunk, oid: number): boolean {
  return chunk.parts.some(
    (part) => "tableOid" in part && part.tableOid === oid && part.schema === "app" && part.name === "t",
  );
}
