/** Large objects, counted, measured and cut in the snapshot; through their functions, since the table is the superuser's. @module */
import type { Session } from "../session.ts";
import { LARGE_OBJECT_PIECE_BYTES, type LargeObjectRange } from "./types.ts";

export interface LargeObjects {
  readonly count: number;
  readonly bytes: number;
  readonly groups: readonly { readonly bytesEstimate: number; readonly ranges: readonly LargeObjectRange[] }[];
}

/** bytea as hex. */
const TEXT_BYTES_PER_BYTE = 2;
/** INV_READ of libpq/libpq-fs.h, 0x40000 */
const READ_MODE = 262144;

/**
 * `(oid, bytes)` of every large object from `where`, by oid. Opened, measured by seeking to the end, closed at once. Nested
 * and fenced (OFFSET 0) so that each function runs once per object; as lateral joins the planner would memoize the
 * size by descriptor, and descriptors repeat (seen on 18.4: another object's size).
 */
export function measuredLargeObjects(where: string): string {
  return `SELECT closed.oid, closed.bytes FROM (
      SELECT opened.oid, lo_lseek64(opened.fd, 0, 2) AS bytes, lo_close(opened.fd) AS result FROM (
        SELECT object.oid, lo_open(object.oid, ${READ_MODE}) AS fd FROM (
          SELECT m.oid FROM pg_largeobject_metadata m ${where} ORDER BY m.oid OFFSET 0
        ) object OFFSET 0
      ) opened OFFSET 0
    ) closed WHERE closed.result = 0`;
}

interface Group {
  readonly first: number;
  readonly count: string;
  readonly bytes: string;
  readonly isHuge: boolean;
}

/** @throws PreconditionError `privilege-missing` for an object this role may not read. */
export async function planLargeObjects(session: Session, chunkBytes: number): Promise<LargeObjects> {
  const target = Math.max(1, Math.floor(chunkBytes / TEXT_BYTES_PER_BYTE));
  // Each object larger than a chunk is a group of its own; small ones between two of them fill groups up to the target.
  const groups = await session.query<Group & Record<string, unknown>>(
    `WITH measured AS MATERIALIZED (${measuredLargeObjects("")}),
     weighed AS (
       SELECT oid, bytes, bytes > $1::int8 AS huge,
              sum(CASE WHEN bytes > $1::int8 THEN 0 ELSE bytes + 32 END) OVER (ORDER BY oid) AS filled,
              count(*) FILTER (WHERE bytes > $1::int8) OVER (ORDER BY oid) AS huge_before
       FROM measured
     )
     SELECT min(oid) AS first, count(*) AS count, sum(bytes)::int8 AS bytes, huge AS "isHuge"
     FROM weighed GROUP BY huge, huge_before, CASE WHEN huge THEN 0 ELSE trunc(filled / $1::int8) END
     ORDER BY min(oid)`,
    [target],
  );
  return {
    count: groups.reduce((sum, { count }) => sum + Number(count), 0),
    bytes: groups.reduce((sum, { bytes }) => sum + Number(bytes), 0),
    groups: groups.flatMap((group, index) => {
      const fromOid = index === 0 ? 0 : group.first;
      const toOid = groups[index + 1]?.first ?? null;
      return cut(group, fromOid, toOid, target);
    }),
  };
}

function cut(group: Group, fromOid: number, toOid: number | null, target: number): LargeObjects["groups"][number][] {
  const bytes = Number(group.bytes);
  const pieces = Math.max(1, Math.round(target / LARGE_OBJECT_PIECE_BYTES)) * LARGE_OBJECT_PIECE_BYTES;
  const parts = group.isHuge ? Math.ceil(bytes / pieces) : 1;
  return Array.from({ length: parts }, (_, part) => {
    const fromByte = part * pieces;
    const toByte = part === parts - 1 ? null : fromByte + pieces;
    const size = group.isHuge ? Math.min(pieces, bytes - fromByte) : bytes;
    return { bytesEstimate: size * TEXT_BYTES_PER_BYTE, ranges: [{ fromOid, toOid, fromByte, toByte }] };
  });
}
