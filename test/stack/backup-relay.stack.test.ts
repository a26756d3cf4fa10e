import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { TestDatabase } from "../support/postgres.ts";
import { startExecution } from "../support/stack.ts";
import { stallChunks, until } from "./faults.ts";
import { catalog, databaseBehind, newestRun, outcomeOf, wideRows } from "./sources.ts";
import { rowsIn } from "./vault.ts";

const ACCOUNTS = 40_000;
/** As `stack-config.ts` has it: all of them stall, so that the rest is read from relayed snapshots. */
const WORKERS = 4;

describe("a dump that outlives the function that holds its snapshot", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await databaseBehind(
      "chinook",
      "CREATE TABLE account (id int PRIMARY KEY, balance int NOT NULL, filler text NOT NULL)",
      `INSERT INTO account SELECT n, 0, repeat(md5(n::text), 7) FROM generate_series(1, ${ACCOUNTS}) n`,
      "ANALYZE account",
      ...["a", "b", "c", "d"].flatMap((name) => wideRows(`wide_${name}`)),
    );
  });
  afterAll(() => database.drop());

  it("reads one moment through several holders, under transfers, inserts, deletes and VACUUM", async () => {
    const executionArn = await startExecution("backup", { source: "chinook" });
    const stall = await stallChunks(database, executionArn, WORKERS);
    onTestFinished(stall.resume);
    const run = await newestRun("chinook");
    let isOver = false;
    const transfers = transferUntil(database, () => isOver);
    await until(async () => ((await catalog().snapshots.get(run, 2)) === undefined ? undefined : true));
    await database.query("VACUUM account");
    stall.resume();
    const { status, error, cause, outcome } = await outcomeOf(executionArn);
    isOver = true;
    expect(await transfers).toBeGreaterThan(100);
    expect({ status, error, cause }).toEqual({ status: "SUCCEEDED", error: undefined, cause: undefined });
    const rows = await rowsIn("chinook", outcome?.restorePointId ?? "", "account");
    expect(rows).toHaveLength(ACCOUNTS);
    expect(new Set(rows.map(([id]) => id)).size).toBe(ACCOUNTS);
    expect(rows.reduce((sum, [, balance]) => sum + Number(balance), 0)).toBe(0);
    expect((await newestRun("chinook")).epoch).toBe(1);
  });
});

/** Money moves between accounts, accounts come and go, all in transactions that keep the sum at zero. */
async function transferUntil(database: TestDatabase, isOver: () => boolean): Promise<number> {
  let transfers = 0;
  let account = 1;
  while (!isOver()) {
    account = (account * 7919) % ACCOUNTS;
    const other = (account + 1 + (transfers % 1000)) % ACCOUNTS;
    await database.query(
      `UPDATE account SET balance = balance + CASE id WHEN ${account + 1} THEN 5 ELSE -5 END
       WHERE id IN (${account + 1}, ${other + 1})`,
    );
    const extra = ACCOUNTS + 1 + transfers;
    await database.query(`INSERT INTO account VALUES (${extra}, 7, 'x'), (${extra + 1_000_000}, -7, 'y')`);
    await database.query(`DELETE FROM account WHERE id IN (${extra}, ${extra + 1_000_000})`);
    transfers += 1;
  }
  return transfers;
}
