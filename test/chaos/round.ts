/**
 * One round: a backup under faults while the bank is open; what is green is restored, under faults too, and audited.
 */
import pg from "pg";
import type { Run } from "../../core/catalog/index.ts";
import { vaultKeys } from "../../core/vault/keys.ts";
import { refTo, vaultOf } from "../stack/vault.ts";
import type { PgProxy } from "../support/pg-faults.ts";
import { asAdmin } from "../support/postgres.ts";
import { runMachine, storeConnection } from "../support/stack.ts";
import { type Bank, contradictions, openForBusiness } from "./bank.ts";
import { backupFaults, deliverLate, restoreFaults, type Way } from "./faults/index.ts";
import { endedRun, judgeEnd, judgeExistence, type Witnesses } from "./judge.ts";
import type { Random } from "./random.ts";
import { runUnderFaults } from "./strike.ts";

export const SOURCE = "chaos";
export const TARGET = "chaos";

export interface Round {
  /** What happened, in the order in which it did. */
  readonly story: readonly string[];
  /** Lies and left-overs; empty in a good round, red or green. */
  readonly wrong: readonly string[];
  readonly isGreen: boolean;
}

export interface Stage {
  readonly bank: Bank;
  readonly alerts: Witnesses["alerts"];
  /** In front of the server. */
  readonly proxy: PgProxy;
  /** Restore points committed by runs that ended red: the next run has to know them. */
  readonly owed: Set<string>;
}

export async function play(number: number, random: Random, stage: Stage): Promise<Round> {
  const { bank } = stage;
  const story: string[] = [];
  const wrong: string[] = [];
  const way = await chooseWay(random.fork("way"), stage);
  const proxied = way === "proxied" ? { proxy: stage.proxy } : {};
  const business = openForBusiness(bank, random.fork("business"));
  const backup = await runUnderFaults({
    machine: "backup",
    input: { source: SOURCE },
    database: bank.database,
    faults: backupFaults[way],
    ...proxied,
    random: random.fork("backup"),
  });
  const run = await endedRun(SOURCE, backup.ended);
  story.push(...backup.struck, describe("backup", run));
  wrong.push(...(await judgeEnd(backup.ended, run, { database: bank.database, alerts: stage.alerts })));
  if (random.happens(0.3)) story.push(`late: ${(await deliverLate(backup.run)) ?? "nothing to deliver"}`);
  story.push(`${await business.close()} transactions meanwhile`);
  const restorePointId = run.restorePointId ?? "";
  if (run.status === "failed" && restorePointId !== "") {
    const manifest = await vaultOf().head(vaultKeys.manifestKey(refTo(SOURCE, restorePointId)));
    if (manifest !== undefined) stage.owed.add(restorePointId);
  }
  if (run.status !== "succeeded") return { story, wrong, isGreen: false };
  for (const id of [restorePointId, ...stage.owed]) wrong.push(...(await judgeExistence(SOURCE, id)));
  for (const id of [restorePointId, ...stage.owed]) {
    const restored = await restore(`chaos_${number}`, id, random.fork(`restore ${id}`), way, stage);
    story.push(...restored.story);
    wrong.push(...restored.wrong);
  }
  stage.owed.clear();
  return { story, wrong, isGreen: true };
}

/** The connections of source and target lead there from now on. */
async function chooseWay(random: Random, { bank, proxy }: Stage): Promise<Way> {
  const way = random.happens(0.4) ? "proxied" : "direct";
  const changes = way === "proxied" ? { host: proxy.host, port: proxy.port } : {};
  await storeConnection(`${SOURCE}-read`, bank.database.name, "read", changes);
  await storeConnection(`${TARGET}-write`, "postgres", "write", changes);
  return way;
}

/** Under faults first, then as often without as a restore may need to be continued: once. */
async function restore(name: string, restorePointId: string, random: Random, way: Way, stage: Stage) {
  const story: string[] = [];
  const wrong: string[] = [];
  const url = stage.bank.database.url.replace(`/${stage.bank.database.name}?`, `/${name}?`);
  const query: Witnesses["database"]["query"] = <Row extends pg.QueryResultRow>(text: string) =>
    asAdmin(async (admin) => (await admin.query<Row>(text.replaceAll("current_database()", `'${name}'`))).rows);
  const options = { target: TARGET, restorePointId, create: true, database: name, compare: "rows" };
  const input = { source: SOURCE, options };
  try {
    if (random.happens(0.6)) {
      const struck = await runUnderFaults({
        machine: "restore",
        input,
        database: { name, url },
        faults: restoreFaults[way],
        ...(way === "proxied" ? { proxy: stage.proxy } : {}),
        random,
      });
      const run = await endedRun(SOURCE, struck.ended);
      story.push(...struck.struck, describe("restore", run));
      wrong.push(...(await judgeEnd(struck.ended, run, { database: { name, query }, alerts: stage.alerts })));
      if (random.happens(0.5)) story.push(`late: ${(await deliverLate(struck.run)) ?? "nothing to deliver"}`);
      if (run.status === "succeeded") return { story, wrong: [...wrong, ...(await contradictions(url, stage.bank))] };
      const left = await leftBy(name, url, stage.bank);
      story.push(`left ${left.state}`);
      if (left.state === "whole") return { story, wrong: [...wrong, ...left.wrong] };
    }
    const { status, error, cause } = await runMachine("restore", input);
    if (status !== "SUCCEEDED") wrong.push(`an undisturbed restore of ${restorePointId} failed: ${error} ${cause}`);
    else wrong.push(...(await contradictions(url, stage.bank)));
    return { story: [...story, "restored"], wrong };
  } finally {
    await asAdmin((admin) => admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
  }
}

/** What a restore that ended red has left: nothing, something marked as incomplete, or all of it. */
async function leftBy(name: string, url: string, bank: Bank): Promise<{ state: string; wrong: readonly string[] }> {
  const isThere = await asAdmin((admin) => admin.query("SELECT FROM pg_database WHERE datname = $1", [name]));
  if (isThere.rowCount === 0) return { state: "nothing", wrong: [] };
  const client = new pg.Client(url);
  await client.connect();
  try {
    const marker = await client.query("SELECT FROM pg_namespace WHERE nspname = 'holdfast_restore'");
    if (marker.rowCount === 1) return { state: "incomplete", wrong: [] };
    const tables = await client.query("SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace");
    if (tables.rowCount === 0) return { state: "an empty database", wrong: [] };
  } finally {
    await client.end();
  }
  const wrong = await contradictions(url, bank).catch((error: unknown) => [String(error)]);
  return { state: "whole", wrong: wrong.map((what) => `a failed restore left what passes for whole: ${what}`) };
}

function describe(kind: string, { status, epoch, error }: Run): string {
  const beginnings = epoch > 1 ? " after starting over" : "";
  return `${kind} ${status}${beginnings}${error === undefined ? "" : `: ${error.name} (${error.code}): ${error.message.slice(0, 160)}`}`;
}
