/** The COPY statement of one range, and the query of its row hash. @module */

import { measuredLargeObjects } from "../plan/large-objects.ts";
import { type BlockRange, LARGE_OBJECT_PIECE_BYTES, type LargeObjectRange, type RowsPart } from "../plan/types.ts";
import { rowHashQuery } from "../row-hash.ts";
import { qualifiedName, quoteLiteral, quoteName } from "../sql.ts";
import type { RangeStatements } from "./copy-range.ts";
import { isRows, type Part } from "./cursor.ts";

/** One entry for each range of the part, in order. */
export function statementsOf(part: Part, encoding: string, withHash: boolean): RangeStatements[] {
  if (!isRows(part)) {
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

/** Text in the server's own encoding, so that nothing is converted; the session's client_encoding serves catalogs only. */
function toStdout(encoding: string): string {
  return `TO STDOUT (FORMAT text, ENCODING ${quoteLiteral(encoding)})`;
}

/** A whole table as a table, which is a little faster; a range, or a filtered table, as a query over it alone. */
function copyRows(part: RowsPart, range: BlockRange, encoding: string): string {
  const where = whereOf(part, range);
  const columns = part.columns.map(quoteName).join(", ");
  if (where !== "") return `COPY (SELECT ${columns} FROM ONLY ${qualifiedName(part)} ${where}) ${toStdout(encoding)}`;
  // An empty column list is a syntax error; without one COPY takes every column that is not generated: here none.
  return `COPY ${qualifiedName(part)} ${columns === "" ? "" : `(${columns})`} ${toStdout(encoding)}`;
}

function hashRows(part: RowsPart, range: BlockRange): string {
  return rowHashQuery({ from: `ONLY ${qualifiedName(part)}`, columns: part.columns, where: whereOf(part, range) });
}

/** Rows `(loid, byte_offset, data)`: fixed pieces, holes as zeros, an empty object as one empty piece. */
function copyLargeObjects({ fromOid, toOid, fromByte, toByte }: LargeObjectRange, encoding: string): string {
  const where = `WHERE m.oid >= ${fromOid}${toOid === null ? "" : ` AND m.oid < ${toOid}`}`;
  const end = toByte === null ? "measured.bytes" : `least(measured.bytes, ${toByte})`;
  const last = `greatest(${end} - 1, ${fromByte})`;
  const length =
    toByte === null
      ? `${LARGE_OBJECT_PIECE_BYTES}`
      : `least(${LARGE_OBJECT_PIECE_BYTES}, ${toByte} - piece.byte_offset)`;
  return `COPY (
    SELECT measured.oid, piece.byte_offset, lo_get(measured.oid, piece.byte_offset, (${length})::int4)
    FROM (${measuredLargeObjects(where)} OFFSET 0) measured
    CROSS JOIN LATERAL generate_series(${fromByte}::int8, ${last}, ${LARGE_OBJECT_PIECE_BYTES}::int8) AS piece (byte_offset)
  ) ${toStdout(encoding)}`;
}

function whereOf({ condition }: RowsPart, { fromBlock, toBlock }: BlockRange): string {
  // Extensions' conditions come whole, with their WHERE; such a table is never split.
  if (condition !== undefined) return condition;
  if (fromBlock === 0 && toBlock === null) return "";
  const from = `WHERE ctid >= '(${fromBlock},0)'::tid`;
  return toBlock === null ? from : `${from} AND ctid < '(${toBlock},0)'::tid`;
}
