/**
 * What is expected of every run, whatever has struck it. Each function returns what is wrong; nothing is wrong with a red
 * run as such: it has to say so by name, tell people, and leave nothing half-made.
 */
import { setTimeout as pause } from "node:timers/promises";
import { InvokeCommand, ListFunctionsCommand } from "@aws-sdk/client-lambda";
import { ListMultipartUploadsCommand } from "@aws-sdk/client-s3";
import { inject } from "vitest";
import type { Run } from "../../core/catalog/index.ts";
import { errorClasses } from "../../core/errors.ts";
import { vaultKeys } from "../../core/vault/keys.ts";
import type { Alert } from "../stack/alerts.ts";
import { catalog } from "../stack/sources.ts";
import { refTo, vaultOf } from "../stack/vault.ts";
import type { TestDatabase } from "../support/postgres.ts";
import { clients, type Ended } from "../support/stack.ts";

export interface Witnesses {
  readonly database: Pick<TestDatabase, "name" | "query">;
  readonly alerts: { about(runId: string): Promise<Alert> };
}

/** What comes after an execution's end comes by events: this much later it has come. */
const SETTLED_MILLIS = 30_000;

/** @returns undefined when there was no answer in time */
async function settled<T>(ask: () => Promise<T | undefined>): Promise<T | undefined> {
  const late = performance.now() + SETTLED_MILLIS;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined || performance.now() > late) return answer;
    await pause(250);
  }
}

/** The run as it ended; a stopped execution's is marked a moment later. @throws Error when it goes on for ever */
export async function endedRun(source: string, ended: Ended): Promise<Run> {
  const look = () =>
    settled(async () => {
      const found = (await catalog().runs.list(source, 20)).find((one) => one.executionArn === ended.executionArn);
      return found?.status === "running" ? undefined : found;
    });
  const run = (await look()) ?? (await deliverEnd(ended).then(look));
  if (run === undefined) throw new Error(`no run of ${source} has ended for ${ended.executionArn}`);
  return run;
}

/**
 * The event of an execution's end once more: AWS repeats it when the function it went to has failed, the local one does not,
 * and a fault may have struck just that.
 */
async function deliverEnd({ executionArn, stateMachineArn, name, status, startDate, input, error, cause }: Ended) {
  const { Functions = [] } = await clients.lambda().send(new ListFunctionsCommand({}));
  const cleanup = Functions.find(({ FunctionName = "" }) => /FunctionsCleanup[0-9A-F]{8}/.test(FunctionName));
  const detail = { executionArn, stateMachineArn, name, status, startDate: startDate?.getTime(), input, error, cause };
  const Payload = JSON.stringify({ detail });
  await clients.lambda().send(new InvokeCommand({ FunctionName: cleanup?.FunctionName, Payload }));
}

/** The run says how it ended, the same everywhere, has told people, and holds on to nothing. */
export async function judgeEnd(ended: Ended, run: Run, { database, alerts }: Witnesses): Promise<string[]> {
  const wrong: string[] = [];
  const expected = ended.status === "SUCCEEDED" ? (ended.result as { status: string }).status : "failed";
  if (run.status !== expected) wrong.push(`the execution ended as ${expected}, the catalog says ${run.status}`);
  if (run.status === "failed") {
    wrong.push(...nameless(run));
    const isTold = () => Promise.race([alerts.about(run.runId), pause(SETTLED_MILLIS, undefined)]);
    const alert = (await isTold()) ?? (await deliverEnd(ended).then(isTold));
    if (alert === undefined) wrong.push("nobody was told");
    const isCleared = run.kind !== "backup" || (await settled(async () => (await openUploads(run)) === 0 || undefined));
    if (isCleared === undefined) wrong.push("uploads were left open");
  }
  const isAlone = await settled(async () => (await sessions(database)) === 0 || undefined);
  if (isAlone === undefined) wrong.push("sessions were left open");
  return wrong;
}

function nameless({ error }: Run): string[] {
  if (error === undefined) return ["failed without an error"];
  const isOurs = Object.hasOwn(errorClasses, error.name);
  const isOfAws = /^(States|Lambda|Runtime|Sandbox)\./.test(error.name);
  if (!isOurs && !isOfAws)
    return [`failed by a name that is nobody's: ${error.name} (${error.code}): ${error.message}`];
  return error.code === "unexpected" ? [`failed without a code of its own: ${error.name}: ${error.message}`] : [];
}

async function openUploads({ source, restorePointId = "" }: Run): Promise<number> {
  // A run that was refused, or died before it had begun, has none.
  if (restorePointId === "") return 0;
  const Prefix = vaultKeys.dataPrefix(refTo(source, restorePointId));
  const Bucket = inject("stack").parameter.vaultBucket;
  const { Uploads = [] } = await clients.s3().send(new ListMultipartUploadsCommand({ Bucket, Prefix }));
  return Uploads.length;
}

async function sessions(database: Witnesses["database"]): Promise<number> {
  const open = await database
    .query("SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'holdfast %'")
    .catch(() => [undefined]);
  return open.length;
}

/** A manifest and a catalog item are there both or neither. */
export async function judgeExistence(source: string, restorePointId: string): Promise<string[]> {
  const manifest = await vaultOf().head(vaultKeys.manifestKey(refTo(source, restorePointId)));
  const item = await catalog().restorePoints.get(restorePointId, source);
  if ((manifest === undefined) === (item === undefined)) return [];
  return [
    `${restorePointId} is in the ${manifest === undefined ? "catalog, and not in the vault" : "vault, and not in the catalog"}`,
  ];
}
