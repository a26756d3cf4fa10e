/**
 * Where a partition's rows are sent. An enum's hash depends on the oids of its labels, which differ in the target: a row of a
 * partition hashed on one may belong to another, so it goes through the root. (pg_dump does likewise with load-via-partition-root,
 * for keys that are enums; a composite, an array or a range of enums hashes as they do.)
 * @module
 */
import type { Session } from "../session.ts";
import { qualifiedName, quoteLiteral } from "../sql.ts";
import { MARKER_SCHEMA, readMarker } from "./marker.ts";
import type { Step } from "./steps.ts";

/**
 * Operator classes whose hash may depend on the server: on oids (of enums within other types, of what regclass and its like
 * name), on what a user's own function makes of a value, on the sort keys of a collation's library.
 */
const DEPENDS_ON_SERVER = `
 o.opcnamespace <> 'pg_catalog'::pg_catalog.regnamespace
 OR o.opcname IN ('enum_ops', 'record_ops', 'array_ops', 'range_ops', 'multirange_ops', 'oid_ops')
 OR EXISTS (SELECT FROM pg_catalog.pg_collation l WHERE l.oid = ANY (p.partcollation) AND NOT l.collisdeterministic)`;

interface Relation {
  readonly schema: string;
  readonly name: string;
}

const ROOTS = `
SELECT wanted.ordinal::int AS ordinal, rn.nspname AS schema, r.relname AS name
  FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[]))
       WITH ORDINALITY AS wanted (schema, name, ordinal)
  JOIN pg_catalog.pg_namespace n ON n.nspname = wanted.schema
  JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = wanted.name AND c.relispartition
  JOIN pg_catalog.pg_class r ON r.oid = pg_catalog.pg_partition_root(c.oid)
  JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
 WHERE (rn.nspname, r.relname) IN (SELECT * FROM ROWS FROM (pg_catalog.unnest($3::pg_catalog.text[]), pg_catalog.unnest($4::pg_catalog.text[])) AS routed)
   OR EXISTS (
   SELECT FROM pg_catalog.pg_partition_ancestors(c.oid) AS ancestor (oid)
     JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = ancestor.oid AND p.partstrat = 'h'
     JOIN pg_catalog.pg_opclass o ON o.oid = ANY (p.partclass) AND (${DEPENDS_ON_SERVER}))`;

/** The relation to name in COPY, for those slices that are not loaded into their own table. */
export async function rowTargets<Slice extends Relation>(
  session: Session,
  slices: readonly Slice[],
): Promise<ReadonlyMap<Slice, Relation>> {
  const routed = await routedRoots(session);
  const rows = await session.query<{ ordinal: number } & Relation>(ROOTS, [
    slices.map(({ schema }) => schema),
    slices.map(({ name }) => name),
    routed.map(({ schema }) => schema),
    routed.map(({ name }) => name),
  ]);
  const targets = new Map<Slice, Relation>();
  for (const { ordinal, schema, name } of rows) {
    const slice = slices[ordinal - 1];
    if (slice !== undefined) targets.set(slice, { schema, name });
  }
  return targets;
}

/** Roots of partitions that have refused their rows in this restore: all of theirs go through the root, and are compared as one. */
async function routedRoots(session: Session): Promise<Relation[]> {
  if ((await readMarker(session)) === undefined) return [];
  return session.query<Relation & Record<string, unknown>>(`SELECT schema, name FROM ${MARKER_SCHEMA}.routed`);
}

/**
 * The step by which rows of a partition that has refused some go through its root from now on: the function, collation or hash
 * by which they came into it gives another one today. None for what is no partition.
 */
export async function routingSteps(session: Session, { schema, name }: Relation): Promise<Step[]> {
  const roots = await session.query<Relation & Record<string, unknown>>(
    `SELECT rn.nspname AS schema, r.relname AS name
       FROM pg_catalog.pg_namespace n
       JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = $2 AND c.relispartition
       JOIN pg_catalog.pg_class r ON r.oid = pg_catalog.pg_partition_root(c.oid)
       JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
      WHERE n.nspname = $1`,
    [schema, name],
  );
  return roots.map((root) => ({
    name: `route/${qualifiedName(root)}`,
    what: `partitions of ${qualifiedName(root)}`,
    statements: [
      `INSERT INTO ${MARKER_SCHEMA}.routed (schema, name) VALUES (${quoteLiteral(root.schema)}, ${quoteLiteral(root.name)})`,
    ],
  }));
}
