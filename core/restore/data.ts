/**
 * Chunks of the vault into the target.
 * @module
 */
import { IntegrityError, PreconditionError } from "../errors.ts";
import { type Loaded, loadChunk, type PassedSlice, type RowSlice, type TurnOptions } from "../postgres/load/chunk.ts";
import { suspendTriggers } from "../postgres/load/into-tables.ts";
import { loadLargeObjects } from "../postgres/load/large-objects.ts";
import { remedyFor } from "../postgres/load/remedies.ts";
import { useTimeZone } from "../postgres/load/row-settings.ts";
import type { Session } from "../postgres/session.ts";
import { type ChunkObject, chunkObjectOf, type Slice } from "../vault/manifest/chunk-objects.ts";
import type { ManifestTable } from "../vault/manifest/schema.ts";
import { ObjectIntegrityError } from "../vault/object/errors.ts";
import { readObject } from "../vault/object/read.ts";
import { checkChunk } from "../vault/verify/checks.ts";
import { isInUse, type OpenRestorePoint, readSearchPath } from "./restore-point.ts";

export interface LoadOptions extends TurnOptions {
  readonly signal?: AbortSignal;
  /** Told what was done otherwise, in a sentence that is the same for each chunk of a table. */
  readonly onTold?: (sentence: string) => void;
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
  if (point.parts?.mode === "rows") await suspendTriggers(session);
  const { onTold, ...loading } = options;
  const tables = chunk.slices.flatMap(({ table }) => table ?? []);
  const tried = new Set<string>();
  let searchPath: string | undefined;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await loadSlices(session, point, chunk, { ...loading, searchPath });
    } catch (error) {
      const refused = { tables, tried, isOurs: !isInUse(point), deadline: options.deadline };
      const remedy = attempt > MOST_REMEDIES ? undefined : await remedyFor(session, error, refused);
      if (remedy === undefined) throw await blameBytes(error, point, chunk, options);
      tried.add(remedy);
      if (remedy === "through-root") onTold?.(describeRefused(error, "they go through the root of the partitions"));
      if (remedy === "with-nulls") onTold?.(describeRefused(error, "the column admits NULL, as the source's did"));
      if (remedy !== "under-source-path") continue;
      searchPath = await readSearchPath(point);
      onTold?.(describeRefused(error, underPath(searchPath)));
    }
  }
}

/** Each takes one constraint off at least; a table has room for no more than some hundreds that rows could violate. */
const MOST_REMEDIES = 200;

/** In the words of the error but for the chunk's number, so that a table with many is told of once. */
function describeRefused(error: unknown, instead: string): string {
  const refused = error instanceof Error ? error.message.replace(/^chunk \d+ /, "") : "";
  return `rows ${refused}; ${instead}`;
}

function underPath(searchPath: string): string {
  return `they are loaded under the source's search path (${searchPath}); give the function that they call a search_path of its own`;
}

function loadSlices(
  session: Session,
  point: OpenRestorePoint,
  { n, written, slices }: ChunkObject,
  { signal, ...turn }: LoadOptions & { readonly searchPath?: string | undefined },
): Promise<Loaded> {
  const open = (): AsyncIterable<Uint8Array> => readObject({ ...point, written, ...(signal && { signal }) });
  const input = { n, of: point.ref, encoding: point.manifest.server.encoding, open, ...turn };
  if (slices.some(({ table, isPassedBy }) => table === null && isPassedBy === undefined)) {
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

function rowSlice({ table, chunk, isPassedBy }: Slice): (RowSlice | PassedSlice)[] {
  const { offset, plainBytes, sha256Plain, rows } = chunk;
  if (isPassedBy) return [{ offset, plainBytes, sha256Plain, isPassedBy }];
  if (table === null) return [];
  const { schema, name } = table;
  return [{ schema, name, columns: copiedColumns(table), offset, plainBytes, sha256Plain, rows }];
}

/** In attnum order, generated ones left out: as they stand in the text, and as the row hash is made of them. */
export function copiedColumns({ columns }: Pick<ManifestTable, "columns">): string[] {
  return columns.filter(({ generated }) => generated === "").map(({ name }) => name);
}
