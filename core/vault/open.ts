/**
 * Opens a restore point: its manifest, and the generation of its envelope under whose key the manifest was written.
 * @module
 */
import type { IntegrityError } from "../errors.ts";
import { type OpenEnvelope, openGenerations } from "./envelope/open.ts";
import type { Unwrapper } from "./envelope/recipient.ts";
import { type RestorePointRef, vaultKeys } from "./keys.ts";
import { readStoredManifest } from "./manifest/read.ts";
import type { Manifest } from "./manifest/schema.ts";
import { ObjectIntegrityError } from "./object/errors.ts";
import type { WrittenObject } from "./object/write.ts";
import type { Store } from "./store/port.ts";

export interface OpenPoint {
  readonly envelope: OpenEnvelope;
  readonly manifest: Manifest;
  /** The object the manifest lies in, as catalogs and summaries name it. */
  readonly written: WrittenObject;
}

export interface OpenManifestOptions {
  /** Digest of the manifest that was committed, where somebody knows it: the catalog does. */
  readonly committedSha256?: string | undefined;
}

/**
 * A generation that somebody added with a key of his own opens, but not the manifest: it is passed over, and reported, when a
 * lower one does.
 * @throws IntegrityError as `openEnvelope` and `readManifest`, `manifest-replaced`; PreconditionError; StoreThrottledError
 */
export async function openManifest(
  store: Store,
  ref: RestorePointRef,
  unwrappers: readonly Unwrapper[],
  { committedSha256 }: OpenManifestOptions = {},
): Promise<OpenPoint> {
  const foreign: IntegrityError[] = [];
  let failure: unknown;
  for await (const envelope of openGenerations(store, ref, unwrappers)) {
    try {
      const opened = await readStoredManifest(store, envelope, ref);
      if (committedSha256 !== undefined) assertCommitted(ref, opened.written, committedSha256);
      return { envelope: { ...envelope, damaged: [...envelope.damaged, ...foreign] }, ...opened };
    } catch (error) {
      if (!isOfAnotherKey(error, ref)) throw error;
      failure ??= error;
      foreign.push(foreignKey(ref, envelope.generation));
    }
  }
  throw failure;
}

/** Whoever can write envelopes and manifests can make a restore point that opens, but not the one that was committed. */
function assertCommitted(ref: RestorePointRef, { sha256 }: WrittenObject, committedSha256: string): void {
  if (sha256 === committedSha256) return;
  const reason = `sha256 is ${sha256}, the catalog says that ${committedSha256} was committed`;
  const hint = "A manifest is written once: look for its older version, and find out who replaced it.";
  throw new ObjectIntegrityError("manifest-replaced", vaultKeys.manifestKey(ref), undefined, reason, undefined, hint);
}

/** The manifest's header does not authenticate: changed, or another key's. */
function isOfAnotherKey(error: unknown, ref: RestorePointRef): boolean {
  return (
    error instanceof ObjectIntegrityError &&
    error.code === "object-not-authentic" &&
    error.object === vaultKeys.manifestKey(ref) &&
    error.offset === 0
  );
}

/** What verification says of a generation that holds another key than the one the manifest was written under. */
export function foreignKey(ref: RestorePointRef, generation: number): IntegrityError {
  return new ObjectIntegrityError(
    "envelope-key-mismatch",
    vaultKeys.envelopeKey(ref, generation),
    undefined,
    "this generation holds another key than the one the manifest was written under",
    undefined,
    "Somebody added it: find out who may write envelopes, then delete this generation.",
  );
}
