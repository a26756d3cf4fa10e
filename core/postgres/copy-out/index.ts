/** One chunk out of PostgreSQL, as one stream of COPY text. @module */
import { LARGE_OBJECTS_OID, type PlannedChunk, type RowsPart } from "../plan/types.ts";
import type { Session } from "../session.ts";
import { assertSame } from "../snapshot/index.ts";
import { copyRange } from "./copy-range.ts";
import { type Cursor, isRows, type Part, type Split, splitAt } from "./cursor.ts";
import { holdTables } from "./hold-tables.ts";
import { type Slice, SliceJoiner } from "./slices.ts";
import { statementsOf } from "./statements.ts";

export type { Slice } from "./slices.ts";

export interface CopyChunkOptions {
  /** On an imported snapshot; used by nothing else meanwhile, and ended when the stream is left early. */
  readonly session: Session;
  readonly chunk: PlannedChunk;
  /** Asked between two ranges; false ends the chunk there, with the others as `rest`. One range is always copied. */
  readonly mayContinue?: () => boolean;
  /** How long to try for the locks; `lockWaitSeconds` of the source. Default 60 s. */
  readonly lockWaitMillis?: number;
  /** A second scan of each range. */
  readonly rowHash?: boolean;
  readonly signal?: AbortSignal;
}

/** `covered` is the chunk narrowed to what was copied; `rest`, if any, is for another chunk. */
export interface CopyOutResult extends Split {
  readonly slices: readonly Slice[];
}

export interface CopyOut {
  /** Blocks of about 256 KiB and more. To be read once and to the end; leaving it early ends the session. */
  readonly stream: AsyncIterable<Buffer>;
  /** Settles when the stream has ended, and fails as the stream does. */
  readonly result: Promise<CopyOutResult>;
}

/**
 * Locks the chunk's tables, checks them, copies range after range. Nothing happens before the stream is read.
 * @throws (stream and result) SourceBusyError `lock-not-granted`; SnapshotLostError `table-rewritten`, `table-gone`;
 * IntegrityError `row-count-mismatch`, `source-data-corrupted`; SourceUnavailableError; the signal's reason.
 */
export function copyChunk(options: CopyChunkOptions): CopyOut {
  const { promise: result, resolve, reject } = Promise.withResolvers<CopyOutResult>();
  // Whoever reads the stream sees the error there; the result may never be awaited then.
  result.catch(() => {});
  return { stream: copyParts(options, resolve, reject), result };
}

async function* copyParts(
  options: CopyChunkOptions,
  resolve: (result: CopyOutResult) => void,
  reject: (error: unknown) => void,
): AsyncGenerator<Buffer, void, undefined> {
  const { session, chunk, lockWaitMillis = 60_000, signal } = options;
  const joiner = new SliceJoiner();
  const tables = tablesOf(chunk);
  let isDone = false;
  try {
    await holdTables(session, tables, signal === undefined ? { lockWaitMillis } : { lockWaitMillis, signal });
    const cursor = yield* copyUntilTold(options, joiner);
    // Every COPY looked its table up by name again: still the same tables, or what was read is not what was planned.
    await assertSame(session, tables);
    const last = joiner.flush();
    if (last !== undefined) yield last;
    isDone = true;
    resolve({ slices: joiner.slices, ...splitAt(chunk, cursor) });
  } catch (error) {
    isDone = true;
    reject(error);
    throw error;
  } finally {
    if (!isDone) reject(new Error("the stream was left before its end"));
  }
}

/** @returns the first range that was not copied. */
async function* copyUntilTold(
  { session, chunk, mayContinue = () => true, rowHash = false, signal }: CopyChunkOptions,
  joiner: SliceJoiner,
): AsyncGenerator<Buffer, Cursor, undefined> {
  const parts: readonly Part[] = chunk.parts;
  for (const [index, part] of parts.entries()) {
    if (index > 0 && !mayContinue()) return { part: index, range: 0 };
    joiner.begin(isRows(part) ? part.tableOid : LARGE_OBJECTS_OID);
    for (const [range, statements] of statementsOf(part, session.encoding, rowHash).entries()) {
      if (range > 0 && !mayContinue()) {
        joiner.finish();
        return { part: index, range };
      }
      const { rows, rowHash: hash } = yield* joiner.through(copyRange(session, statements, signal));
      joiner.addRange(rows, hash);
    }
    joiner.finish();
  }
  return { part: parts.length, range: 0 };
}

function tablesOf(chunk: PlannedChunk) {
  const parts: readonly RowsPart[] = chunk.kind === "large-objects" ? [] : chunk.parts;
  return parts.map(({ tableOid: oid, relfilenode, schema, name }) => ({ oid, relfilenode, schema, name }));
}
