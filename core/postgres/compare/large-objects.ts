/**
 * Large objects, counted, measured and hashed through their functions, since the table is the superuser's.
 * @module
 */
import { measuredLargeObjects } from "../plan/large-objects.ts";
import { LARGE_OBJECT_PIECE_BYTES } from "../plan/types.ts";
import type { Session } from "../session.ts";
import type { Difference } from "./difference.ts";

export interface MeasuredLargeObjects {
  readonly count: number;
  readonly bytes: number;
  /** MD5 over every object's oid and content, in order of oids; absent when it was not asked for or is not known. */
  readonly md5?: string;
}

/** Piece by piece: one value of PostgreSQL holds at most 1 GB, an object up to 4 TB. */
const MEASURE = (withHash: boolean): string => `
SELECT count(*)::text AS count, coalesce(sum(measured.bytes), 0)::text AS bytes
       ${withHash ? ", md5(coalesce(string_agg(measured.oid::text || ':' || content.md5, ',' ORDER BY measured.oid), '')) AS md5" : ""}
  FROM (${measuredLargeObjects("")} OFFSET 0) measured
  ${
    withHash
      ? `CROSS JOIN LATERAL (
    SELECT md5(string_agg(md5(lo_get(measured.oid, piece.byte_offset, ${LARGE_OBJECT_PIECE_BYTES})), '' ORDER BY piece.byte_offset)) AS md5
      FROM generate_series(0::int8, greatest(measured.bytes - 1, 0), ${LARGE_OBJECT_PIECE_BYTES}::int8) AS piece (byte_offset)
  ) content`
      : ""
  }`;

export async function measureLargeObjects(session: Session, withHash: boolean): Promise<MeasuredLargeObjects> {
  const [row] = await session.query<{ count: string; bytes: string; md5?: string }>(MEASURE(withHash));
  const measured = { count: Number(row?.count), bytes: Number(row?.bytes) };
  return row?.md5 === undefined ? measured : { ...measured, md5: row.md5 };
}

export function largeObjectDifferences(expected: MeasuredLargeObjects, got: MeasuredLargeObjects): Difference[] {
  const aspects = ["count", "bytes", "md5"] as const;
  return aspects.flatMap((aspect): Difference[] => {
    const [want, have] = [expected[aspect], got[aspect]];
    if (want === have || want === undefined || have === undefined) return [];
    return [{ kind: "large-objects", object: "all", aspect, expected: String(want), got: String(have) }];
  });
}
