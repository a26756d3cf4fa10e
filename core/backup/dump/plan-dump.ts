/**
 * Writes down what there is to dump: the schema into the vault, the plan and its chunk numbers for the workers.
 * @module
 */
import type { Run, Snapshot } from "../../catalog/index.ts";
import { SourceUnavailableError } from "../../errors.ts";
import { isNarrow } from "../../parts/choice.ts";
import {
  databaseProperties,
  dumpSchema,
  type LargeObjectMetadata,
  listLargeObjects,
  parseArchive,
  plainSql,
  schemaFingerprint,
} from "../../postgres/ddl/index.ts";
import { readNeeds } from "../../postgres/needs/index.ts";
import { entriesLeftOut, withoutEntries } from "../../postgres/parts/index.ts";
import { planDump } from "../../postgres/plan/index.ts";
import { listRoles } from "../../postgres/roles/index.ts";
import { type OpenEnvelope, openEnvelope } from "../../vault/envelope/open.ts";
import type { Unwrapper } from "../../vault/envelope/recipient.ts";
import { vaultKeys } from "../../vault/keys.ts";
import type { ManifestSchemaObject } from "../../vault/manifest/schema.ts";
import { writeSmallObject } from "../../vault/object/small.ts";
import type { Store } from "../../vault/store/port.ts";
import { manifestParts } from "../parts.ts";
import { phase } from "../phases.ts";
import { importNewest, isDumping, openSource, type SourceContext } from "../session.ts";
import { backupSettings, partsOf, refOf } from "../settings.ts";
import { whileBeating } from "../while-beating.ts";
import { compactBody, type PlanDocument, readPlan, writePlan } from "./plan-document.ts";
import { whileDumping } from "./while-dumping.ts";

export interface PlanContext extends SourceContext {
  readonly vault: Store;
  readonly work: Store;
  readonly unwrappers: readonly Unwrapper[];
}

export interface Planned {
  readonly runId: string;
  readonly epoch: number;
  /** Where the numbers of the first chunks lie in the work bucket, for the distributed Map to read. */
  readonly itemsKey: string;
  readonly chunks: number;
}

const POLL_MILLIS = 500;

/**
 * Waits for the snapshot, then plans; once per beginning, for the first plan to be noted is everybody's: who plans again, at
 * once or late, files the same chunks and answers the same. When the holders have let go meanwhile there is nothing to do, and
 * Judge tells why.
 * @throws SourceUnavailableError `snapshot-late`; what planDump, dumpSchema and the stores throw.
 */
export async function planBackup(runId: string, epoch: number, context: PlanContext): Promise<Planned> {
  const { catalog, clock } = context;
  try {
    return await whileBeating(runId, context, () => planOnce(runId, epoch, context));
  } catch (error) {
    if (isDumping(await catalog.runs.expect(runId), epoch, clock())) throw error;
    return nothing(runId, epoch);
  }
}

async function planOnce(runId: string, epoch: number, context: PlanContext): Promise<Planned> {
  const { catalog, clock, vault, work, unwrappers } = context;
  const begun = await catalog.runs.beat(runId);
  if (!isDumping(begun, epoch, clock())) return nothing(runId, epoch);
  const envelope = await openEnvelope(vault, refOf(begun), unwrappers);
  const run = begun.notes?.plan === undefined ? await makePlan(begun, envelope, context) : begun;
  if (run === undefined) return nothing(runId, epoch);
  const { chunks } = await readPlan(work, envelope, run);
  await catalog.chunks.plan(
    run,
    chunks.map((chunk) => ({ n: chunk.n, bytesEstimate: chunk.bytesEstimate, body: { ...compactBody(chunk) } })),
  );
  const first = chunks.slice(0, lanesFor(run, chunks.length)).map(({ n }) => n);
  return { runId, epoch, chunks: chunks.length, itemsKey: await writeItems(work, run, first) };
}

/** @returns the run with a plan, perhaps another planner's; undefined when there is no snapshot any more. */
async function makePlan(run: Run, envelope: OpenEnvelope, context: PlanContext): Promise<Run | undefined> {
  const snapshot = await awaitSnapshot(run, context);
  if (snapshot === undefined) return undefined;
  const plan = await whileDumping(run, context, (signal) => readSource(run, snapshot, envelope, context, signal));
  return context.catalog.runs.claimPlan(run.runId, {
    epoch: run.epoch,
    phase: phase.dumping,
    plan: await writePlan(context.work, envelope, run, plan),
    snapshot: snapshot.base,
    chunks: plan.chunks.length,
    handedOut: lanesFor(run, plan.chunks.length),
  });
}

