import { randomInt } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import pLimit from "p-limit";
import pg from "pg";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import type { Session } from "../../../../core/postgres/session.ts";
import { importSnapshot, relayBase, takeBase } from "../../../../core/postgres/snapshot/index.ts";
import { createSource, type SourceDatabase } from "../support.ts";

const ROUNDS = 40;
/** Dumps of one database know nothing of each other. */
const AT_ONCE = 5;
const WRITERS = 2;
const ACCOUNTS = 100;
const LONGEST_PAUSE_MILLIS = 15;
/** Of a holder that is cut off in the middle of a round. */
const LOST_SHARE = 0.25;

let source: SourceDatabase;

beforeAll(async () => {
  source = await createSource("transfers");
  await source.query(`
    CREATE TABLE debit (id int PRIMARY KEY, balance int NOT NULL);
    CREATE TABLE credit (id int PRIMARY KEY, balance int NOT NULL);
    CREATE TABLE journal (id bigserial PRIMARY KEY, amount int NOT NULL);
    INSERT INTO debit SELECT n, 0 FROM generate_series(1, ${ACCOUNTS}) n;
    INSERT INTO credit SELECT n, 0 FROM generate_series(1, ${ACCOUNTS}) n`);
});
afterAll(() => source.close());

/** What a reader sees, one table after the other while transfers go on. */
interface Seen {
  readonly sum: number;
  readonly transfers: number;
}

it(`reads one moment in ${ROUNDS} dumps at random moments, through holders that come, go and die, under transfers`, async () => {
  const seed = randomInt(2 ** 31);
  const random = mulberry32(seed);
  let isOver = false;
  const writers = Array.from({ length: WRITERS }, () => transferUntil(() => isOver));
  const rounds: (readonly Seen[])[] = [];
  const refusals = new Set<string>();
  try {
    const limit = pLimit(AT_ONCE);
    const dumps = Array.from({ length: ROUNDS }, () => limit(() => dump(random, refusals)));
    rounds.push(...(await Promise.all(dumps)));
  } finally {
    isOver = true;
  }
  const transfers = (await Promise.all(writers)).reduce((total, count) => total + count, 0);
  expect(transfers).toBeGreaterThan(ROUNDS);
  for (const [round, seen] of rounds.entries()) {
    const moments = new Set(seen.map((one) => one.transfers));
    expect(
      seen.map(({ sum }) => sum).filter((sum) => sum !== 0),
      `seed ${seed}, round ${round}`,
    ).toEqual([]);
    expect(moments.size, `seed ${seed}, round ${round}: ${[...moments].join()}`).toBeLessThanOrEqual(1);
  }
  // The rounds were at different moments, most readers got through, and who did not was told why.
  expect(new Set(rounds.flat().map((seen) => seen.transfers)).size).toBeGreaterThan(ROUNDS / 4);
  expect(rounds.flat().length).toBeGreaterThan(ROUNDS);
  expect([...refusals].filter((name) => name !== "SnapshotLostError" && name !== "SourceUnavailableError")).toEqual([]);
});

/** A base, handed on some times; readers import whatever is newest, at any moment. */
async function dump(random: () => number, refusals: Set<string>): Promise<readonly Seen[]> {
  const opened: Session[] = [];
  const open = async () => {
    const session = await source.open();
    opened.push(session);
    return session;
  };
  const seen: Seen[] = [];
  const refused = (error: Error) => void refusals.add(error.name);
  const readers: Promise<void>[] = [];
  const beginReader = (id: string, delayMillis: number) =>
    readers.push(
      pause(delayMillis)
        .then(async () => seen.push(await read(await open(), id, random() * LONGEST_PAUSE_MILLIS)))
        .then(() => undefined, refused),
    );
  try {
    let holder = await open();
    let id = (await takeBase(holder)).snapshotId;
    const hops = Math.floor(random() * 4);
    for (let hop = 0; hop <= hops; hop += 1) {
      const readersOfHop = 1 + Math.floor(random() * 2);
      for (let n = 0; n < readersOfHop; n += 1) beginReader(id, random() * LONGEST_PAUSE_MILLIS);
      await pause(random() * LONGEST_PAUSE_MILLIS);
      const isLost = random() < LOST_SHARE;
      const lose = isLost ? terminate(holder.backendPid) : undefined;
      const next = await open();
      const relayed = await relayBase(next, id).catch(refused);
      await lose;
      if (typeof relayed !== "object") break;
      await holder.end();
      [holder, id] = [next, relayed.snapshotId];
    }
    beginReader(id, 0);
    if (random() < LOST_SHARE) await source.query("VACUUM debit, credit");
    await Promise.all(readers);
    return seen;
  } finally {
    await Promise.all(readers);
    await Promise.all(opened.map((session) => session.end()));
  }
}

async function read(session: Session, id: string, delayMillis: number): Promise<Seen> {
  await importSnapshot(session, id);
  const [debit] = await session.query<{ n: number }>("SELECT sum(balance)::int AS n FROM public.debit");
  await pause(delayMillis);
  const [credit] = await session.query<{ n: number }>("SELECT sum(balance)::int AS n FROM public.credit");
  const [journal] = await session.query<{ n: number }>("SELECT count(*)::int AS n FROM public.journal");
  return { sum: (debit?.n ?? 0) + (credit?.n ?? 0), transfers: journal?.n ?? -1 };
}

async function terminate(pid: number): Promise<void> {
  await source.query("SELECT pg_terminate_backend($1)", [pid]);
}

/** Money goes from one table to the other, in one transaction each time. */
async function transferUntil(isOver: () => boolean): Promise<number> {
  const client = new pg.Client({ ...inject("postgres"), database: source.name });
  await client.connect();
  let transfers = 0;
  try {
    while (!isOver()) {
      const account = 1 + (transfers % ACCOUNTS);
      await client.query(`
        BEGIN;
        UPDATE debit SET balance = balance - 7 WHERE id = ${account};
        INSERT INTO journal (amount) VALUES (7);
        UPDATE credit SET balance = balance + 7 WHERE id = ${ACCOUNTS + 1 - account};
        COMMIT`);
      transfers += 1;
    }
    return transfers;
  } finally {
    await client.end();
  }
}

/** Small and well spread; a failure names its seed. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
