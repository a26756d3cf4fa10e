/**
 * Chunks of the vault into the target.
 * @module
 */
import { IntegrityError, PreconditionError } from "../errors.ts";
import { type Loaded, loadChunk, type TurnOptions } from "../postgres/load/chunk.ts";
import { loadLargeObjects } from "../postgres/load/large-objects.ts";
import { useTimeZone } from "../postgres/load/row-settings.ts";
import type { Session } from "../postgres/session.ts";
import { type ChunkObject, chunkObjectOf, type Slice } from "../vault/manifest/chunk-objects.ts";
import type { ManifestTable } from "../vault/manifest/schema.ts";
import { ObjectIntegrityError } from "../vault/object/errors.ts";
import { readObject } from "../vault/object/read.ts";
import { checkChunk } from "../vault/verify/checks.ts";
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
  const chunk = chunkObjectOf(point.manifest, n);
  await useTimeZone(session, point.manifest.server.settings.TimeZone);
  try {
    return await loadSlices(session, point, chunk, options);
  } catch (error) {
    throw await blameBytes(error, point, chunk, options);
  }
}

function loadSlices(
  session: Session,
  point: OpenRestorePoint,
  { n, written, slices }: ChunkObject,
  { signal, ...turn }: LoadOptions,
): Promise<Loaded> {
  const open = (): AsyncIterable<Uint8Array> => readObject({ ...point, written, ...(signal && { signal }) });
  const input = { n, of: point.ref, encoding: point.manifest.server.encoding, open, ...turn };
  if (slices.some(({ table }) => table === null)) {
    return loadLargeObjects(session, { ...input, slices: slices.map(({ chunk }) => chunk) });
  }
  return loadChunk(session, { ...input, slices: slices.flatMap(rowSlice) });
}

/**
 * Rows are sent while they are read, so the server, or the count of its rows, may complain of bytes that only the end of the
 * object shows to be others than the manifest's. Then it is those that are to be named, with the object they lie in.
 */
async function blameBytes(
  error: unknown,
  point: OpenRestorePoint,
  chunk: ChunkObject,
  { signal }: LoadOptions,
): Promise<unknown> {
  const isOfRows = error instanceof PreconditionError || error instanceof IntegrityError;
  if (!isOfRows || error instanceof ObjectIntegrityError) return error;
  return checkChunk({ ...point, ...(signal && { signal }) }, chunk).then(
    () => error,
    (found: unknown) => (found instanceof IntegrityError ? found : error),
  );
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
