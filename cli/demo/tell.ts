/**
 * The demo's steps. Each one throws when something is not as it should be.
 * @module
 */
import { readFile } from "node:fs/promises";
import { Agent } from "node:https";
import { S3Client } from "@aws-sdk/client-s3";
import type { RestorePoint } from "../../core/catalog/index.ts";
import type { RunView } from "../installation/port.ts";
import { formatBytes, formatDuration, formatRate, formatTime, millisBetween, plural } from "../output/units.ts";
import { demoConfig } from "./config.ts";
import { flipOneByte } from "./damage.ts";
import { askRevenue, databaseExists, dropDatabase, makeDatabase, type Server } from "./database.ts";
import { createHoldfast, type Holdfast } from "./holdfast.ts";
import { deploy, type LocalStack, serverOf } from "./local.ts";
import type { Story } from "./story.ts";

const SOURCE = "shop";
const RESCUED = "shop_again";
const LEAST_BYTES = 200 * 1024 ** 2;
/** Time enough to deploy the schedule before its moment, which is 5 s on two cores. */
const SCHEDULE_AHEAD_MILLIS = 12_000;
/** The local AWS looks at its schedules every ten seconds. */
const FIRES_WITHIN_MILLIS = 60_000;
const POLL_MILLIS = 1_500;

export async function tellDemo(story: Story, dir: string, signal: AbortSignal): Promise<void> {
  story.step(
    "Deploy",
    "an AWS and a PostgreSQL on this machine, then the stack by `cdk deploy`; the shop is made meanwhile",
  );
  const deploying = deploy(dir, demoConfig(undefined), { say: story.say, signal });
  const server = await Promise.race([serverOf(dir, signal), deploying.then(({ postgres }) => postgres)]);
  const [stack, facts] = await Promise.all([deploying, makeDatabase(server, SOURCE)]);
  const before = await askRevenue(server, SOURCE);
  story.say(
    `The shop: ${formatBytes(facts.bytes)}, ${plural(facts.rows, "row")} in ${plural(facts.tables, "table")}, ${plural(facts.largeObjects, "large object")}; partitions, an enum,\na domain, JSON, full-text search, a view, a materialized view, a trigger.\n${before}`,
  );
  if (facts.bytes < LEAST_BYTES) throw new Error(`the shop is smaller than ${formatBytes(LEAST_BYTES)}`);
  const holdfast = createHoldfast(story, { ...process.env, ...stack.env });

  const backup = await backUpBySchedule(story, dir, holdfast, signal);

  story.step("Disaster", "somebody drops the database");
  story.typed(`DROP DATABASE ${SOURCE}`);
  await dropDatabase(server, SOURCE);
  if (await databaseExists(server, SOURCE)) throw new Error("the database is still there");
  await holdfast.show(["list"]);

  const restore = await restoreAndCompare(story, server, holdfast, before);
  await damageAndVerify(story, stack, holdfast);
  await tellNumbers(story, holdfast, backup, restore);
}

async function backUpBySchedule(story: Story, dir: string, holdfast: Holdfast, signal: AbortSignal): Promise<RunView> {
  story.step("Schedule", "one line of the configuration, deployed; nobody types `holdfast backup`");
  const at = new Date(Date.now() + SCHEDULE_AHEAD_MILLIS);
  await deploy(dir, demoConfig(at), { signal });
  story.say(`schedules: { once: { expression: "at(${at.toISOString().slice(0, 19)})" } }`);
  const run = await firstRun(holdfast, at.getTime() + FIRES_WITHIN_MILLIS);
  story.say(`The schedule fired: ${run.runId}, started ${formatTime(run.startedAt)} UTC.`);
  await holdfast.show(["show", run.runId, "--follow"]);
  const { run: ended } = (await holdfast.ask(["show", run.runId])) as { run: RunView };
  return ended;
}

