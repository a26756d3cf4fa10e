import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { TestDatabase } from "../support/postgres.ts";
import { startExecution } from "../support/stack.ts";
import { accounts, balanceIn, transferUntil } from "./bank.ts";
import { type Delivered, deliver, deliveriesOf, deliverTwice } from "./deliveries.ts";
import { awaitBackend, stallChunk, terminate, until } from "./faults.ts";
import { catalog, databaseBehind, newestRun, outcomeOf, wideRows } from "./sources.ts";
import { manifestOf, vaultOf } from "./vault.ts";

const SOURCE = "doubled";
const ACCOUNTS = 8_000;

let database: TestDatabase;
let isOver = false;
let transfers: Promise<number>;

beforeAll(async () => {
  database = await databaseBehind(SOURCE, ...accounts(ACCOUNTS));
  transfers = transferUntil(database, ACCOUNTS, () => isOver);
});
afterAll(async () => {
  isOver = true;
  await transfers;
  await database.drop();
});

/** Every state of a backup that goes well and calls a function. */
const STEPS = [
  ...["Resolve", "Preflight", "Encrypt", "HoldA", "HoldB", "PlanDump", "DumpChunk", "Judge"],
  ...["Upload", "VerifyPlan", "VerifyChunk", "VerifyJudge", "Record"],
];

const start = () => startExecution("backup", { source: SOURCE });
const isHold = (state: string) => state.startsWith("Hold");

/** The run of an execution that has just been started. */
const runOf = (executionArn: string) => async () =>
  until(async () => {
    const run = await newestRun(SOURCE).catch(() => undefined);
    return run?.executionArn === executionArn ? run.runId : undefined;
  });

/** Of one moment, and with one copy of each chunk. */
async function expectWhole(restorePointId: string): Promise<void> {
  const { sum, rows, accounts: different } = await balanceIn(SOURCE, restorePointId);
  expect({ sum, rows }).toEqual({ sum: 0, rows: different });
  const { tables } = await manifestOf(SOURCE, restorePointId);
  for (const { chunks } of tables) expect(new Set(chunks.map(({ n }) => n)).size).toBe(chunks.length);
}

/** All that a late call could spoil. */
async function stateOf(runId: string, restorePointId: string): Promise<unknown> {
  const objects: string[] = [];
  for await (const { key, bytes } of vaultOf().list(`v1/meta/${SOURCE}/`)) objects.push(`${key} ${bytes}`);
  for await (const { key, bytes } of vaultOf().list(`v1/data/${SOURCE}/`)) objects.push(`${key} ${bytes}`);
  return {
    objects,
    run: await catalog().runs.get(runId),
    chunks: await catalog().chunks.list(runId),
    point: await catalog().restorePoints.get(restorePointId, SOURCE),
    lease: await catalog().leases.get(`SOURCE#${SOURCE}`),
  };
}

describe("a backup under transfers", () => {
  it("is whole though every invocation is delivered twice at once, and changed by none that comes late", async () => {
    const executionArn = await start();
    const doubled = await deliverTwice("backup", executionArn, runOf(executionArn), (state) => !isHold(state));
    const { status, error, cause, outcome } = await outcomeOf(executionArn);
    expect({ status, error, cause }).toEqual({ status: "SUCCEEDED", error: undefined, cause: undefined });
    const { runId = "", restorePointId = "" } = outcome ?? {};
    await expectWhole(restorePointId);
    const states = new Set(doubled.map(({ state }) => state));
    expect([...states]).toEqual(expect.arrayContaining(["Preflight", "PlanDump", "DumpChunk"]));
    const before = await stateOf(runId, restorePointId);
    const deliveries = await deliveriesOf("backup", executionArn, runId);
    const late = await Promise.all(deliveries.map(deliver));
    expect(late.map(({ state }) => state)).toEqual(expect.arrayContaining(STEPS));
    expect(late.filter((delivered) => !isHarmless(delivered))).toEqual([]);
    expect(await stateOf(runId, restorePointId)).toEqual(before);
  });

  it("is of one moment, or started over, when its first holder is invoked twice at once", async () => {
    const executionArn = await start();
    const holders = await deliverTwice("backup", executionArn, runOf(executionArn), (state) => state === "HoldA");
    expect(holders).not.toEqual([]);
    const { status, error, cause, outcome } = await outcomeOf(executionArn);
    const told = holders.map(({ error, answer }) => error?.code ?? JSON.stringify(answer));
    if (status === "SUCCEEDED") return expectWhole(outcome?.restorePointId ?? "");
    // Both beginnings lost their first holder to our second one: red by name, and no restore point.
    expect({ status, error, told }).toMatchObject({ status: "FAILED", error: "SnapshotLostError" });
    expect(cause).toContain("holder-restarted");
  });

  it("starts over when the holder that has just taken over is lost, and never mixes two moments", async () => {
    for (const statement of wideRows("wide")) await database.query(statement);
    const executionArn = await start();
    const stall = await stallChunk(database, executionArn);
    onTestFinished(stall.resume);
    const run = await newestRun(SOURCE);
    await until(() => catalog().snapshots.get(run, 1));
    await terminate(database, (await awaitBackend(database, "hold 1")).pid);
    // Not as soon as the run lets go: a chunk that goes on then may be through before its worker looks, and nothing is lost.
    await until(async () => ((await newestRun(SOURCE)).epoch === 2 ? true : undefined));
    stall.resume();
    const { status, error, cause, outcome } = await outcomeOf(executionArn);
    expect({ status, error, cause }).toEqual({ status: "SUCCEEDED", error: undefined, cause: undefined });
    expect(await newestRun(SOURCE)).toMatchObject({ epoch: 2, runId: run.runId });
    await expectWhole(outcome?.restorePointId ?? "");
  });
});

/** Refused as late, or answered that there is nothing to do. */
function isHarmless({ state, answer, error }: Delivered): boolean {
  if (error !== undefined) return error.name === "CancelledError" && error.code === "run-ended";
  const { next, isDone, chunks, status } = answer as Readonly<Record<string, unknown>>;
  return next === 0 || isDone === true || chunks === 0 || (state === "Record" && status === "succeeded");
}
