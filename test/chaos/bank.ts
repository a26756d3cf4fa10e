/**
 * A bank whose books tell whether they were read at one moment: every account's balance is what its ledger entries come
 * to, in every transaction, while money moves, accounts come and go, and a table is emptied and filled again.
 */
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { createDatabase, type TestDatabase } from "../support/postgres.ts";
import type { Random } from "./random.ts";

const ACCOUNTS = 4_000;
/** Of accounts opened later, so that they are never those of the beginning. */
const FIRST_NEW_ACCOUNT = 1_000_000;
const SCRATCH_ROWS = 100;

const SCHEMA = `
  CREATE TABLE account (id int PRIMARY KEY, balance bigint NOT NULL, filler text NOT NULL);
  CREATE TABLE ledger (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "from" int NOT NULL, "to" int NOT NULL, amount int NOT NULL);
  CREATE TABLE scratch (generation bigint NOT NULL, n int NOT NULL);
  CREATE TABLE fixed (id int PRIMARY KEY, filler text NOT NULL);
  CREATE TABLE wide (id int PRIMARY KEY, filler text NOT NULL);
  CREATE TABLE part (id int NOT NULL, at date NOT NULL) PARTITION BY RANGE (at);
  CREATE TABLE part_old PARTITION OF part FOR VALUES FROM (MINVALUE) TO ('2026-01-01');
  CREATE TABLE part_new PARTITION OF part FOR VALUES FROM ('2026-01-01') TO (MAXVALUE);
  CREATE INDEX ON ledger ("from");
  CREATE MATERIALIZED VIEW total AS SELECT count(*) FROM fixed;
  INSERT INTO account SELECT n, 0, repeat(md5(n::text), 7) FROM generate_series(1, ${ACCOUNTS}) n;
  INSERT INTO scratch SELECT 0, n FROM generate_series(1, ${SCRATCH_ROWS}) n;
  INSERT INTO fixed SELECT n, repeat(md5(n::text), 7) FROM generate_series(1, 12000) n;
  INSERT INTO wide SELECT n, repeat(md5(n::text), 100000) FROM generate_series(1, 3) n;
  INSERT INTO part SELECT n, date '2025-06-01' + n % 400 FROM generate_series(1, 2000) n;
  SELECT lo_from_bytea(0, convert_to(repeat('content', 50000), 'UTF8'));
  REFRESH MATERIALIZED VIEW total;
  ANALYZE`;

/** Each row is one thing that is wrong; none is what a database of one moment has. */
const CONTRADICTIONS = `
  WITH entry AS (SELECT "to" AS id, amount FROM ledger UNION ALL SELECT "from", -amount FROM ledger),
       book AS (SELECT id, sum(amount) AS amount FROM entry GROUP BY id)
  SELECT 'account ' || coalesce(account.id, book.id) || ' has ' || coalesce(balance::text, 'no row') || ', its ledger says ' || coalesce(amount, 0) AS wrong
    FROM account FULL JOIN book USING (id) WHERE balance IS DISTINCT FROM coalesce(amount, 0)
  UNION ALL SELECT 'balances come to ' || sum(balance) FROM account HAVING sum(balance) <> 0
  UNION ALL SELECT 'scratch has ' || count(*) || ' rows of ' || count(DISTINCT generation) || ' generations' FROM scratch
    HAVING count(*) <> ${SCRATCH_ROWS} OR count(DISTINCT generation) <> 1
  LIMIT 5`;

/** Of what no transaction changes: the same in source and copy. */
const FIXED = `
  SELECT (SELECT md5(string_agg(fixed::text, '' ORDER BY id)) FROM fixed)
      || (SELECT md5(string_agg(wide::text, '' ORDER BY id)) FROM wide)
      || (SELECT md5(string_agg(part::text, '' ORDER BY id)) FROM part)
      || (SELECT md5(string_agg(lo_get(oid), '' ORDER BY oid)) FROM pg_largeobject_metadata)
      || (SELECT count FROM total) AS fingerprint`;

export interface Bank {
  readonly database: TestDatabase;
  /** Of the part that never changes. */
  readonly fingerprint: string;
}

export async function foundBank(): Promise<Bank> {
  const database = await createDatabase("chaos");
  await database.query(SCHEMA);
  const [row] = await database.query<{ fingerprint: string }>(FIXED);
  return { database, fingerprint: row?.fingerprint ?? "" };
}

/** @returns what is wrong with the copy of a bank; nothing when it is one moment of it. */
export async function contradictions(url: string, { fingerprint }: Bank): Promise<string[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const { rows } = await client.query<{ wrong: string }>(CONTRADICTIONS);
    const fixed = await client.query<{ fingerprint: string }>(FIXED);
    const isFixedSame = fixed.rows[0]?.fingerprint === fingerprint;
    return [...rows.map(({ wrong }) => wrong), ...(isFixedSame ? [] : ["what nobody changes has changed"])];
  } finally {
    await client.end();
  }
}

/** Business goes on until it is told to stop; what a cut connection or a restarting server refuses is done again. */
export function openForBusiness({ database }: Bank, random: Random) {
  const closing = new AbortController();
  let transactions = 0;
  let opened = FIRST_NEW_ACCOUNT;
  const work = (async () => {
    while (!closing.signal.aborted) {
      opened += 2;
      try {
        await database.query(random.pick([transfer, transfer, transfer, openAndClose, refill])(random, opened));
        transactions += 1;
      } catch {
        // A lock of the backup's, a session cut by a fault: the transaction has left nothing.
      }
      await pause(random.whole(5, 30));
    }
  })();
  return {
    async close(): Promise<number> {
      closing.abort();
      await work;
      return transactions;
    },
  };
}

/** Several statements in one message are one transaction. */
function transfer(random: Random): string {
  const from = random.whole(1, ACCOUNTS);
  const to = 1 + ((from + random.whole(1, 1000)) % ACCOUNTS);
  const amount = random.whole(1, 500);
  return `
    UPDATE account SET balance = balance + CASE id WHEN ${to} THEN ${amount} ELSE -${amount} END WHERE id IN (${from}, ${to});
    INSERT INTO ledger ("from", "to", amount) VALUES (${from}, ${to}, ${amount})`;
}

function openAndClose(_random: Random, id: number): string {
  const closed = id - 20;
  return `
    INSERT INTO account VALUES (${id}, 7, 'opened'), (${id + 1}, -7, 'opened');
    INSERT INTO ledger ("from", "to", amount) VALUES (${id + 1}, ${id}, 7);
    DELETE FROM ledger WHERE "to" = ${closed};
    DELETE FROM account WHERE id IN (${closed}, ${closed + 1})`;
}

/** TRUNCATE is not MVCC-safe: who reads without a lock sees no row and no error. It must not wait behind a backup for long. */
function refill(_random: Random, generation: number): string {
  return `
    SET LOCAL lock_timeout = '200ms';
    TRUNCATE scratch;
    INSERT INTO scratch SELECT ${generation}, n FROM generate_series(1, ${SCRATCH_ROWS}) n`;
}
