import type { Session } from "../session.ts";
import type { Needs } from "./types.ts";

/** A server has some hundred of each at most; whoever makes more shall not make the object grow without end. */
const MOST = 5_000;

/** The extension that a catalog's object belongs to, as a name; null where it is nobody's. */
const extensionOf = (catalog: string, oid: string): string =>
  `(SELECT e.extname FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
     WHERE d.classid = '${catalog}'::pg_catalog.regclass AND d.objid = ${oid} AND d.deptype = 'e'
       AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass)`;

const NEEDS = `
WITH named (oid) AS (
  SELECT refobjid FROM pg_catalog.pg_depend WHERE refclassid = 'pg_catalog.pg_collation'::pg_catalog.regclass
  -- Those of initdb are in nobody's dependencies; not every version has all of them.
  UNION SELECT a.attcollation FROM pg_catalog.pg_attribute a WHERE a.attrelid >= 16384 AND NOT a.attisdropped
  UNION SELECT typcollation FROM pg_catalog.pg_type WHERE oid >= 16384
  UNION SELECT u.oid FROM pg_catalog.pg_index i CROSS JOIN pg_catalog.unnest(i.indcollation::pg_catalog.oid[]) AS u (oid)
         WHERE i.indexrelid >= 16384
)
SELECT
  (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object('name', e.extname, 'schema', n.nspname, 'version', e.extversion,
            'relations', (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object('schema', cn.nspname, 'name', c.relname)), '[]')
               FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace cn ON cn.oid = c.relnamespace
              WHERE c.oid = ANY (e.extconfig))) ORDER BY e.extname), '[]')
     FROM (SELECT * FROM pg_catalog.pg_extension WHERE extname <> 'plpgsql' ORDER BY extname LIMIT ${MOST}) e
     JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace) AS extensions,
  (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object('name', c.collname, 'collationVersion', c.collversion, 'provider',
            CASE c.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' WHEN 'd' THEN 'default' ELSE 'libc' END) ORDER BY c.collname), '[]')
     FROM (SELECT DISTINCT ON (o.collname) o.* FROM pg_catalog.pg_collation o JOIN named USING (oid)
            WHERE o.collnamespace = 'pg_catalog'::pg_catalog.regnamespace AND o.collname NOT IN ('default', 'C', 'POSIX', 'ucs_basic')
            ORDER BY o.collname, o.collencoding DESC LIMIT ${MOST}) c) AS collations,
  (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object('name', a.amname,
            'extension', ${extensionOf("pg_catalog.pg_am", "a.oid")}) ORDER BY a.amname), '[]')
     FROM pg_catalog.pg_am a
    WHERE a.oid >= 16384 AND EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.relam = a.oid)) AS "accessMethods",
  pg_catalog.pg_database_size(pg_catalog.current_database())::pg_catalog.text AS "databaseBytes"`;

/** Reads catalogs only; call it in the snapshot's transaction. The size is that of the moment. */
export async function readNeeds(session: Session): Promise<Needs> {
  const [row] = await session.query<Omit<Needs, "version" | "databaseBytes"> & { databaseBytes: string }>(NEEDS);
  const { extensions = [], collations = [], accessMethods = [], databaseBytes = "0" } = row ?? {};
  return { version: 1, extensions, collations, accessMethods, databaseBytes: Number(databaseBytes) };
}
