/** Random faults at random moments for a given time: no green run may lie, no red one may be nameless or leave anything. */
import { DeleteCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { restorePointKey } from "../../core/catalog/keys.ts";
import { READ_ROLE, WRITE_ROLE } from "../../infra/local/databases.ts";
import { subscribeToAlerts } from "../stack/alerts.ts";
import { findSecrets } from "../stack/secrets.ts";
import { catalog } from "../stack/sources.ts";
import { type PgProxy, startPgProxy } from "../support/pg-faults.ts";
import { clients, runMachine } from "../support/stack.ts";
import { type Bank, foundBank } from "./bank.ts";
import { parameters } from "./parameters.ts";
import { randomOf } from "./random.ts";
import { play, type Round, SOURCE } from "./round.ts";

let bank: Bank;
let proxy: PgProxy;
let alerts: Awaited<ReturnType<typeof subscribeToAlerts>>;

beforeAll(async () => {
  bank = await foundBank();
  proxy = await startPgProxy(inject("postgres"));
  alerts = await subscribeToAlerts("chaos");
});
afterAll(async () => {
  await alerts.end();
  await proxy.close();
  await bank.database.drop();
});

it("tells the truth under random faults", async () => {
  const { seed, minutes, only } = parameters();
  const end = performance.now() + minutes * 60_000;
  const owed = new Set<string>();
  const lies: string[] = [];
  let green = 0;
  let red = 0;
  for (let number = only ?? 1; only === undefined ? performance.now() < end : number === only; number += 1) {
    const startedAt = performance.now();
    const stage = { bank, alerts, proxy, owed };
    const { story, wrong, isGreen } = await play(number, randomOf(`${seed}/${number}`), stage).catch(brokenOff);
    if (isGreen) green += 1;
    else red += 1;
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    say(`round ${number} (${seconds} s) ${isGreen ? "green" : "red"}: ${story.join(" · ")}`);
    for (const what of wrong) say(`  WRONG ${what}`);
    lies.push(...wrong.map((what) => `round ${number}: ${what}`));
  }
  say(`seed ${seed}: ${green} green and ${red} red rounds, ${lies.length} things wrong`);
  expect(lies).toEqual([]);
  // A world in which nothing ever succeeds proves nothing about what is green.
  expect(green).toBeGreaterThan(0);
  expect((await catalog().restorePoints.list(SOURCE)).length).toBeGreaterThanOrEqual(green);
});

it("has let no password out", async () => {
  const passwords = [READ_ROLE.password, WRITE_ROLE.password];
  expect(await findSecrets(passwords, { texts: { alerts: JSON.stringify(alerts.seen()) } })).toEqual([]);
});

it("finds every restore point again when the catalog has lost them", async () => {
  const before = await catalog().restorePoints.list(SOURCE);
  const TableName = inject("stack").parameter.catalogTable;
  for (const { restorePointId } of before) {
    const Key = restorePointKey(SOURCE, restorePointId);
    await clients.dynamodb().send(new DeleteCommand({ TableName, Key: { ...Key } }));
  }
  expect(await catalog().restorePoints.list(SOURCE)).toEqual([]);
  const { status, cause } = await runMachine("rebuild", { source: SOURCE });
  expect({ status, cause }).toEqual({ status: "SUCCEEDED", cause: undefined });
  expect(await catalog().restorePoints.list(SOURCE)).toEqual(before);
});

/** What the judges themselves could not get on with is wrong too, and no reason to stop. */
function brokenOff(error: unknown): Round {
  return { story: [], wrong: [error instanceof Error ? error.message : String(error)], isGreen: false };
}

/** At once, so that a long run can be watched. */
function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
