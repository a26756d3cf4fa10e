import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { createCatalog } from "../../core/catalog/index.ts";
import { newRestorePointId, newRunId } from "../../core/ids.ts";
import { asAdmin, type TestDatabase } from "../support/postgres.ts";
import { clients, runMachine, startExecution, storeConnection } from "../support/stack.ts";
import { subscribeToAlerts } from "./alerts.ts";
import { accounts } from "./bank.ts";
import { type Delivered, deliverTwice } from "./deliveries.ts";
import { backUp, catalog, databaseBehind, type MachineOutput, newestRun, outcomeOf } from "./sources.ts";
import { manifestOf } from "./vault.ts";

const SOURCE = "together";
const ACCOUNTS = 4_000;
const HOUR = 3_600_000;

let database: TestDatabase;
let alerts: Awaited<ReturnType<typeof subscribeToAlerts>>;

beforeAll(async () => {
  database = await databaseBehind(SOURCE, ...accounts(ACCOUNTS));
  await storeConnection("together-write", "postgres", "write");
  alerts = await subscribeToAlerts("together");
});
afterAll(async () => {
  await alerts.end();
  for (const name of restored) await asAdmin((admin) => admin.query(`DROP DATABASE IF EXISTS ${name}`));
  await database.drop();
});

const restored: string[] = [];
function restoreOptions(restorePointId: string, suffix: string) {
  const name = `${database.name}_${suffix}`;
  restored.push(name);
  return { target: "together", restorePointId, database: name, create: true, compare: "rows" };
}

const verdictOf = ({ status, error, cause, result }: Awaited<ReturnType<typeof runMachine>>) =>
  status === "SUCCEEDED" ? (result as MachineOutput).status : `${error}: ${cause}`;

/** A run whose execution ended an hour ago without anybody being told, in the middle of its dump. */
async function abandonedRun(): Promise<string> {
  const { catalogTable } = inject("stack").parameter;
  const hourAgo = new Date(Date.now() - HOUR);
  const then = createCatalog({ client: clients.dynamodb(), table: catalogTable, clock: () => hourAgo });
  const random = (n: number) => new Uint8Array(n).fill(7);
  const runId = newRunId(SOURCE, hourAgo, random);
  const executionArn = `arn:aws:states:us-east-1:000000000000:execution:backup:${runId}`;
  const leaseOn = `SOURCE#${SOURCE}` as const;
  await then.leases.take({ subject: leaseOn, runId, owner: executionArn });
  const restorePointId = newRestorePointId(hourAgo, random);
  const begun = { runId, kind: "backup", phase: "dumping", executionArn, restorePointId, leaseOn } as const;
  await then.runs.begin({ ...begun, settings: {} });
  return runId;
}

describe("runs of one source that meet", () => {
  let restorePointId: string;

  it("after one whose execution died without a word: the next takes its lease, ends it, and tells people", async () => {
    const dead = await abandonedRun();
    const { status, error, cause, outcome } = await backUp(SOURCE);
    expect({ status, error, cause }).toEqual({ status: "SUCCEEDED", error: undefined, cause: undefined });
    restorePointId = outcome?.restorePointId ?? "";
    expect(await catalog().runs.get(dead)).toMatchObject({ status: "failed", error: { code: "run-abandoned" } });
    expect((await alerts.about(dead)).Subject).toContain("run-abandoned");
    expect(await catalog().leases.get(`SOURCE#${SOURCE}`)).toBeUndefined();
    expect((await catalog().restorePoints.list(SOURCE)).map(({ runId }) => runId)).toEqual([outcome?.runId]);
  });

  it("a backup, a restore and a verification at once: each does its own, and nothing of the others'", async () => {
    const backups = [1, 2].map(() => runMachine("backup", { source: SOURCE }));
    const restores = ["one", "two"].map((suffix) =>
      runMachine("restore", { source: SOURCE, options: restoreOptions(restorePointId, suffix) }),
    );
    const verifications = ["full", "quick"].map((level) =>
      runMachine("verify", { source: SOURCE, options: { restorePointId, level } }),
    );
    expect((await Promise.all(verifications)).map(verdictOf)).toEqual(["succeeded", "succeeded"]);
    // Of two that want the same lease, whichever came first has it.
    expect((await Promise.all(backups)).map(verdictOf).toSorted()).toEqual(["skipped", "succeeded"]);
    expect((await Promise.all(restores)).map(verdictOf).toSorted()).toEqual(["skipped", "succeeded"]);
    const [newest] = await catalog().restorePoints.list(SOURCE);
    expect(newest?.restorePointId).not.toBe(restorePointId);
    const { tables } = await manifestOf(SOURCE, newest?.restorePointId ?? "");
    expect(tables.map(({ rows }) => rows)).toEqual([ACCOUNTS]);
    expect(await catalog().restorePoints.get(restorePointId)).toMatchObject({ status: "available" });
  });
});

describe("a restore whose every invocation is delivered twice at once", () => {
  it("is identical to the restore point, every row loaded once", async () => {
    const [point] = await catalog().restorePoints.list(SOURCE);
    const options = restoreOptions(point?.restorePointId ?? "", "twice");
    const executionArn = await startExecution("restore", { source: SOURCE, options });
    const runId = async () => (await newestRun(SOURCE)).runId;
    const doubled = await deliverTwice("restore", executionArn, runId);
    const { status, error, cause, outcome } = await outcomeOf(executionArn);
    expect({ status, error, cause, doubled: doubled.filter(isError) }).toMatchObject({ status: "SUCCEEDED" });
    expect(outcome).toMatchObject({ status: "succeeded" });
    expect(doubled.map(({ state }) => state)).toEqual(expect.arrayContaining(["PrepareRestore", "LoadSchema"]));
  });
});

const isError = ({ error }: Delivered): boolean => error !== undefined;
