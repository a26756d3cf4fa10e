/**
 * What no dump holds though the database does: pg_dump passes over it without a word. And what comes back otherwise.
 * @module
 */
import { MARKER_SCHEMA } from "../load/marker.ts";
import { DUMPED_RELATIONS } from "../relations.ts";
import type { Session } from "../session.ts";
import type { Warning } from "./warnings.ts";

const MESSAGES = {
  "index-invalid": "it is not valid, as after CREATE INDEX CONCURRENTLY has failed: not in the restore point",
  "partition-detach-pending": "its detaching was never finished: it comes back attached",
  "not-null-inherits": "it is NO INHERIT on a column that is inherited, which is not dumped: it comes back without",
  "marker-in-source":
    "this schema is the mark of an unfinished restore: what is in it is not backed up, and the database may be incomplete",
  "object-in-system-schema": "made by a user in a schema of PostgreSQL's own: not in the restore point",
  "system-object-changed": "PostgreSQL's own, to which a user has added something: that is not in the restore point",
  "privilege-not-dumped": "who may use it was changed: that is not in the restore point",
  "extension-object-extended": "a user's, on what belongs to an extension: not in the restore point",
  "user-mapping-hidden":
    "shown whole to superusers only: it comes back without the options it may have, such as a password",
  "subscription-hidden": "shown to superusers only: not in the restore point",
  "column-computed-again": "its stored values come of a user's function, which computes them again at a restore",
} as const;

/** A user's own: neither PostgreSQL's nor an extension's. */
const isUsers = (catalog: string, oid: string): string => `${oid} >= 16384 AND NOT ${isOfExtension(catalog, oid)}`;

function isOfExtension(catalog: string, oid: string): string {
  return `EXISTS (SELECT FROM pg_depend e WHERE e.classid = '${catalog}'::regclass AND e.objid = ${oid} AND e.deptype = 'e')`;
}

const SYSTEM = "('pg_catalog'::regnamespace, 'information_schema'::regnamespace)";