async function firstRun(holdfast: Holdfast, deadline: number): Promise<RunView> {
  for (;;) {
    const { runs } = (await holdfast.ask(["runs", SOURCE])) as { runs: RunView[] };
    const [run] = runs;
    if (run !== undefined) return run;
    if (Date.now() > deadline) throw new Error("the schedule did not fire");
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLIS));
  }
}

async function restoreAndCompare(story: Story, server: Server, holdfast: Holdfast, before: string): Promise<RunView> {
  story.step("Restore", "into a new database");
  const target = ["--source", SOURCE, "--to", "rescue", "--database", RESCUED];
  await holdfast.show(["restore", "latest", ...target, "--create"]);
  const { runs } = (await holdfast.ask(["runs", SOURCE, "--limit", "1"])) as { runs: RunView[] };
  const after = await askRevenue(server, RESCUED);
  story.say(after);
  if (after !== before) throw new Error(`the restored shop answers otherwise than the lost one: ${before}`);

  story.step("Compare", "every row, sequence, large object and definition with what the snapshot held");
  await holdfast.show(["compare", "latest", ...target]);
  const [restore] = runs;
  if (restore === undefined) throw new Error("the restore is not in the catalog");
  return restore;
}

async function damageAndVerify(story: Story, stack: LocalStack, holdfast: Holdfast): Promise<void> {
  story.step("Damage", "one bit of one stored object is flipped; verification has to find and name it");
  const bucket = stack.parameter?.vaultBucket ?? "";
  const s3 = await s3Of(stack);
  const { key, offset } = await flipOneByte(s3, bucket, `v1/data/${SOURCE}/`);
  s3.destroy();
  story.say(`byte ${offset} of ${key}`);
  const found = await holdfast.show(["verify", "latest", "--source", SOURCE], 4);
  if (!found.includes(key)) throw new Error(`verification did not name ${key}`);
  const { restorePoints } = (await holdfast.ask(["list", SOURCE])) as { restorePoints: RestorePoint[] };
  const status = restorePoints[0]?.status;
  if (status !== "quarantined") throw new Error(`the damaged restore point is ${status}, expected was quarantined`);
  story.say("Found, named, and quarantined: `latest` means another restore point from now on.");
}

async function tellNumbers(story: Story, holdfast: Holdfast, backup: RunView, restore: RunView): Promise<void> {
  story.step("Numbers", "on this machine; the local AWS is one Python process");
  const { restorePoints } = (await holdfast.ask(["list", SOURCE])) as { restorePoints: RestorePoint[] };
  const [point] = restorePoints;
  if (point === undefined) throw new Error("the restore point is gone");
  const { plainBytes, storedBytes } = point;
  const backupMillis = millisBetween(backup.startedAt, backup.finishedAt) ?? 0;
  const restoreMillis = millisBetween(restore.startedAt, restore.finishedAt) ?? 0;
  story.say(
    [
      `data      ${formatBytes(plainBytes)} of text, ${plural(point.rows, "row")}, ${plural(point.chunks, "chunk")}`,
      `stored    ${formatBytes(storedBytes)}, compressed ${(plainBytes / storedBytes).toFixed(1)} : 1 and encrypted`,
      `backup    ${formatDuration(backupMillis)}, ${formatRate(plainBytes, backupMillis)}`,
      `restore   ${formatDuration(restoreMillis)}, ${formatRate(plainBytes, restoreMillis)}`,
    ].join("\n"),
  );
}

/** This process was not started with the local certificate, so it is given to the client. */
async function s3Of({ env }: LocalStack): Promise<S3Client> {
  const ca = await readFile(env.NODE_EXTRA_CA_CERTS ?? "", "utf8");
  return new S3Client({
    endpoint: env.AWS_ENDPOINT_URL ?? "",
    region: env.AWS_REGION ?? "",
    credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID ?? "", secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? "" },
    forcePathStyle: true,
    requestHandler: { httpsAgent: new Agent({ ca }) },
  });
}
