/**
 * Writes down what there is to dump: the schema into the vault, the plan and its chunk numbers for the workers.
 * @module
 */
import type { Run, Snapshot } from "../../catalog/index.ts";
import { SourceUnavailableError } from "../../errors.ts";
import {
  databaseProperties,
  dumpSchema,
  listLargeObjects,
  parseArchive,
  plainSql,
  schemaFingerprint,
} from "../../postgres/ddl/index.ts";
import { planDump } from "../../postgres/plan/index.ts";
import { listRoles } from "../../postgres/roles/index.ts";
import { type OpenEnvelope, openEnvelope } from "../../vault/envelope/open.ts";
import type { Unwrapper } from "../../vault/envelope/recipient.ts";
import { vaultKeys } from "../../vault/keys.ts";
import type { ManifestSchemaObject } from "../../vault/manifest/schema.ts";
import { writeSmallObject } from "../../vault/object/small.ts";
import type { Store } from "../../vault/store/port.ts";
import { importNewest, isDumping, openSource, type SourceContext } from "../session.ts";
import { backupSettings, refOf } from "../settings.ts";
import { compactBody, type PlanDocument, writePlan } from "./plan-document.ts";

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
 * Waits for the snapshot, then plans. When the holders have let go meanwhile the plan is empty, and Judge tells why.
 * @throws SourceUnavailableError `snapshot-late`; what planDump, dumpSchema and the stores throw.
 */
export async function planBackup(runId: string, epoch: number, context: PlanContext): Promise<Planned> {
  const { catalog, vault, work, unwrappers } = context;
  const run = await catalog.runs.beat(runId);
  const snapshot = await awaitSnapshot(run, epoch, context);
  if (snapshot === undefined) return { runId, epoch, chunks: 0, itemsKey: await writeItems(work, run, []) };
  const envelope = await openEnvelope(vault, refOf(run), unwrappers);
  const plan = await readSource(run, snapshot, envelope, context);
  const written = await writePlan(work, envelope, run, plan);
  await catalog.chunks.plan(
    run,
    plan.chunks.map((chunk) => ({ n: chunk.n, bytesEstimate: chunk.bytesEstimate, body: { ...compactBody(chunk) } })),
    lanesFor(plan.chunks.length, backupSettings(run).concurrency),
  );
  await catalog.runs.note(runId, epoch, { plan: written, snapshot: snapshot.base });
  const lanes = lanesFor(plan.chunks.length, backupSettings(run).concurrency);
  const first = plan.chunks.slice(0, lanes).map(({ n }) => n);
  return { runId, epoch, chunks: plan.chunks.length, itemsKey: await writeItems(work, run, first) };
}

/** A child's history may have 25,000 events, and a chunk takes about eight. */
const CHUNKS_PER_LANE = 2_000;

/** As many lines of work as the source allows connections; each takes the next chunk when it is done with one. */
export function lanesFor(chunks: number, concurrency: number): number {
  return Math.min(chunks, Math.max(concurrency, Math.ceil(chunks / CHUNKS_PER_LANE)));
}

async function awaitSnapshot(run: Run, epoch: number, context: PlanContext): Promise<Snapshot | undefined> {
  const { catalog, clock, pause, deadline } = context;
  for (;;) {
    if (!isDumping(await catalog.runs.expect(run.runId), epoch, clock())) return undefined;
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
): Promise<PlanDocument> {
  const { chunkBytes, lockWaitSeconds } = backupSettings(run);
  const schemaSession = await openSource(run, "plan schema", context);
  const session = await openSource(run, "plan", context).catch(async (error: unknown) => {
    await schemaSession.end();
    throw error;
  });
  try {
    await importNewest(session, run, context.catalog);
    const plan = await planDump(session, { chunkBytes });
    const roles = await listRoles(session);
    await context.catalog.runs.beat(run.runId);
    const database = await databaseProperties(session);
    const largeObjects = await listLargeObjects(session);
    await session.query("COMMIT");
    const newest = (await context.catalog.snapshots.newest(run)) ?? snapshot;
    const { archive, warnings } = await dumpSchema(schemaSession, { snapshotId: newest.snapshotId, lockWaitSeconds });
    const toc = parseArchive(archive);
    const schema = await writeSchema(run, envelope, context.vault, [
      ["archive", archive],
      ["pre-data.sql", plainSql(toc, "pre-data")],
      ["post-data.sql", plainSql(toc, "post-data")],
      ["roles.json", Buffer.from(JSON.stringify(roles))],
      ["database.json", Buffer.from(JSON.stringify(database))],
      ["large-objects.json", Buffer.from(JSON.stringify(largeObjects))],
    ]);
    return { ...plan, schema, schemaFingerprint: schemaFingerprint(toc), schemaWarnings: warnings };
  } finally {
    await Promise.all([session.end(), schemaSession.end()]);
  }
}

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

/** Numbers and nothing else: state machines can read this bucket. */
async function writeItems(work: Store, run: Run, numbers: readonly number[]): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    const key = `runs/${run.runId}/items.${run.epoch}.${attempt}.json`;
    if (await work.putIfAbsent(key, Buffer.from(JSON.stringify(numbers.map((n) => ({ n })))))) return key;
  }
}
