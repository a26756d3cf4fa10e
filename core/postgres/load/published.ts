/**
 * Publications of a database in use that would send what a restore adds to it to their subscribers.
 * @module
 */
import { PreconditionError } from "../../errors.ts";
import type { Session } from "../session.ts";
import { quoteName } from "../sql.ts";
import { listNames } from "./target.ts";

/** Where rows come in. */
export interface RowsComeInto {
  /** In which tables are made. */
  readonly schemas: readonly string[];
  /** That are there, as `qualifiedName` writes them. */
  readonly tables: readonly string[];
}

const OF_SCHEMAS_SINCE = 150000;

const OF_SCHEMAS = `
 OR EXISTS (SELECT FROM pg_catalog.pg_publication_namespace s JOIN pg_catalog.pg_namespace n ON n.oid = s.pnnspid
             WHERE s.pnpubid = p.oid AND (n.nspname = ANY ($1) OR n.oid IN (SELECT relnamespace FROM filled)))`;

/** Whoever publishes a partitioned table publishes its partitions. */
const publications = (serverVersion: number): string => `
  WITH there AS (SELECT pg_catalog.to_regclass(name) AS oid FROM pg_catalog.unnest($2::pg_catalog.text[]) AS t (name)),
  filled AS (SELECT c.oid, c.relnamespace FROM pg_catalog.pg_class c WHERE c.oid IN (
    SELECT oid FROM there UNION SELECT a.relid FROM there CROSS JOIN LATERAL pg_catalog.pg_partition_ancestors(there.oid) AS a))
  SELECT p.pubname::pg_catalog.text AS name FROM pg_catalog.pg_publication p
   WHERE p.puballtables AND $1::pg_catalog.text[] IS NOT NULL
      OR EXISTS (SELECT FROM pg_catalog.pg_publication_rel r WHERE r.prpubid = p.oid AND r.prrelid IN (SELECT oid FROM filled))
      ${serverVersion >= OF_SCHEMAS_SINCE ? OF_SCHEMAS : ""}
   ORDER BY 1`;

/**
 * A subscriber that lacks a table which is sent to it stops, as one that has a row already, and the server keeps its log for it
 * until its disk is full. Sent would be the rows, and with a publication of all tables the mark of the restore. Reads only, which
 * every role may. Where nobody subscribes there is no slot, and nothing is sent.
 * @throws PreconditionError `parts-would-be-published`
 */
export async function assertNotPublished(session: Session, { schemas, tables }: RowsComeInto): Promise<void> {
  const slots = await session.query<{ name: string }>(
    `SELECT slot_name::pg_catalog.text AS name FROM pg_catalog.pg_replication_slots
      WHERE slot_type = 'logical' AND database = pg_catalog.current_database() ORDER BY 1`,
  );
  if (slots.length === 0) return;
  const published = await session.query<{ name: string }>(publications(session.serverVersion), [schemas, tables]);
  if (published.length === 0) return;
  const publication = listNames(published.map(({ name }) => quoteName(name)));
  const slot = listNames(slots.map(({ name }) => quoteName(name)));
  throw new PreconditionError(
    "parts-would-be-published",
    `publication ${publication} of database ${session.settings.database} would send what is restored through replication slot ${slot} to subscribers, which stop at tables and rows that they did not expect`,
    {
      hint: "Restore the parts into a database of their own, and bring over what is wanted by SQL; or into a schema that is not published; or drop the slot first if nobody reads it any more.",
    },
  );
}
