/**
 * The commit: everything a restore point consists of is in the vault, then its manifest, and only then does it exist.
 * @module
 */
import { PreconditionError } from "../errors.ts";
import { type RestorePointRef, vaultKeys } from "./keys.ts";
import { assertConsistent } from "./manifest/parse.ts";
import { splitManifest } from "./manifest/parts.ts";
import { readStoredManifest } from "./manifest/read.ts";
import { type Manifest, manifestSchema, type StoredManifest } from "./manifest/schema.ts";
import type { MessageKey } from "./object/message.ts";
import { createSmallObject, writeSmallObject } from "./object/small.ts";
import type { WrittenObject } from "./object/write.ts";
import type { Store } from "./store/port.ts";
import { summaryOf } from "./summary.ts";

export interface Commit {
  /** The manifest's object, for the catalog. */
  readonly manifest: WrittenObject;
  /** False when the same manifest had been committed before. */
  readonly isNew: boolean;
}

/**
 * Writes the manifest, last and only once, then the summary. Committing the same again changes nothing.
 * @throws PreconditionError `restore-point-committed` when another manifest is there; IntegrityError
 *   `manifest-inconsistent` before anything is written
 */
export async function commitManifest(
  store: Store,
  envelope: MessageKey,
  ref: RestorePointRef,
  manifest: Manifest,
  options: { readonly chunksPerPart?: number } = {},
): Promise<Commit> {
  const parsed = manifestSchema.parse(manifest);
  assertConsistent(parsed, ref);
  const { head, parts } = splitManifest(parsed, options.chunksPerPart);
  const small = { store, envelope, ref };
  const chunkParts: WrittenObject[] = [];
  for (const part of parts) {
    const keyOf = (attempt: number) => vaultKeys.manifestPartKey(ref, part.part, attempt);
    chunkParts.push(await writeSmallObject(small, keyOf, toJson(part)));
  }
  const stored: StoredManifest = chunkParts.length === 0 ? head : { ...head, chunkParts };
  const created = await createSmallObject(small, vaultKeys.manifestKey(ref), toJson(stored));
  const written = created ?? (await committedBefore(store, envelope, ref, parsed));
  await store.putIfAbsent(vaultKeys.summaryKey(ref), toJson(summaryOf(parsed, written), 2));
  return { manifest: written, isNew: created !== undefined };
}

async function committedBefore(
  store: Store,
  envelope: MessageKey,
  ref: RestorePointRef,
  manifest: Manifest,
): Promise<WrittenObject> {
  const found = await readStoredManifest(store, envelope, ref);
  // Both went through the schema, so their members stand in the same order.
  if (toJson(found.manifest).equals(toJson(manifest))) return found.written;
  throw new PreconditionError(
    "restore-point-committed",
    `${ref.restorePointId} is committed with other content already`,
    {
      hint: "Another run wrote this restore point; it is whole as it is.",
    },
  );
}

const toJson = (value: unknown, indent?: number): Buffer => Buffer.from(JSON.stringify(value, null, indent));
