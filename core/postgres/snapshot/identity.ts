/**
 * Whether tables are still those of the snapshot. Rows are read through the snapshot, but which file they are read from
 * is looked up now: after a TRUNCATE or a rewriting ALTER the new file holds rows the snapshot cannot see, and the scan
 * ends without an error and without rows. `pg_relation_filenode` and `to_regclass` answer from the present catalogs,
 * pg_class in a query from the snapshot's. Only under a lock does the answer stay true.
 * @module
 */
import { SnapshotLostError } from "../../errors.ts";
import type { Choice } from "../../parts/choice.ts";
import { dumpedRelations, type Relation } from "../relations.ts";
import type { Session } from "../session.ts";
import { qualifiedName } from "../sql.ts";

const CHANGED = `to_regclass(format('%I.%I', schema, name))::oid IS DISTINCT FROM oid
  OR pg_relation_filenode(oid) IS DISTINCT FROM nullif(relfilenode, 0)`;

type Known = Pick<Relation, "oid" | "relfilenode" | "schema" | "name">;

/** Every table of the snapshot, or of what is dumped of it. @throws SnapshotLostError `table-rewritten` */
export async function assertUnchanged(session: Session, choice?: Choice): Promise<void> {
  const changed = await session.query<{ schema: string; name: string }>(
    `WITH ${dumpedRelations(choice)}, known AS (
       SELECT c.oid, c.relfilenode, n.nspname AS schema, c.relname AS name
       FROM dumped JOIN pg_class c USING (oid) JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind IN ('r', 'p') OFFSET 0
     )
     SELECT schema, name FROM known WHERE ${CHANGED} LIMIT 5`,
  );
  refuse(changed);
}

/** The tables given, as they were planned. @throws SnapshotLostError `table-rewritten` */
export async function assertSame(session: Session, known: readonly Known[]): Promise<void> {
  const changed = await session.query<{ schema: string; name: string }>(
    `SELECT schema, name
     FROM unnest($1::oid[], $2::oid[], $3::text[], $4::text[]) AS known (oid, relfilenode, schema, name)
     WHERE ${CHANGED} LIMIT 5`,
    [
      known.map(({ oid }) => oid),
      known.map(({ relfilenode }) => relfilenode),
      known.map(({ schema }) => schema),
      known.map(({ name }) => name),
    ],
  );
  refuse(changed);
}

function refuse(changed: readonly { schema: string; name: string }[]): void {
  if (changed.length === 0) return;
  throw new SnapshotLostError(
    "table-rewritten",
    `truncated, rewritten or replaced since the snapshot: ${changed.map(qualifiedName).join(", ")}`,
    { hint: "The run starts over; run backups apart from migrations." },
  );
}
