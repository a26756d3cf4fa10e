/**
 * A manifest lists chunks by table; a reader opens objects. An object holds one slice or, as a bundle, several.
 * @module
 */
import { IntegrityError } from "../../errors.ts";
import type { ExpectedObject } from "../object/read.ts";
import type { Manifest, ManifestChunk, ManifestTable } from "./schema.ts";

/** A table's part of an object's plaintext; `table` is null for large objects. */
export interface Slice {
  readonly table: ManifestTable | null;
  readonly chunk: ManifestChunk;
  /** Of a table that is not restored: it is read, held against its digest, and let go. */
  readonly isPassedBy?: true;
}

/** One stored object with all its slices, in the order in which they lie in it. */
export interface ChunkObject {
  readonly n: number;
  readonly written: ExpectedObject;
  readonly slices: readonly Slice[];
}

/**
 * Every chunk object of the manifest, by number.
 * @throws IntegrityError `manifest-inconsistent` when slices of one object disagree, overlap or leave a gap, or two chunks
 *   share one object
 */
export function chunkObjects(manifest: Manifest): ChunkObject[] {
  const byNumber = new Map<number, Slice[]>();
  const add = (slice: Slice): void => {
    const slices = byNumber.get(slice.chunk.n);
    if (slices === undefined) byNumber.set(slice.chunk.n, [slice]);
    else slices.push(slice);
  };
  for (const table of manifest.tables) for (const chunk of table.chunks) add({ table, chunk });
  for (const chunk of manifest.largeObjects.chunks) add({ table: null, chunk });
  for (const chunk of manifest.passedBy ?? []) add({ table: null, chunk, isPassedBy: true });
  const objects = [...byNumber].sort(([a], [b]) => a - b).map(([n, slices]) => chunkObject(n, slices));
  const owners = new Map<string, number>();
  for (const { n, written } of objects) {
    const owner = owners.get(written.object);
    if (owner !== undefined) throw inconsistent(n, `lies in ${written.object}, which is chunk ${owner}`);
    owners.set(written.object, n);
  }
  return objects;
}

/** The object of chunk `n`, which the manifest must have. @throws IntegrityError `chunk-unknown` */
export function chunkObjectOf(manifest: Manifest, n: number): ChunkObject {
  const found = chunkObjects(manifest).find((chunk) => chunk.n === n);
  if (found !== undefined) return found;
  throw new IntegrityError("chunk-unknown", `manifest of ${manifest.id} has no chunk ${n}`);
}

function chunkObject(n: number, unordered: readonly Slice[]): ChunkObject {
  const slices = [...unordered].sort(
    (a, b) => a.chunk.offset - b.chunk.offset || a.chunk.plainBytes - b.chunk.plainBytes,
  );
  const [first] = slices;
  if (first === undefined) throw inconsistent(n, "has no slice");
  const { object, keyId, bytes, sha256, store } = first.chunk;
  let plainBytes = 0;
  for (const { chunk } of slices) {
    if (chunk.object !== object || chunk.keyId !== keyId || chunk.bytes !== bytes || chunk.sha256 !== sha256) {
      throw inconsistent(n, "is described in two ways");
    }
    if (chunk.offset !== plainBytes) throw inconsistent(n, `has a slice at ${chunk.offset}, expected at ${plainBytes}`);
    plainBytes += chunk.plainBytes;
  }
  const sha256Plain = slices.length === 1 ? first.chunk.sha256Plain : undefined;
  return { n, written: { object, keyId, bytes, sha256, store, plainBytes, sha256Plain }, slices };
}

const inconsistent = (n: number, reason: string): IntegrityError =>
  new IntegrityError("manifest-inconsistent", `manifest: chunk ${n} ${reason}`);
