/** How far a chunk is copied, and the chunk on either side of that. @module */
import type { LargeObjectsPart, PlannedChunk, RowsPart } from "../plan/types.ts";

export type Part = RowsPart | LargeObjectsPart;

/** Everything before this range of this part is copied. */
export interface Cursor {
  readonly part: number;
  readonly range: number;
}

export interface Split {
  readonly covered: PlannedChunk["parts"];
  /** Absent when nothing is left. */
  readonly rest?: PlannedChunk["parts"];
}

export function isRows(part: Part): part is RowsPart {
  return "tableOid" in part;
}

/** The two sides keep the chunk's kind of parts. */
export function splitAt(chunk: PlannedChunk, cursor: Cursor): Split {
  return chunk.kind === "large-objects" ? split(chunk.parts, cursor) : split(chunk.parts, cursor);
}

function split<One extends Part>(parts: readonly One[], cursor: Cursor): { covered: One[]; rest?: One[] } {
  const covered = parts.slice(0, cursor.part);
  const rest = parts.slice(cursor.part);
  const current = parts[cursor.part];
  if (current !== undefined && cursor.range > 0) {
    covered.push({ ...current, ranges: current.ranges.slice(0, cursor.range) });
    rest[0] = { ...current, ranges: current.ranges.slice(cursor.range) };
  }
  return rest.length === 0 ? { covered } : { covered, rest };
}
