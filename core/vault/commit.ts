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
  /** The manifest's object. */
  readonly manifest: WrittenObject;
  /** What it says: when it had been committed before, with the moment of that. */
  readonly stored: Manifest;
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
  const { manifest: committed, written } =
    created === undefined
      ? await committedBefore(store, envelope, ref, parsed)
      : { manifest: parsed, written: created };
  await store.putIfAbsent(vaultKeys.summaryKey(ref), toJson(summaryOf(committed, written), 2));
  return { manifest: written, stored: committed, isNew: created !== undefined };
}

async function committedBefore(
  store: Store,
  envelope: MessageKey,
  ref: RestorePointRef,
  manifest: Manifest,
): Promise<{ readonly manifest: Manifest; readonly written: WrittenObject }> {
  const found = await readStoredManifest(store, envelope, ref);
  // Both went through the schema, so their members stand in the same order.
  if (toJson(timeless(found.manifest)).equals(toJson(timeless(manifest)))) return found;
  throw new PreconditionError(
    "restore-point-committed",
    `${ref.restorePointId} is committed with other content already`,
    {
      hint: "Another run wrote this restore point; it is whole as it is.",
    },
  );
}

/** Whoever commits again does so later, and is given the first commit. */
function timeless(manifest: Manifest): Manifest {
  return manifest.run === undefined ? manifest : { ...manifest, run: { ...manifest.run, committedAt: "" } };
}

const toJson = (value: unknown, indent?: number): Buffer => Buffer.from(JSON.stringify(value, null, indent));
