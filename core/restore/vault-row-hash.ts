/**
 * Row hashes of tables, computed from what the vault holds of them.
 * @module
 */
import { quotingBytes, TextRowHash } from "../postgres/row-text/index.ts";
import { chunkObjects } from "../vault/manifest/chunk-objects.ts";
import type { ManifestTable } from "../vault/manifest/schema.ts";
import { readObject } from "../vault/object/read.ts";
import { copiedColumns } from "./data.ts";
import type { OpenRestorePoint } from "./restore-point.ts";

/**
 * Hash by oid, of those of `tables` that the manifest has none for. Reads each object that holds one of them once, to its end.
 * @param spaces bytes that the database to be compared takes for white space, by its locale: `spacesOf`
 * @throws IntegrityError when stored bytes were changed
 */
export async function vaultRowHashes(
  point: OpenRestorePoint,
  tables: readonly ManifestTable[],
  spaces: readonly number[],
): Promise<ReadonlyMap<number, string>> {
  const hashes = new Map<number, TextRowHash>();
  const quoting = quotingBytes(spaces);
  for (const table of tables) {
    if (table.rowHash === undefined) hashes.set(table.oid, new TextRowHash(copiedColumns(table).length, quoting));
  }
  for (const { written, slices } of chunkObjects(point.manifest)) {
    const wanted = slices.flatMap(({ table, chunk }) => {
      const hash = table === null ? undefined : hashes.get(table.oid);
      return hash === undefined ? [] : [{ hash, from: chunk.offset, to: chunk.offset + chunk.plainBytes }];
    });
    if (wanted.length === 0) continue;
    let offset = 0;
    for await (const piece of readObject({ ...point, written })) {
      const end = offset + piece.byteLength;
      for (const { hash, from, to } of wanted) {
        if (from < end && to > offset) hash.add(piece.subarray(Math.max(0, from - offset), to - offset));
      }
      offset = end;
    }
  }
  return new Map([...hashes].map(([oid, hash]) => [oid, hash.value]));
}
