/**
 * Reads a restore point back at one of three levels, by the vault and the keys alone.
 *
 * | level | what is proven |
 * |---|---|
 * | presence | envelope and manifest are whole; every object is there with its length and the store's checksum |
 * | quick | besides: schema objects are whole; header and first frame of every chunk decrypt |
 * | full | every byte decrypts, decompresses, has its digest; rows are counted |
 * @module
 */
import pLimit from "p-limit";
import { listGenerations, readGeneration } from "../envelope/open.ts";
import type { Unwrapper } from "../envelope/recipient.ts";
import { keyCheckOf } from "../envelope/schema.ts";
import { type RestorePointRef, vaultKeys } from "../keys.ts";
import { type ChunkObject, chunkObjects } from "../manifest/chunk-objects.ts";
import type { Manifest } from "../manifest/schema.ts";
import { readSmallObject } from "../object/small.ts";
import { foreignKey, type OpenManifestOptions, openManifest } from "../open.ts";
import type { Store } from "../store/port.ts";
import { type CheckContext, checkChunk, checkFirstFrame, checkPresence } from "./checks.ts";
import { Findings, type VerifyIssue, type VerifyProgress, type VerifyReport } from "./report.ts";

export type VerifyLevel = "presence" | "quick" | "full";

export interface VerifyOptions extends OpenManifestOptions {
  /** Only these chunks, so that several workers can share a restore point. @default all */
  readonly chunks?: (n: number) => boolean;
  /** Called after each object. */
  readonly onProgress?: (progress: VerifyProgress) => void;
  /** Called at once: what is thrown later takes nothing of it back. */
  readonly onIssue?: (issue: VerifyIssue) => void;
  readonly signal?: AbortSignal;
}

/** Answers weigh little at the first levels; at the last one object keeps a processor busy. */
const CONCURRENCY: Readonly<Record<VerifyLevel, number>> = { presence: 16, quick: 8, full: 2 };

export const verifyPresence = (
  store: Store,
  unwrappers: readonly Unwrapper[],
  ref: RestorePointRef,
  options?: VerifyOptions,
): Promise<VerifyReport> => verifyRestorePoint("presence", store, unwrappers, ref, options);

export const verifyQuick = (
  store: Store,
  unwrappers: readonly Unwrapper[],
  ref: RestorePointRef,
  options?: VerifyOptions,
): Promise<VerifyReport> => verifyRestorePoint("quick", store, unwrappers, ref, options);

export const verifyFull = (
  store: Store,
  unwrappers: readonly Unwrapper[],
  ref: RestorePointRef,
  options?: VerifyOptions,
): Promise<VerifyReport> => verifyRestorePoint("full", store, unwrappers, ref, options);

/**
 * @returns a report in which all damage found is an issue.
 * @throws StoreThrottledError, PreconditionError, ObjectFrozenError when something could not be looked at
 */
export async function verifyRestorePoint(
  level: VerifyLevel,
  store: Store,
  unwrappers: readonly Unwrapper[],
  ref: RestorePointRef,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  const findings = new Findings(options.onIssue);
  const keyChecks = await checkGenerations(findings, store, ref);
  const opened = await findings.check(vaultKeys.manifestKey(ref), () => openManifest(store, ref, unwrappers, options));
  if (opened === undefined) return findings.report();
  const { envelope, manifest } = opened;
  for (const error of envelope.damaged) findings.note(vaultKeys.manifestKey(ref), error);
  const keyCheck = keyCheckOf(envelope.dataKey, envelope.keyId);
  for (const [generation, check] of keyChecks) {
    if (check !== keyCheck) findings.note(vaultKeys.envelopeKey(ref, generation), foreignKey(ref, generation));
  }
  const { signal } = options;
  await checkObjects(level, findings, { store, envelope, ref, ...(signal && { signal }) }, manifest, options);
  return findings.report();
}

/**
 * An older or newer generation that is damaged is a way in that is lost, even if another one opens.
 * @returns the key check of each that is whole, which tells whether they hold one key, also those that are for others
 */
async function checkGenerations(
  findings: Findings,
  store: Store,
  ref: RestorePointRef,
): Promise<ReadonlyMap<number, string>> {
  const keyChecks = new Map<number, string>();
  for (const generation of await listGenerations(store, ref)) {
    const object = vaultKeys.envelopeKey(ref, generation);
    const file = await findings.check(object, () => readGeneration(store, ref, generation));
    if (file !== undefined) keyChecks.set(generation, file.keyCheck);
  }
  return keyChecks;
}

async function checkObjects(
  level: VerifyLevel,
  findings: Findings,
  context: CheckContext,
  manifest: Manifest,
  { chunks = () => true, onProgress = () => {} }: VerifyOptions,
): Promise<void> {
  const wanted = chunkObjects(manifest).filter(({ n }) => chunks(n));
  const ofObjects = manifest.schema.length + wanted.length;
  let objects = 0;
  const limit = pLimit(CONCURRENCY[level]);
  const run = (object: string, check: () => Promise<number>): Promise<void> =>
    limit(async () => {
      context.signal?.throwIfAborted();
      // Awaited first: `+=` would read the sum before others have added theirs.
      const plainBytes = (await findings.check(object, check)) ?? 0;
      findings.plainBytes += plainBytes;
      objects += 1;
      onProgress({ objects, ofObjects, plainBytes: findings.plainBytes });
    });
  const work = [
    ...manifest.schema.map((written) =>
      run(written.object, async () => {
        await checkPresence(context, written);
        if (level === "presence") return 0;
        return (await readSmallObject(context, written.object, written)).body.length;
      }),
    ),
    ...wanted.map((chunk) => run(chunk.written.object, () => checkOne(level, context, chunk))),
  ];
  try {
    await Promise.all(work);
  } finally {
    limit.clearQueue();
  }
}

async function checkOne(level: VerifyLevel, context: CheckContext, chunk: ChunkObject): Promise<number> {
  await checkPresence(context, chunk.written);
  if (level === "full") return checkChunk(context, chunk);
  if (level === "quick") await checkFirstFrame(context, chunk.written);
  return 0;
}
