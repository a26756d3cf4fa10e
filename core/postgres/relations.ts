/**
 * Which relations a dump consists of: pg_dump's own choice. Left out are system schemas, temporary tables and what
 * belongs to an extension, save the tables that an extension names as its configuration.
 * @module
 */
import type { Choice } from "../parts/choice.ts";
import { isChosenSql } from "../parts/sql.ts";
import type { Session } from "./session.ts";

/** pg_class.relkind: table, partitioned table, materialized view, foreign table, sequence */
export type RelationKind = "r" | "p" | "m" | "f" | "S";

export interface Relation {
  readonly oid: number;
  /** 0 where there is no storage. */
  readonly relfilenode: number;
  readonly kind: RelationKind;
  readonly schema: string;
  readonly name: string;
}

/** Common table expression `dumped(oid, condition)`; condition is an extension's WHERE clause or empty. */
export const DUMPED_RELATIONS = `dumped AS (
  SELECT c.oid, coalesce(config.condition, '') AS condition
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN (
    SELECT unnest(extconfig) AS oid, unnest(extcondition) AS condition FROM pg_extension
  ) config ON config.oid = c.oid
  WHERE c.relpersistence <> 't'
    AND (config.oid IS NOT NULL OR (
      n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND NOT EXISTS (
        SELECT FROM pg_depend d
        WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
          AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
      )
    ))
)`;

/** As `DUMPED_RELATIONS`, of those that a choice means; partitions go with their root, sequences with the column that owns them. */
export function dumpedRelations(choice: Choice | undefined): string {
  return choice === undefined
    ? DUMPED_RELATIONS
    : `${DUMPED_RELATIONS.replace("dumped AS", "all_dumped AS")}, dumped AS (
  SELECT d.oid, d.condition FROM all_dumped d JOIN pg_class c USING (oid)
  WHERE ${isChosenSql(choice)}
)`;
}

/** Relations of some kinds, by oid, as the session's snapshot shows the catalogs. */
export async function listRelations(
  session: Session,
  kinds: readonly RelationKind[],
  choice?: Choice,
): Promise<Relation[]> {
  return session.query<Relation & Record<string, unknown>>(
    `WITH ${dumpedRelations(choice)}
     SELECT c.oid, c.relfilenode, c.relkind AS kind, n.nspname AS schema, c.relname AS name
     FROM dumped JOIN pg_class c USING (oid) JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = ANY ($1::"char"[])
     ORDER BY c.oid`,
    [[...kinds]],
  );
}
