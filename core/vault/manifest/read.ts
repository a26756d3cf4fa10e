/**
 * Reads a restore point's manifest with its parts.
 * @module
 */
import { HoldfastError, IntegrityError } from "../../errors.ts";
import type { RestorePointRef } from "../keys.ts";
import { vaultKeys } from "../keys.ts";
import type { MessageKey } from "../object/message.ts";
import { readSmallObject } from "../object/small.ts";
import type { WrittenObject } from "../object/write.ts";
import type { Store } from "../store/port.ts";
import { chunkObjects } from "./chunk-objects.ts";
import { assertConsistent, parseJson } from "./parse.ts";
import { joinManifest } from "./parts.ts";
import { chunkPartSchema, type Manifest, storedManifestSchema } from "./schema.ts";

/**
 * @throws IntegrityError `manifest-missing` when the restore point was never committed or is expired,
 *   `manifest-invalid`, `manifest-inconsistent`, or naming the object that was changed
 */
export async function readManifest(store: Store, envelope: MessageKey, ref: RestorePointRef): Promise<Manifest> {
  return (await readStoredManifest(store, envelope, ref)).manifest;
}

/** The manifest, and the object it lies in as catalogs and summaries name it. */
export async function readStoredManifest(
  store: Store,
  envelope: MessageKey,
  ref: RestorePointRef,
): Promise<{ manifest: Manifest; written: WrittenObject; parts: readonly string[] }> {
  const options = { store, envelope, ref };
  const key = vaultKeys.manifestKey(ref);
  const { body, written } = await readSmallObject(options, key).catch((error: unknown) => {
    throw isMissing(error) ? manifestMissing(store, key, error) : error;
  });
  const { chunkParts = [], ...head } = parseJson(storedManifestSchema, body, key);
  const parts = [];
  for (const part of chunkParts) {
    parts.push(parseJson(chunkPartSchema, (await readSmallObject(options, part.object, part)).body, part.object));
  }
  const manifest = parts.length === 0 ? head : joinManifest(head, parts);
  assertConsistent(manifest, ref);
  return { manifest, written, parts: chunkParts.map(({ object }) => object) };
}

/** The keys of everything that the restore point needs besides its manifest and its envelope. @throws as `readManifest` */
export async function objectsNamedIn(store: Store, envelope: MessageKey, ref: RestorePointRef): Promise<Set<string>> {
  const { manifest, parts } = await readStoredManifest(store, envelope, ref);
  const chunks = chunkObjects(manifest).map(({ written }) => written.object);
  return new Set([...chunks, ...parts, ...manifest.schema.map(({ object }) => object)]);
}

const isMissing = (error: unknown): boolean => error instanceof HoldfastError && error.code === "object-missing";

function manifestMissing(store: Store, key: string, cause: unknown): IntegrityError {
  return new IntegrityError("manifest-missing", `${store.location} has no manifest ${key}`, {
    hint: "The restore point was never committed, or it was expired or deleted: choose another.",
    cause,
  });
}
