/** One chunk out of PostgreSQL, as one stream of COPY text. @module */
import { LARGE_OBJECTS_OID, type LargeObjectsPart, type PlannedChunk, type RowsPart } from "../plan/types.ts";
import type { Session } from "../session.ts";
import { assertSame } from "../snapshot/index.ts";
import { qualifiedName } from "../sql.ts";
import { copyRange, type RangeStatements } from "./copy-range.ts";
import { holdTables } from "./hold-tables.ts";
import { type Slice, SliceJoiner } from "./slices.ts";
import { copyLargeObjects, copyRows, hashRows } from "./statements.ts";

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

export interface CopyOutResult {
  readonly slices: readonly Slice[];
  /** What was copied: the chunk narrowed to it. */
  readonly covered: PlannedChunk["parts"];
  /** What was not, for another chunk; absent when all was. */
  readonly rest?: PlannedChunk["parts"];
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
  const { session, chunk, mayContinue = () => true, lockWaitMillis = 60_000, signal } = options;
  const joiner = new SliceJoiner();
  const parts: readonly Part[] = chunk.parts;
  let cursor: Cursor = { part: 0, range: 0 };
  let isDone = false;
  try {
    await holdTables(session, tablesOf(chunk), signal === undefined ? { lockWaitMillis } : { lockWaitMillis, signal });
    copying: for (const [index, part] of parts.entries()) {
      joiner.begin("tableOid" in part ? part.tableOid : LARGE_OBJECTS_OID);
      for (const [range, statements] of statementsOf(part, session.encoding, options.rowHash === true).entries()) {
        cursor = { part: index, range };
        if ((index > 0 || range > 0) && !mayContinue()) break copying;
        const copy = copyRange(session, statements, signal);
        let step = await copy.next();
        try {
          for (; step.done !== true; step = await copy.next()) {
            const ready = joiner.add(step.value);
            if (ready !== undefined) yield ready;
          }
        } finally {
          if (step.done !== true) await copy.return({ rows: 0 });
        }
        joiner.addRange(step.value.rows, step.value.rowHash);
        cursor = { part: index, range: range + 1 };
      }
      joiner.finish();
      cursor = { part: index + 1, range: 0 };
    }
    if (cursor.range > 0) joiner.finish();
    // Names were looked up again by every COPY: still the same tables, or what was read is not what was planned.
    await assertSame(session, knownOf(tablesOf(chunk)));
    const last = joiner.flush();
    if (last !== undefined) yield last;
    isDone = true;
    resolve({ slices: joiner.slices, ...split(parts, cursor) } as CopyOutResult);
  } catch (error) {
    isDone = true;
    reject(error);
    throw error;
  } finally {
    if (!isDone) reject(new Error("the stream was left before its end"));
  }
}

type Part = RowsPart | LargeObjectsPart;
/** Ranges before it are copied. */
interface Cursor {
  readonly part: number;
  readonly range: number;
}

function tablesOf(chunk: PlannedChunk): readonly RowsPart[] {
  return chunk.kind === "large-objects" ? [] : chunk.parts;
}

function knownOf(parts: readonly RowsPart[]) {
  return parts.map(({ tableOid: oid, relfilenode, schema, name }) => ({ oid, relfilenode, schema, name }));
}

function statementsOf(part: Part, encoding: string, withHash: boolean): RangeStatements[] {
  if (!("tableOid" in part)) {
    return part.ranges.map((range) => ({
      label: `large objects from ${range.fromOid}`,
      copy: copyLargeObjects(range, encoding),
    }));
  }
  return part.ranges.map((range) => {
    const label = `${qualifiedName(part)} from block ${range.fromBlock}`;
    const copy = copyRows(part, range, encoding);
    return withHash ? { label, copy, hash: hashRows(part, range) } : { label, copy };
  });
}

function split(parts: readonly Part[], cursor: Cursor): { covered: Part[]; rest?: Part[] } {
  const covered = parts.slice(0, cursor.part);
  const rest = parts.slice(cursor.part);
  const current = parts[cursor.part];
  if (current !== undefined && cursor.range > 0) {
    covered.push(withRanges(current, 0, cursor.range));
    rest[0] = withRanges(current, cursor.range, current.ranges.length);
  }
  return rest.length === 0 ? { covered } : { covered, rest };
}

function withRanges(part: Part, start: number, end: number): Part {
  return "tableOid" in part
    ? { ...part, ranges: part.ranges.slice(start, end) }
    : { ...part, ranges: part.ranges.slice(start, end) };
}