/** For a distributed Map there is nothing to read. */
function nothing(runId: string, epoch: number): Planned {
  return { runId, epoch, chunks: 0, itemsKey: "" };
}

/** As many lines of work as source and server allow connections; each takes the next chunk when it is done with one. */
function lanesFor(run: Run, chunks: number): number {
  return Math.min(chunks, backupSettings(run).concurrency);
}

async function awaitSnapshot(run: Run, context: PlanContext): Promise<Snapshot | undefined> {
  const { catalog, clock, pause, deadline } = context;
  for (;;) {
    if (!isDumping(await catalog.runs.expect(run.runId), run.epoch, clock())) return undefined;
    // The first: it alone has the base; by the time of planning no other is needed.
    const snapshot = await catalog.snapshots.get(run, 0);
    if (snapshot !== undefined) return snapshot;
    if (deadline.remainingMillis() === 0) {
      throw new SourceUnavailableError("snapshot-late", "no holder has published a snapshot in time", {
        hint: "Look at the log of the function hold.",
      });
    }
    await pause(POLL_MILLIS);
  }
}

async function readSource(
  run: Run,
  snapshot: Snapshot,
  envelope: OpenEnvelope,
  context: PlanContext,
  signal: AbortSignal,
): Promise<PlanDocument> {
  const settings = backupSettings(run);
  const { chunkBytes, lockWaitSeconds } = settings;
  const schemaSession = await openSource(run, "plan schema", context, signal);
  const session = await openSource(run, "plan", context, signal).catch(async (error: unknown) => {
    await schemaSession.end();
    throw error;
  });
  try {
    await importNewest(session, run, context.catalog);
    const { leftOut, ...plan } = await planDump(session, { chunkBytes, parts: partsOf(settings) });
    const roles = await listRoles(session);
    const database = await databaseProperties(session);
    const largeObjects = isNarrow(settings.include) ? NO_LARGE_OBJECTS : await listLargeObjects(session);
    const needs = await readNeeds(session);
    await session.query("COMMIT");
    const { snapshotId } = (await context.catalog.snapshots.newest(run)) ?? snapshot;
    const { archive, warnings } = await dumpSchema(schemaSession, {
      snapshotId,
      lockWaitSeconds,
      signal,
      ...(leftOut && { without: leftOut }),
    });
    const whole = parseArchive(archive);
    const left = leftOut === undefined ? [] : entriesLeftOut(whole, leftOut);
    const toc = left.length === 0 ? whole : withoutEntries(whole, left);
    const parts = leftOut && manifestParts(settings, leftOut, left);
    const schema = await writeSchema(run, envelope, context.vault, [
      ["archive", archive],
      ["pre-data.sql", plainSql(toc, "pre-data")],
      ["post-data.sql", plainSql(toc, "post-data")],
      ["roles.json", Buffer.from(JSON.stringify(roles))],
      ["database.json", Buffer.from(JSON.stringify(database))],
      ["large-objects.json", Buffer.from(JSON.stringify(largeObjects))],
      ["needs.json", Buffer.from(JSON.stringify(needs))],
    ]);
    const described = { schema, schemaFingerprint: schemaFingerprint(whole), schemaWarnings: warnings };
    return { ...plan, ...described, ...(parts && { parts }) };
  } finally {
    await Promise.all([session.end(), schemaSession.end()]);
  }
}

/** Of parts that are named there are none: whose they are, nobody knows. */
const NO_LARGE_OBJECTS: LargeObjectMetadata = { groups: [], comments: [], labels: [] };

async function writeSchema(
  run: Run,
  envelope: OpenEnvelope,
  vault: Store,
  objects: readonly (readonly [name: string, body: Uint8Array])[],
): Promise<ManifestSchemaObject[]> {
  const ref = refOf(run);
  return Promise.all(
    objects.map(async ([name, body]) => {
      const keyOf = (attempt: number) => vaultKeys.schemaKey(ref, name, attempt);
      return { name, ...(await writeSmallObject({ store: vault, envelope, ref }, keyOf, body)) };
    }),
  );
}

/** Numbers and nothing else: state machines can read this bucket. The same for whoever writes them. */
async function writeItems(work: Store, run: Run, numbers: readonly number[]): Promise<string> {
  const key = `runs/${run.runId}/items.${run.epoch}.json`;
  await work.putIfAbsent(key, Buffer.from(JSON.stringify(numbers.map((n) => ({ n })))));
  return key;
}