const NOT_DUMPED = `
WITH ${DUMPED_RELATIONS}, users (oid) AS (SELECT oid FROM dumped WHERE NOT ${isOfExtension("pg_class", "dumped.oid")})
SELECT code, object FROM (
  SELECT 'index-invalid' AS code, i.indexrelid::regclass::text AS object
    FROM pg_index i JOIN users u ON u.oid = i.indrelid JOIN pg_class c ON c.oid = i.indexrelid
   WHERE c.relkind = 'i' AND NOT (i.indisvalid AND i.indisready)
  UNION ALL
  SELECT 'partition-detach-pending', i.inhrelid::regclass::text FROM pg_inherits i JOIN users u ON u.oid = i.inhrelid
   WHERE i.inhdetachpending
  UNION ALL
  -- Mended in pg_dump 18.4; ours is 18.3.
  SELECT 'not-null-inherits', pg_describe_object('pg_constraint'::regclass, k.oid, 0) FROM pg_constraint k
    JOIN users u ON u.oid = k.conrelid JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
   WHERE k.contype = 'n' AND k.connoinherit AND NOT a.attislocal
  UNION ALL
  SELECT 'marker-in-source', nspname FROM pg_namespace WHERE nspname = '${MARKER_SCHEMA}'
  UNION ALL
  SELECT 'object-in-system-schema', pg_describe_object('pg_class'::regclass, c.oid, 0) FROM pg_class c
   WHERE c.relnamespace IN ${SYSTEM} AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'c') AND ${isUsers("pg_class", "c.oid")}
  UNION ALL
  SELECT 'object-in-system-schema', pg_describe_object('pg_proc'::regclass, p.oid, 0) FROM pg_proc p
   WHERE p.pronamespace IN ${SYSTEM} AND ${isUsers("pg_proc", "p.oid")}
  UNION ALL
  SELECT 'object-in-system-schema', pg_describe_object('pg_type'::regclass, t.oid, 0) FROM pg_type t
   WHERE t.typnamespace IN ${SYSTEM} AND t.typrelid = 0 AND t.typelem = 0 AND ${isUsers("pg_type", "t.oid")}
  UNION ALL
  SELECT 'object-in-system-schema', pg_describe_object('pg_operator'::regclass, o.oid, 0) FROM pg_operator o
   WHERE o.oprnamespace IN ${SYSTEM} AND ${isUsers("pg_operator", "o.oid")}
  UNION ALL
  -- What an operator class brings depends on the class; what was added to a family by itself depends on none.
  SELECT 'system-object-changed', pg_describe_object('pg_opfamily'::regclass, m.family, 0)
    FROM (SELECT 'pg_amop'::regclass, oid, amopfamily FROM pg_amop
          UNION ALL SELECT 'pg_amproc'::regclass, oid, amprocfamily FROM pg_amproc) AS m (class, oid, family)
   WHERE m.oid >= 16384 AND (m.family < 16384 OR ${isOfExtension("pg_opfamily", "m.family")})
     AND NOT EXISTS (
       SELECT FROM pg_depend d LEFT JOIN pg_depend e ON e.classid = d.refclassid AND e.objid = d.refobjid AND e.deptype = 'e'
        WHERE d.classid = m.class AND d.objid = m.oid AND (d.refclassid = 'pg_opclass'::regclass OR e.objid IS NOT NULL))
  UNION ALL
  SELECT 'system-object-changed', pg_describe_object('pg_ts_config'::regclass, m.mapcfg, 0) FROM pg_ts_config_map m
   WHERE (m.mapcfg < 16384 OR ${isOfExtension("pg_ts_config", "m.mapcfg")}) AND ${isUsers("pg_ts_dict", "m.mapdict")}
  UNION ALL
  -- Those on pg_catalog's are dumped where they differ from initdb's; information_schema, which all may read, is passed over.
  SELECT 'privilege-not-dumped', pg_describe_object(o.class, o.oid, 0)
    FROM (SELECT 'pg_class'::regclass, oid, relowner, relacl FROM pg_class WHERE relnamespace = 'information_schema'::regnamespace
          UNION ALL SELECT 'pg_namespace'::regclass, oid, nspowner, nspacl FROM pg_namespace WHERE nspname = 'information_schema')
         AS o (class, oid, owner, acl)
   WHERE o.oid < 16384 AND EXISTS (SELECT FROM aclexplode(o.acl) a
           WHERE a.grantee <> o.owner AND (a.grantee <> 0 OR a.privilege_type NOT IN ('SELECT', 'USAGE')))
  UNION ALL
  -- An extension's own triggers call its own functions; its own indexes and rules are not told from a user's.
  SELECT 'extension-object-extended', pg_describe_object('pg_trigger'::regclass, t.oid, 0) FROM pg_trigger t
   WHERE NOT t.tgisinternal AND ${isOfExtension("pg_class", "t.tgrelid")} AND ${isUsers("pg_proc", "t.tgfoid")}
  UNION ALL
  SELECT 'column-computed-again', pg_describe_object('pg_class'::regclass, a.attrelid, a.attnum)
    FROM pg_attribute a JOIN users u ON u.oid = a.attrelid JOIN pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum
   WHERE a.attgenerated = 's' AND EXISTS (
     SELECT FROM pg_depend d WHERE (d.classid = 'pg_attrdef'::regclass AND d.objid = f.oid
              OR d.classid = 'pg_class'::regclass AND d.objid = a.attrelid AND d.objsubid = a.attnum)
        AND d.refclassid = 'pg_proc'::regclass AND ${isUsers("pg_proc", "d.refobjid")})
  UNION ALL
  -- As pg_user_mappings decides what it shows; whether there are options is shown to nobody else either.
  SELECT 'user-mapping-hidden', format('user mapping for %s on server %I', CASE WHEN m.umuser = 0 THEN 'public' ELSE quote_ident(m.usename) END, m.srvname)
    FROM pg_user_mappings m JOIN pg_foreign_server s ON s.oid = m.srvid
   WHERE m.umoptions IS NULL AND current_setting('is_superuser') = 'off'
     AND NOT (CASE WHEN m.umuser = 0 THEN pg_has_role(s.srvowner, 'USAGE')
              ELSE m.usename = current_user AND (pg_has_role(s.srvowner, 'USAGE') OR has_server_privilege(s.oid, 'USAGE')) END)
  UNION ALL
  SELECT 'subscription-hidden', format('subscription %I', subname) FROM pg_subscription
   WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND current_setting('is_superuser') = 'off'
) AS found (code, object)
GROUP BY code, object ORDER BY code, object`;

export async function collectNotDumped(session: Session): Promise<Warning[]> {
  const rows = await session.query<{ code: keyof typeof MESSAGES; object: string }>(NOT_DUMPED);
  return rows.map(({ code, object }) => ({ code, message: MESSAGES[code], object }));
}
