/**
 * Clears what was listed, and nothing that a manifest may name: who clears cannot read manifests, so it goes by their being the
 * same object as when the list was made, or still not there. On a versioned bucket what goes can be brought back.
 * @module
 */
import pLimit from "p-limit";
import type { Catalog, Settings } from "../catalog/index.ts";
import { type RestorePointRef, vaultKeys } from "../vault/keys.ts";
import type { Store } from "../vault/store/port.ts";
import { leftoversOfCommitted, leftoversOfUncommitted } from "./keys.ts";
import { type LeftoverPoint, readLeftovers } from "./list.ts";

export interface ClearContext {
  readonly catalog: Catalog;
  readonly vault: Store;
  readonly work: Store;
  /** Ends uploads below a prefix that nobody will complete. @returns how many */
  abortUploads(prefix: string): Promise<number>;
}

export interface Cleared {
  readonly runId: string;
  readonly objects: number;
  readonly uploads: number;
}

const AT_ONCE = 16;
/** The manifest is asked for again before each so many. */
const BATCH = 100;

/** @throws IntegrityError `leftovers-replaced` */
export async function clearLeftovers(
  { runId, leftoversKey }: { readonly runId: string; readonly leftoversKey: string },
  context: ClearContext,
): Promise<Cleared> {
  const { catalog, work } = context;
  const run = await catalog.runs.beat(runId);
  const { points } = await readLeftovers(work, runId, leftoversKey);
  let [objects, uploads] = [0, 0];
  for (const point of points.filter(
    ({ ref }) => ref.source === run.source && ref.restorePointId !== run.restorePointId,
  )) {
    objects += await clearPoint(point, context);
    if (await isAsListed(point, context)) uploads += await context.abortUploads(vaultKeys.dataPrefix(point.ref));
  }
  const leftovers: Settings = { ...(run.notes?.leftovers as Settings | undefined), cleared: objects, uploads };
  await catalog.runs.advance(runId, { epoch: run.epoch, notes: { leftovers } });
  return { runId, objects, uploads };
}

/** The list is data: whatever it says, only objects of its own restore point go, of a committed one no envelope, and no manifest. */
async function clearPoint(point: LeftoverPoint, context: ClearContext): Promise<number> {
  const { ref, keys, manifest } = point;
  const own = manifest === null ? leftoversOfUncommitted(ref, keys) : leftoversOfCommitted(ref, keys, new Set());
  const limit = pLimit(AT_ONCE);
  let done = 0;
  for (const batch of batchesOf(ref, own)) {
    if (!(await isAsListed(point, context))) break;
    await Promise.all(batch.map((key) => limit(() => context.vault.delete(key))));
    done += batch.length;
  }
  return done;
}

/** One after the other: the envelope is in the last, and goes when all else is gone. */
function batchesOf(ref: RestorePointRef, keys: readonly string[]): string[][] {
  const [last, first] = [keys.filter((key) => isLast(ref, key)), keys.filter((key) => !isLast(ref, key))];
  const count = Math.ceil(first.length / BATCH);
  return [
    ...Array.from({ length: count }, (_, n) => first.slice(n * BATCH, (n + 1) * BATCH)),
    ...[last].filter((one) => one.length > 0),
  ];
}

const isLast = (ref: RestorePointRef, key: string): boolean => key.startsWith(vaultKeys.envelopePrefix(ref));

/** S3 answers for an object as it is at that moment, since every write before it: a manifest that was committed is seen. */
async function isAsListed({ ref, manifest }: LeftoverPoint, { vault }: ClearContext): Promise<boolean> {
  const found = await vault.head(vaultKeys.manifestKey(ref));
  if (manifest === null || found === undefined) return manifest === null && found === undefined;
  return found.bytes === manifest.bytes && found.checksum === manifest.checksum;
}
