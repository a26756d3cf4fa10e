/**
 * Where a partition's rows are sent. An enum's hash depends on the oids of its labels, which differ in the target: a row of a
 * partition hashed on one may belong to another, so it goes through the root. (pg_dump does likewise with load-via-partition-root.)
 * @module
 */
import type { Session } from "../session.ts";

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
 WHERE EXISTS (
   SELECT FROM pg_catalog.pg_partition_ancestors(c.oid) AS ancestor (oid)
     JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = ancestor.oid AND p.partstrat = 'h'
     JOIN pg_catalog.pg_opclass o ON o.oid = ANY (p.partclass) AND o.opcname = 'enum_ops')`;

/** The relation to name in COPY, for those slices that are not loaded into their own table. */
export async function rowTargets<Slice extends Relation>(
  session: Session,
  slices: readonly Slice[],
): Promise<ReadonlyMap<Slice, Relation>> {
  const rows = await session.query<{ ordinal: number } & Relation>(ROOTS, [
    slices.map(({ schema }) => schema),
    slices.map(({ name }) => name),
  ]);
  const targets = new Map<Slice, Relation>();
  for (const { ordinal, schema, name } of rows) {
    const slice = slices[ordinal - 1];
    if (slice !== undefined) targets.set(slice, { schema, name });
  }
  return targets;
}
