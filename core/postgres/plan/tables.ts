/** Every table with its columns, key and size, in one query however many there are. @module */
import type { Choice } from "../../parts/choice.ts";
import { dumpedRelations } from "../relations.ts";
import type { Session } from "../session.ts";
import type { PlannedColumn, PlannedTable } from "./types.ts";

export interface SizedTable {
  readonly table: PlannedTable;
  /** Blocks of the main fork now; rows of the snapshot may only lie within them. */
  readonly blocks: number;
  /** Main fork and TOAST. */
  readonly bytes: number;
  /** Only heap tables can be read by page ranges. */
  readonly isHeap: boolean;
  readonly condition: string;
}

const KINDS = { r: "table", p: "partitioned", m: "matview", f: "foreign" } as const;

interface Row {
  readonly oid: number;
  readonly relfilenode: number;
  readonly relkind: keyof typeof KINDS;
  readonly relpersistence: "p" | "u";
  readonly parent: number | null;
  readonly schema: string;
  readonly name: string;
  readonly columns: PlannedColumn[] | null;
  readonly key: string[] | null;
  readonly relreplident: "d" | "n" | "f" | "i";
  readonly relispopulated: boolean;
  readonly blocks: string;
  readonly bytes: string;
  readonly isHeap: boolean;
  readonly condition: string;
  readonly [field: string]: unknown;
}

/**
 * Catalogs are read through the snapshot. Sizes are the present ones: a table only grows while it is locked, and what
 * is added is invisible to the snapshot. Materialized views and foreign tables are not opened at all.
 */
export async function listTables(session: Session, choice?: Choice): Promise<SizedTable[]> {
  const rows = await session.query<Row>(
    `WITH ${dumpedRelations(choice)}, columns AS (
       SELECT a.attrelid AS oid, json_agg(json_build_object(
         'attnum', a.attnum, 'name', a.attname, 'typeOid', a.atttypid::int8,
         'generated', a.attgenerated::text, 'identity', a.attidentity::text
       ) ORDER BY a.attnum) AS columns
       FROM pg_attribute a WHERE a.attnum > 0 AND NOT a.attisdropped GROUP BY 1
     ), keys AS (
       SELECT i.indrelid AS oid, json_agg(a.attname ORDER BY k.position) AS key
       FROM pg_index i
       CROSS JOIN unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, position)
       JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
       WHERE i.indisprimary AND k.position <= i.indnkeyatts GROUP BY 1
     )
     SELECT c.oid, c.relfilenode, c.relkind, c.relpersistence, c.relreplident, c.relispopulated,
            n.nspname AS schema, c.relname AS name, columns.columns, keys.key, dumped.condition,
            inherited.inhparent AS parent,
            coalesce(am.amname = 'heap', false) AS "isHeap",
            CASE WHEN c.relkind = 'r' THEN pg_relation_size(c.oid) / current_setting('block_size')::int ELSE 0 END AS blocks,
            CASE WHEN c.relkind = 'r' THEN pg_table_size(c.oid) ELSE 0 END AS bytes
     FROM dumped
     JOIN pg_class c USING (oid)
     JOIN pg_namespace n ON n.oid = c.relnamespace
     LEFT JOIN pg_am am ON am.oid = c.relam
     LEFT JOIN LATERAL (
       SELECT i.inhparent FROM pg_inherits i WHERE i.inhrelid = c.oid ORDER BY i.inhseqno LIMIT 1
     ) AS inherited ON true
     LEFT JOIN columns ON columns.oid = c.oid
     LEFT JOIN keys ON keys.oid = c.oid
     WHERE c.relkind IN ('r', 'p', 'm', 'f')
     ORDER BY c.oid`,
  );
  return rows.map(toSizedTable);
}

function toSizedTable(row: Row): SizedTable {
  const kind = KINDS[row.relkind];
  const { oid, relfilenode, parent, schema, name, key, relpersistence: persistence, isHeap, condition } = row;
  const table: PlannedTable = {
    ...{ oid, relfilenode, kind, persistence, parent, schema, name },
    columns: row.columns ?? [],
    key,
    replicaIdentity: row.relreplident,
    ...(kind === "matview" ? { populated: row.relispopulated } : {}),
  };
  // The server answers null for a table that is gone by now; the worker that copies it finds out under its lock.
  return { table, isHeap, condition, blocks: Number(row.blocks ?? 0), bytes: Number(row.bytes ?? 0) };
}
