/** Which server and database this is: what makes two restore points parts of one history. @module */
import type { Session } from "../session.ts";

/** In the manifest's terms. */
export interface ServerIdentity {
  /** In words, `18.4`. */
  readonly version: string;
  readonly versionNumber: number;
  readonly walLevel: string;
  /** 64 bits as text; null where the host does not let it be read. */
  readonly systemIdentifier: string | null;
  readonly timeline: number | null;
  readonly databaseOid: number;
  readonly databaseName: string;
  readonly encoding: string;
  /** `provider:collate:ctype[:locale]` */
  readonly collation: string;
  /** Those that bear on a restore. */
  readonly settings: Record<string, string>;
}

/** Settings of the server that a restore elsewhere has to reckon with. */
const NOTED = [
  "block_size",
  "data_checksums",
  "default_table_access_method",
  "default_toast_compression",
  "max_connections",
  "max_locks_per_transaction",
  "max_prepared_transactions",
  "shared_preload_libraries",
  // Under which rows were checked as they came; ours is pinned to another.
  "TimeZone",
];

export async function identifyServer(session: Session): Promise<ServerIdentity> {
  // Through JSON: the column of the provider's locale has another name in every other version.
  const rows = await session.query<Omit<ServerIdentity, "collation"> & { database: Record<string, string | null> }>(
    `SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS "versionNumber",
            current_setting('wal_level') AS "walLevel", d.oid AS "databaseOid", d.datname AS "databaseName",
            pg_encoding_to_char(d.encoding) AS encoding, to_json(d) AS database,
            (SELECT json_object_agg(s.name, CASE s.name WHEN 'TimeZone' THEN s.reset_val ELSE s.setting END) FROM pg_settings s WHERE s.name = ANY ($1)) AS settings
     FROM pg_database d WHERE d.datname = current_database()`,
    [NOTED],
  );
  const row = rows[0];
  if (row === undefined) throw new Error("the server does not list the database it serves");
  const { database, ...known } = row;
  const locale = database.datlocale ?? database.daticulocale;
  const collation = [database.datlocprovider ?? "c", database.datcollate, database.datctype, locale];
  return { ...known, ...(await readControlFile(session)), collation: collation.filter(Boolean).join(":") };
}

async function readControlFile(session: Session): Promise<Pick<ServerIdentity, "systemIdentifier" | "timeline">> {
  const allowed = await session.query<{ isAllowed: boolean }>(
    `SELECT has_function_privilege('pg_control_system()', 'EXECUTE')
            AND has_function_privilege('pg_control_checkpoint()', 'EXECUTE') AS "isAllowed"`,
  );
  if (allowed[0]?.isAllowed !== true) return { systemIdentifier: null, timeline: null };
  const rows = await session.query<{ systemIdentifier: string; timeline: number }>(
    `SELECT s.system_identifier::text AS "systemIdentifier", c.timeline_id AS timeline
     FROM pg_control_system() s, pg_control_checkpoint() c`,
  );
  return rows[0] ?? { systemIdentifier: null, timeline: null };
}
