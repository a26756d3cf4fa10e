import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { TestDatabase } from "../support/postgres.ts";
import { startExecution } from "../support/stack.ts";
import { accounts, balanceIn, transferUntil } from "./bank.ts";
import { stallChunks, until } from "./faults.ts";
import { catalog, databaseBehind, newestRun, outcomeOf, wideRows } from "./sources.ts";

const ACCOUNTS = 40_000;
/** As `stack-config.ts` has it: all of them stall, so that the rest is read from relayed snapshots. */
const WORKERS = 4;

describe("a dump that outlives the function that holds its snapshot", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await databaseBehind(
      "chinook",
      ...accounts(ACCOUNTS),
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
    const transfers = transferUntil(database, ACCOUNTS, () => isOver);
    await until(async () => ((await catalog().snapshots.get(run, 2)) === undefined ? undefined : true));
    await database.query("VACUUM account");
    stall.resume();
    const { status, error, cause, outcome } = await outcomeOf(executionArn);
    isOver = true;
    expect(await transfers).toBeGreaterThan(100);
    expect({ status, error, cause }).toEqual({ status: "SUCCEEDED", error: undefined, cause: undefined });
    const balance = await balanceIn("chinook", outcome?.restorePointId ?? "");
    expect(balance).toEqual({ sum: 0, accounts: ACCOUNTS, rows: ACCOUNTS });
    expect((await newestRun("chinook")).epoch).toBe(1);
  });
});
