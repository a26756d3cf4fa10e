/**
 * Makes a restore point exist: every chunk and the schema are proven stored, coverage is proven, the manifest is written last.
 * @module
 */
import pLimit from "p-limit";
import { type Catalog, type Chunk, chunkItemMissing, type Run } from "../../catalog/index.ts";
import { IntegrityError } from "../../errors.ts";
import { commitManifest } from "../../vault/commit.ts";
import { type OpenEnvelope, openEnvelope } from "../../vault/envelope/open.ts";
import type { Unwrapper } from "../../vault/envelope/recipient.ts";
import type { WrittenObject } from "../../vault/object/write.ts";
import type { Store } from "../../vault/store/port.ts";
import type { Pause } from "../deadline.ts";
import type { ChunkWinner } from "../dump/dump-chunk.ts";
import { readPlan } from "../dump/plan-document.ts";
import { missingChunks } from "../judge.ts";
import { phase } from "../phases.ts";
import { refOf } from "../settings.ts";
import { whileBeating } from "../while-beating.ts";
import { assertCoverage, assertSlices } from "./coverage.ts";
import { buildManifest, type WonChunk } from "./manifest.ts";
import { restorePointOf } from "./restore-point.ts";

export interface CommitContext {
  readonly catalog: Catalog;
  readonly vault: Store;
  readonly work: Store;
  readonly unwrappers: readonly Unwrapper[];
  readonly version: string;
  readonly pause: Pause;
}

/** HEAD requests side by side; they weigh nothing. */
const AT_ONCE = 16;

/**
 * Idempotent: a second call finds the manifest it would write. One that comes too late, when the run has ended or its lease is
 * another's, writes none.
 * @throws CancelledError, LeaseHeldError as `advance`; IntegrityError `chunk-item-missing`, `chunk-without-winner`,
 *   `object-missing`, `stored-length-mismatch`, `store-checksum-mismatch`, `coverage-gap`; what commitManifest and the stores throw.
 */
export async function commitBackup(
  runId: string,
  context: CommitContext,
): Promise<{ runId: string; restorePointId: string }> {
  const { catalog, vault, unwrappers, version } = context;
  const run = await catalog.runs.beat(runId);
  const { epoch } = run;
  const ref = refOf(run);
  const envelope = await openEnvelope(vault, ref, unwrappers);
  const { plan, won } = await whileBeating(runId, context, () => prove(run, envelope, context));
  // As near to the write as can be: nothing else keeps a late call from it.
  const from = [phase.committing, phase.verifying];
  const { heartbeatAt: committedAt } = await catalog.runs.advance(runId, { epoch, from });
  const { stored: manifest, manifest: written } = await commitManifest(
    vault,
    envelope,
    ref,
    buildManifest(run, plan, won, { version, committedAt }),
  );
  // Before anything that fails for a run that was stopped meanwhile: what is whole in the vault is not to be lost.
  await catalog.restorePoints.put(restorePointOf({ manifest, written }));
  await catalog.runs.advance(runId, { epoch, from, to: phase.verifying });
  return { runId, restorePointId: ref.restorePointId };
}

/** What was planned was copied, and what was copied is stored. */
async function prove(run: Run, envelope: OpenEnvelope, { catalog, vault, work }: CommitContext) {
  const plan = await readPlan(work, envelope, run);
  const chunks = (await catalog.chunks.list(run.runId)).filter(({ epoch }) => epoch === run.epoch);
  const missing = missingChunks(run, chunks);
  if (missing.length > 0) throw chunkItemMissing(run.runId, missing);
  const won = chunks.map(wonChunk);
  for (const { n, winner } of won) assertSlices(n, winner);
  assertCoverage(
    plan,
    won.map(({ winner }) => winner.covered),
  );
  const limit = pLimit(AT_ONCE);
  const objects = [
    ...won.map(({ n, winner }) => ({ what: `of chunk ${n}`, written: winner.written })),
    ...plan.schema.map((written) => ({ what: `${written.name} of the schema`, written })),
  ];
  await Promise.all(objects.map(({ what, written }) => limit(() => assertStored(vault, what, written))));
  return { plan, won };
}

function wonChunk({ n, winner }: Chunk): WonChunk {
  if (winner !== undefined) return { n, winner: winner as unknown as ChunkWinner };
  throw new IntegrityError("chunk-without-winner", `chunk ${n} was never stored`);
}

/** The store still has what was written, by length and by the store's own checksum. */
async function assertStored(
  vault: Store,
  what: string,
  { object, bytes, store }: Pick<WrittenObject, "object" | "bytes" | "store">,
): Promise<void> {
  const found = await vault.head(object);
  const hint = "The restore point was not committed; run the backup again, and find out who changes the vault.";
  if (found === undefined) {
    throw new IntegrityError("object-missing", `${vault.location} has no ${object}, the object ${what}`, { hint });
  }
  if (found.bytes !== bytes) {
    const message = `${object} has ${found.bytes} bytes, ${bytes} were written`;
    throw new IntegrityError("stored-length-mismatch", message, { hint });
  }
  if (store !== undefined && found.checksum !== store) {
    const message = `${object} has checksum ${found.checksum ?? "none"}, ${store} was written`;
    throw new IntegrityError("store-checksum-mismatch", message, { hint });
  }
}
