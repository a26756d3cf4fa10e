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

/**
 * A generation that somebody added with a key of his own opens, but not the manifest: it is passed over, and reported, when a
 * lower one does.
 * @throws IntegrityError as `openEnvelope` and `readManifest`; PreconditionError; StoreThrottledError
 */
export async function openManifest(
  store: Store,
  ref: RestorePointRef,
  unwrappers: readonly Unwrapper[],
): Promise<OpenPoint> {
  const foreign: IntegrityError[] = [];
  let failure: unknown;
  for await (const envelope of openGenerations(store, ref, unwrappers)) {
    try {
      const opened = await readStoredManifest(store, envelope, ref);
      return { envelope: { ...envelope, damaged: [...envelope.damaged, ...foreign] }, ...opened };
    } catch (error) {
      if (!isOfAnotherKey(error, ref)) throw error;
      failure ??= error;
      foreign.push(foreignKey(ref, envelope.generation));
    }
  }
  throw failure;
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
