/**
 * Whether a target is empty, what is in its way, and how that is dropped when it may be.
 * @module
 */
import { PreconditionError } from "../../errors.ts";
import { mapPostgresError } from "../errors.ts";
import type { Session } from "../session.ts";
import { quoteName } from "../sql.ts";
import { MARKER_SCHEMA } from "./marker.ts";

/** Something that a user made in the target. */
export interface TargetObject {
  /** PostgreSQL's word as it stands in DROP: `TABLE`, `FUNCTION`, `SCHEMA`, … */
  readonly kind: string;
  /** Quoted and qualified, functions with their arguments: as it stands in DROP. */
  readonly name: string;
}

/**
 * Owners under which providers keep what belongs to their platform: Supabase's auth, storage, realtime …, RDS, Cloud SQL,
 * Azure, Neon. Told by owner, not by name: a user's own schema may be called `auth`.
 */
const PROVIDER_OWNERS = [
  "^supabase(_.*)?_admin$",
  "^supabase_(read_only|replication).*$",
  "^pgbouncer$",
  "^rds(admin|_superuser|repladmin)$",
  "^cloudsql(admin|superuser|replica|agent|iamserviceaccount|iamuser|importexport|observability)$",
  "^(azuresu|azure_superuser|azure_pg_admin)$",
  "^(cloud_admin|neon_superuser)$",
];

/** Not of the system, of an extension or of the provider (unless it is ours because we are that role). */
const IS_USERS = (catalog: string, oid: string, owner: string): string => `
  NOT EXISTS (
    SELECT FROM pg_catalog.pg_depend d
     WHERE d.classid = '${catalog}'::pg_catalog.regclass AND d.objid = ${oid} AND d.deptype IN ('e', 'i'))
  AND ${oid} >= 16384
  AND (${owner} = (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user)
       OR ${owner}::pg_catalog.regrole::pg_catalog.text !~ ALL ($1::pg_catalog.text[]))`;

const IN_USERS_SCHEMA = `
  n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND n.nspname <> '${MARKER_SCHEMA}'
  AND (n.oid < 16384 OR (${IS_USERS("pg_namespace", "n.oid", "n.nspowner")}))`;

/** In the order in which they are dropped; schemas last, by then they are empty. */
const OBJECTS = `
WITH found (position, kind, name) AS (
  SELECT 1, 'EVENT TRIGGER', pg_catalog.quote_ident(e.evtname)
    FROM pg_catalog.pg_event_trigger e WHERE ${IS_USERS("pg_event_trigger", "e.oid", "e.evtowner")}
  UNION ALL
  SELECT 2, 'PUBLICATION', pg_catalog.quote_ident(p.pubname)
    FROM pg_catalog.pg_publication p WHERE ${IS_USERS("pg_publication", "p.oid", "p.pubowner")}
  UNION ALL
  SELECT CASE c.relkind WHEN 'v' THEN 3 WHEN 'm' THEN 3 WHEN 'S' THEN 5 ELSE 4 END,
         CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
                        WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END,
         pg_catalog.format('%I.%I', n.nspname, c.relname)
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND ${IN_USERS_SCHEMA} AND ${IS_USERS("pg_class", "c.oid", "c.relowner")}
     AND NOT (c.relkind = 'S' AND EXISTS (SELECT FROM pg_catalog.pg_depend d
                WHERE d.classid = 'pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i')
                  AND d.refclassid = 'pg_class'::pg_catalog.regclass))
  UNION ALL
  SELECT 6, 'ROUTINE', pg_catalog.format('%I.%I(%s)', n.nspname, f.proname, pg_catalog.pg_get_function_identity_arguments(f.oid))
    FROM pg_catalog.pg_proc f JOIN pg_catalog.pg_namespace n ON n.oid = f.pronamespace
   WHERE ${IN_USERS_SCHEMA} AND ${IS_USERS("pg_proc", "f.oid", "f.proowner")}
  UNION ALL
  SELECT 7, CASE t.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END, pg_catalog.format('%I.%I', n.nspname, t.typname)
    FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
   WHERE t.typelem = 0 AND (t.typrelid = 0 OR EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = t.typrelid AND c.relkind = 'c'))
     AND t.typtype IN ('b', 'c', 'd', 'e', 'p', 'r') AND ${IN_USERS_SCHEMA} AND ${IS_USERS("pg_type", "t.oid", "t.typowner")}
  UNION ALL
  SELECT 8, 'COLLATION', pg_catalog.format('%I.%I', n.nspname, o.collname)
    FROM pg_catalog.pg_collation o JOIN pg_catalog.pg_namespace n ON n.oid = o.collnamespace
   WHERE ${IN_USERS_SCHEMA} AND ${IS_USERS("pg_collation", "o.oid", "o.collowner")}
  UNION ALL
  SELECT 8, 'TEXT SEARCH CONFIGURATION', pg_catalog.format('%I.%I', n.nspname, o.cfgname)
    FROM pg_catalog.pg_ts_config o JOIN pg_catalog.pg_namespace n ON n.oid = o.cfgnamespace
   WHERE ${IN_USERS_SCHEMA} AND ${IS_USERS("pg_ts_config", "o.oid", "o.cfgowner")}
  UNION ALL
  SELECT 9, 'TEXT SEARCH DICTIONARY', pg_catalog.format('%I.%I', n.nspname, o.dictname)
    FROM pg_catalog.pg_ts_dict o JOIN pg_catalog.pg_namespace n ON n.oid = o.dictnamespace
   WHERE ${IN_USERS_SCHEMA} AND ${IS_USERS("pg_ts_dict", "o.oid", "o.dictowner")}
  UNION ALL
  SELECT 10, 'OPERATOR', pg_catalog.format('%I.%s(%s, %s)', n.nspname, o.oprname,
           CASE o.oprleft WHEN 0 THEN 'NONE' ELSE pg_catalog.format_type(o.oprleft, NULL) END,
           CASE o.oprright WHEN 0 THEN 'NONE' ELSE pg_catalog.format_type(o.oprright, NULL) END)
    FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
   WHERE ${IN_USERS_SCHEMA} AND ${IS_USERS("pg_operator", "o.oid", "o.oprowner")}
  UNION ALL
  SELECT 11, 'LARGE OBJECT', m.oid::pg_catalog.text
    FROM pg_catalog.pg_largeobject_metadata m WHERE m.lomowner::pg_catalog.regrole::pg_catalog.text !~ ALL ($1::pg_catalog.text[])
  UNION ALL
  SELECT 12, 'SCHEMA', pg_catalog.quote_ident(n.nspname)
    FROM pg_catalog.pg_namespace n WHERE n.nspname <> 'public' AND n.oid >= 16384 AND ${IN_USERS_SCHEMA}
)
SELECT kind, name FROM found ORDER BY position, name`;

