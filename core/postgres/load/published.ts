/**
 * Publications of a database in use that would send what a restore adds to it to their subscribers.
 * @module
 */
import { PreconditionError } from "../../errors.ts";
import type { Session } from "../session.ts";
import { listNames } from "./target.ts";

const OF_SCHEMAS_SINCE = 150000;

const OF_SCHEMAS = `
 UNION SELECT p.pubname FROM pg_catalog.pg_publication_namespace s
   JOIN pg_catalog.pg_publication p ON p.oid = s.pnpubid JOIN pg_catalog.pg_namespace n ON n.oid = s.pnnspid
  WHERE n.nspname = ANY ($1)`;

/**
 * A subscriber that lacks a table which is sent to it stops, and the server keeps its log for it until its disk is full. Sent would
 * be the new tables, and with a publication of all tables the mark of the restore. Reads only. Where nobody subscribes there is no
 * slot, and nothing is sent.
 * @param schemas into which tables come
 * @throws PreconditionError `parts-would-be-published`
 */
export async function assertNotPublished(session: Session, schemas: readonly string[]): Promise<void> {
  const published = await session.query<{ name: string }>(
    `SELECT pubname::pg_catalog.text AS name FROM (
       SELECT pubname FROM pg_catalog.pg_publication WHERE puballtables AND $1::pg_catalog.text[] IS NOT NULL
       ${session.serverVersion >= OF_SCHEMAS_SINCE ? OF_SCHEMAS : ""}) AS p
      WHERE EXISTS (SELECT FROM pg_catalog.pg_replication_slots
                     WHERE slot_type = 'logical' AND database = pg_catalog.current_database()) ORDER BY 1`,
    [schemas],
  );
  if (published.length === 0) return;
  const what = listNames(published.map(({ name }) => name));
  throw new PreconditionError(
    "parts-would-be-published",
    `publication ${what} of database ${session.settings.database} would send what is restored to its subscribers, which stop at tables that they lack`,
    {
      hint: "Restore the parts into a database of their own, and bring over what is wanted by SQL; or into a schema that is not published.",
    },
  );
}
