/**
 * Chunks of the vault into the target.
 * @module
 */
import { type Loaded, loadChunk, type TurnOptions } from "../postgres/load/chunk.ts";
import { loadLargeObjects } from "../postgres/load/large-objects.ts";
import type { Session } from "../postgres/session.ts";
import { chunkObjectOf, type Slice } from "../vault/manifest/chunk-objects.ts";
import type { ManifestTable } from "../vault/manifest/schema.ts";
import { readObject } from "../vault/object/read.ts";
import type { OpenRestorePoint } from "./restore-point.ts";

export interface LoadOptions extends TurnOptions {
  readonly signal?: AbortSignal;
}

/**
 * Loads chunk `n` once, however often it is called.
 * @throws IntegrityError when stored bytes, digests or row counts are not the manifest's; nothing of the chunk stays.
 */
export async function loadPointChunk(
  session: Session,
  point: OpenRestorePoint,
  n: number,
  options: LoadOptions = {},
): Promise<Loaded> {
  const { written, slices } = chunkObjectOf(point.manifest, n);
  const { signal, ...turn } = options;
  const open = (): AsyncIterable<Uint8Array> => readObject({ ...point, written, ...(signal && { signal }) });
  const input = { n, encoding: point.manifest.server.encoding, open, ...turn };
  if (slices.some(({ table }) => table === null)) {
    return loadLargeObjects(session, { ...input, slices: slices.map(({ chunk }) => chunk) });
  }
  return loadChunk(session, { ...input, slices: slices.flatMap(rowSlice) });
}

function rowSlice({ table, chunk }: Slice) {
  if (table === null) return [];
  const { schema, name } = table;
  const { offset, plainBytes, sha256Plain, rows } = chunk;
  return [{ schema, name, columns: copiedColumns(table), offset, plainBytes, sha256Plain, rows }];
}

/** In attnum order, generated ones left out: as they stand in the text, and as the row hash is made of them. */
export function copiedColumns({ columns }: Pick<ManifestTable, "columns">): string[] {
  return columns.filter(({ generated }) => generated === "").map(({ name }) => name);
}