/** Everything a user made there, the marker excepted. */
export async function listTargetObjects(session: Session): Promise<TargetObject[]> {
  const rows = await session.query<{ kind: string; name: string }>(OBJECTS, [PROVIDER_OWNERS]);
  return rows.map(({ kind, name }) => ({ kind, name }));
}

/** How many objects a message names before it only counts. */
const NAMED = 10;

/** `3 objects: TABLE public.a, …`; for messages and progress. */
export function describeObjects(objects: readonly TargetObject[]): string {
  const named = objects.slice(0, NAMED).map(({ kind, name }) => `${kind.toLowerCase()} ${name}`);
  const more = objects.length > NAMED ? ` and ${objects.length - NAMED} more` : "";
  return `${objects.length} ${objects.length === 1 ? "object" : "objects"}: ${named.join(", ")}${more}`;
}

/** @throws PreconditionError `target-not-empty` listing what is there */
export async function assertTargetEmpty(session: Session): Promise<void> {
  const objects = await listTargetObjects(session);
  if (objects.length === 0) return;
  const { database } = session.settings;
  throw new PreconditionError("target-not-empty", `database ${database} holds ${describeObjects(objects)}`, {
    hint: "Restore into an empty database, let the restore create one, or confirm that all of this may be dropped.",
  });
}

/**
 * Drops what `listTargetObjects` listed, the marker of an unfinished restore first of all. One command at a time: thousands of
 * tables in one transaction would fill the lock table. May be repeated.
 * @throws PreconditionError and others by `mapPostgresError`, the object named
 */
export async function dropTargetObjects(session: Session, objects: readonly TargetObject[]): Promise<void> {
  const drop = async (what: string, statement: string): Promise<void> => {
    await session.client.query(statement).catch((error: unknown) => {
      throw mapPostgresError(error, `dropping ${what}`);
    });
  };
  await drop(`schema ${MARKER_SCHEMA}`, `DROP SCHEMA IF EXISTS ${quoteName(MARKER_SCHEMA)} CASCADE`);
  for (const { kind, name } of objects) {
    const what = `${kind.toLowerCase()} ${name}`;
    if (kind === "LARGE OBJECT") await drop(what, `SELECT pg_catalog.lo_unlink(${BigInt(name)}::pg_catalog.oid)`);
    else if (kind === "PUBLICATION") await drop(what, `DROP PUBLICATION IF EXISTS ${name}`);
    else await drop(what, `DROP ${kind} IF EXISTS ${name} CASCADE`);
  }
}
