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
  /** What takes it away, where that is no DROP. */
  readonly statement?: string;
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

/** Not of the system, of an extension or of the provider, also when we are that role: then only what is in `public` counts. */
const IS_USERS = (catalog: string, oid: string, owner: string, schema = "NULL"): string => `
  NOT EXISTS (
    SELECT FROM pg_catalog.pg_depend d
     WHERE d.classid = '${catalog}'::pg_catalog.regclass AND d.objid = ${oid} AND d.deptype IN ('e', 'i'))
  AND ${oid} >= 16384
  AND (${owner}::pg_catalog.regrole::pg_catalog.text !~ ALL ($1::pg_catalog.text[])
       OR ${schema} = 'public' AND ${owner}::pg_catalog.regrole = current_user::pg_catalog.regrole)`;

const IN_USERS_SCHEMA = `
  n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND n.nspname <> '${MARKER_SCHEMA}'
  AND (n.oid < 16384 OR (${IS_USERS("pg_namespace", "n.oid", "n.nspowner")}))`;

/** In the order in which they are dropped; schemas last, by then they are empty. */
const OBJECTS = `
WITH found (position, kind, name, class, oid) AS (
  SELECT 1, 'EVENT TRIGGER', pg_catalog.quote_ident(e.evtname), 'pg_event_trigger', e.oid
    FROM pg_catalog.pg_event_trigger e WHERE ${IS_USERS("pg_event_trigger", "e.oid", "e.evtowner")}
  UNION ALL
  SELECT 2, 'PUBLICATION', pg_catalog.quote_ident(p.pubname), 'pg_publication', p.oid
    FROM pg_catalog.pg_publication p WHERE ${IS_USERS("pg_publication", "p.oid", "p.pubowner")}
  UNION ALL
  SELECT CASE c.relkind WHEN 'v' THEN 3 WHEN 'm' THEN 3 WHEN 'S' THEN 5 ELSE 4 END,
         CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
                        WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END,
         pg_catalog.format('%I.%I', n.nspname, c.relname), 'pg_class', c.oid
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND ${IN_USERS_SCHEMA} AND ${IS_USERS("pg_class", "c.oid", "c.relowner", "n.nspname")}
     AND NOT (c.relkind = 'S' AND EXISTS (SELECT FROM pg_catalog.pg_depend d
                WHERE d.classid = 'pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i')
                  AND d.refclassid = 'pg_class'::pg_catalog.regclass))
  UNION ALL
  SELECT 6, 'ROUTINE', f.oid::pg_catalog.regprocedure::pg_catalog.text, 'pg_proc', f.oid
    FROM pg_catalog.pg_proc f JOIN pg_catalog.pg_namespace n ON n.oid = f.pronamespace
   WHERE ${IN_USERS_SCHEMA} AND ${IS_USERS("pg_proc", "f.oid", "f.proowner", "n.nspname")}
  UNION ALL
  SELECT 7, CASE t.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END, pg_catalog.format('%I.%I', n.nspname, t.typname), 'pg_type', t.oid
    FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
   WHERE t.typelem = 0 AND (t.typrelid = 0 OR EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = t.typrelid AND c.relkind = 'c'))
     AND t.typtype IN ('b', 'c', 'd', 'e', 'p', 'r') AND ${IN_USERS_SCHEMA} AND ${IS_USERS("pg_type", "t.oid", "t.typowner", "n.nspname")}
  UNION ALL
  SELECT 8, 'COLLATION', pg_catalog.format('%I.%I', n.nspname, o.collname), 'pg_collation', o.oid
    FROM pg_catalog.pg_collation o JOIN pg_catalog.pg_namespace n ON n.oid = o.collnamespace
   WHERE ${IN_USERS_SCHEMA} AND ${IS_USERS("pg_collation", "o.oid", "o.collowner", "n.nspname")}
  UNION ALL
  SELECT 8, 'TEXT SEARCH CONFIGURATION', pg_catalog.format('%I.%I', n.nspname, o.cfgname), 'pg_ts_config', o.oid
    FROM pg_catalog.pg_ts_config o JOIN pg_catalog.pg_namespace n ON n.oid = o.cfgnamespace
   WHERE ${IN_USERS_SCHEMA} AND ${IS_USERS("pg_ts_config", "o.oid", "o.cfgowner", "n.nspname")}
  UNION ALL
  SELECT 9, 'TEXT SEARCH DICTIONARY', pg_catalog.format('%I.%I', n.nspname, o.dictname), 'pg_ts_dict', o.oid
    FROM pg_catalog.pg_ts_dict o JOIN pg_catalog.pg_namespace n ON n.oid = o.dictnamespace
   WHERE ${IN_USERS_SCHEMA} AND ${IS_USERS("pg_ts_dict", "o.oid", "o.dictowner", "n.nspname")}
  UNION ALL
  SELECT 10, 'OPERATOR', pg_catalog.format('%I.%s(%s, %s)', n.nspname, o.oprname,
           CASE o.oprleft WHEN 0 THEN 'NONE' ELSE pg_catalog.format_type(o.oprleft, NULL) END,
           CASE o.oprright WHEN 0 THEN 'NONE' ELSE pg_catalog.format_type(o.oprright, NULL) END), 'pg_operator', o.oid
    FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
   WHERE ${IN_USERS_SCHEMA} AND ${IS_USERS("pg_operator", "o.oid", "o.oprowner", "n.nspname")}
  UNION ALL
  SELECT 13, 'LARGE OBJECT', m.oid::pg_catalog.text, 'pg_largeobject', m.oid
    FROM pg_catalog.pg_largeobject_metadata m WHERE m.lomowner::pg_catalog.regrole::pg_catalog.text !~ ALL ($1::pg_catalog.text[])
  UNION ALL
  SELECT 5, 'CAST', pg_catalog.format('(%s AS %s)', pg_catalog.format_type(o.castsource, NULL), pg_catalog.format_type(o.casttarget, NULL)),
         'pg_cast', o.oid
    FROM pg_catalog.pg_cast o
   WHERE o.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
           WHERE d.classid = 'pg_cast'::pg_catalog.regclass AND d.objid = o.oid AND d.deptype IN ('e', 'i'))
     AND EXISTS (SELECT FROM pg_catalog.pg_type t WHERE t.oid IN (o.castsource, o.casttarget)
           AND t.oid >= 16384 AND t.typowner::pg_catalog.regrole::pg_catalog.text !~ ALL ($1::pg_catalog.text[]))
  UNION ALL
  SELECT 5, 'CONVERSION', pg_catalog.format('%I.%I', n.nspname, o.conname), 'pg_conversion', o.oid
    FROM pg_catalog.pg_conversion o JOIN pg_catalog.pg_namespace n ON n.oid = o.connamespace
   WHERE ${IN_USERS_SCHEMA} AND ${IS_USERS("pg_conversion", "o.oid", "o.conowner", "n.nspname")}
  UNION ALL
  SELECT 5, 'STATISTICS', pg_catalog.format('%I.%I', n.nspname, o.stxname), 'pg_statistic_ext', o.oid
    FROM pg_catalog.pg_statistic_ext o JOIN pg_catalog.pg_namespace n ON n.oid = o.stxnamespace
   WHERE ${IN_USERS_SCHEMA} AND ${IS_USERS("pg_statistic_ext", "o.oid", "o.stxowner", "n.nspname")}
  UNION ALL
  SELECT 5, 'OPERATOR CLASS', pg_catalog.format('%I.%I USING %I', n.nspname, o.opcname, a.amname), 'pg_opclass', o.oid
    FROM pg_catalog.pg_opclass o JOIN pg_catalog.pg_namespace n ON n.oid = o.opcnamespace JOIN pg_catalog.pg_am a ON a.oid = o.opcmethod
   WHERE ${IN_USERS_SCHEMA} AND ${IS_USERS("pg_opclass", "o.oid", "o.opcowner", "n.nspname")}
  UNION ALL
  SELECT 6, 'OPERATOR FAMILY', pg_catalog.format('%I.%I USING %I', n.nspname, o.opfname, a.amname), 'pg_opfamily', o.oid
    FROM pg_catalog.pg_opfamily o JOIN pg_catalog.pg_namespace n ON n.oid = o.opfnamespace JOIN pg_catalog.pg_am a ON a.oid = o.opfmethod
   WHERE ${IN_USERS_SCHEMA} AND ${IS_USERS("pg_opfamily", "o.oid", "o.opfowner", "n.nspname")}
  UNION ALL
  SELECT 9, 'TEXT SEARCH PARSER', pg_catalog.format('%I.%I', n.nspname, o.prsname), 'pg_ts_parser', o.oid
    FROM pg_catalog.pg_ts_parser o JOIN pg_catalog.pg_namespace n ON n.oid = o.prsnamespace
   WHERE ${IN_USERS_SCHEMA} AND ${IS_USERS("pg_ts_parser", "o.oid", "n.nspowner", "n.nspname")}
  UNION ALL
  SELECT 10, 'TEXT SEARCH TEMPLATE', pg_catalog.format('%I.%I', n.nspname, o.tmplname), 'pg_ts_template', o.oid
    FROM pg_catalog.pg_ts_template o JOIN pg_catalog.pg_namespace n ON n.oid = o.tmplnamespace
   WHERE ${IN_USERS_SCHEMA} AND ${IS_USERS("pg_ts_template", "o.oid", "n.nspowner", "n.nspname")}
  UNION ALL
  SELECT 11, 'SERVER', pg_catalog.quote_ident(o.srvname), 'pg_foreign_server', o.oid
    FROM pg_catalog.pg_foreign_server o WHERE ${IS_USERS("pg_foreign_server", "o.oid", "o.srvowner")}
  UNION ALL
  SELECT 12, 'FOREIGN DATA WRAPPER', pg_catalog.quote_ident(o.fdwname), 'pg_foreign_data_wrapper', o.oid
    FROM pg_catalog.pg_foreign_data_wrapper o WHERE ${IS_USERS("pg_foreign_data_wrapper", "o.oid", "o.fdwowner")}
  UNION ALL
  SELECT 14, 'SCHEMA', pg_catalog.quote_ident(n.nspname), 'pg_namespace', n.oid
    FROM pg_catalog.pg_namespace n WHERE n.nspname <> 'public' AND n.oid >= 16384 AND ${IN_USERS_SCHEMA}
)`;
const LIST = `${OBJECTS}\nSELECT kind, name FROM found ORDER BY position, name`;

/**
 * What CASCADE would take along from the found, followed through pg_depend to the end, and belongs to the provider or, as a
 * trigger, a column or a default does, to something of the provider's.
 */
const NEEDED_BY_PROVIDER = `${OBJECTS.replace("WITH found", "WITH RECURSIVE found")}, taken (class, oid, part) AS (
  SELECT f.class::pg_catalog.regclass::pg_catalog.oid, f.oid, 0 FROM found f
  UNION
  SELECT x.class, x.oid, x.part FROM taken t CROSS JOIN LATERAL (
    SELECT d.classid, d.objid, d.objsubid FROM pg_catalog.pg_depend d
     WHERE d.refclassid = t.class AND d.refobjid = t.oid AND (t.part = 0 OR d.refobjsubid = t.part)
       AND d.deptype IN ('n', 'a', 'i', 'P', 'S')
    UNION ALL
    -- A view goes with the rule that makes it one.
    SELECT 'pg_class'::pg_catalog.regclass::pg_catalog.oid, r.ev_class, 0 FROM pg_catalog.pg_rewrite r
     WHERE t.class = 'pg_rewrite'::pg_catalog.regclass AND r.oid = t.oid AND r.rulename = '_RETURN') AS x (class, oid, part)
), owned (class, oid, part, owner) AS (
  SELECT t.class, t.oid, t.part, c.relowner FROM taken t JOIN pg_catalog.pg_class c
      ON c.oid = coalesce(
        CASE t.class WHEN 'pg_class'::pg_catalog.regclass THEN t.oid END,
        (SELECT x.tgrelid FROM pg_catalog.pg_trigger x WHERE t.class = 'pg_trigger'::pg_catalog.regclass AND x.oid = t.oid),
        (SELECT x.polrelid FROM pg_catalog.pg_policy x WHERE t.class = 'pg_policy'::pg_catalog.regclass AND x.oid = t.oid),
        (SELECT x.adrelid FROM pg_catalog.pg_attrdef x WHERE t.class = 'pg_attrdef'::pg_catalog.regclass AND x.oid = t.oid),
        (SELECT x.ev_class FROM pg_catalog.pg_rewrite x WHERE t.class = 'pg_rewrite'::pg_catalog.regclass AND x.oid = t.oid),
        (SELECT x.conrelid FROM pg_catalog.pg_constraint x WHERE t.class = 'pg_constraint'::pg_catalog.regclass AND x.oid = t.oid))
  UNION ALL
  SELECT t.class, t.oid, 0, f.proowner FROM taken t JOIN pg_catalog.pg_proc f
      ON t.class = 'pg_proc'::pg_catalog.regclass AND f.oid = t.oid
  UNION ALL
  SELECT t.class, t.oid, 0, y.typowner FROM taken t JOIN pg_catalog.pg_type y
      ON t.class = 'pg_type'::pg_catalog.regclass AND y.oid = t.oid
  UNION ALL
  SELECT t.class, t.oid, 0, n.nspowner FROM taken t JOIN pg_catalog.pg_namespace n
      ON t.class = 'pg_namespace'::pg_catalog.regclass AND n.oid = t.oid
  UNION ALL
  SELECT t.class, t.oid, 0, e.extowner FROM taken t JOIN pg_catalog.pg_extension e
      ON t.class = 'pg_extension'::pg_catalog.regclass AND e.oid = t.oid
  UNION ALL
  SELECT t.class, t.oid, 0, e.evtowner FROM taken t JOIN pg_catalog.pg_event_trigger e
      ON t.class = 'pg_event_trigger'::pg_catalog.regclass AND e.oid = t.oid
)
SELECT DISTINCT pg_catalog.pg_describe_object(o.class, o.oid, o.part) AS described FROM owned o
 WHERE o.owner::pg_catalog.regrole::pg_catalog.text ~ ANY ($1::pg_catalog.text[])
 ORDER BY 1`;

/**
 * Default privileges would be granted on every restored object that is made by their role. Those of a schema add to PostgreSQL's
 * own and are revoked; those of the whole database replace them, so PostgreSQL's own are granted again.
 */
const DEFAULT_PRIVILEGES = `
SELECT pg_catalog.format('of %I%s on %s', r.rolname, ' in schema ' || n.nspname, pg_catalog.lower(k.kind)) AS name,
       pg_catalog.concat_ws('; ',
         (SELECT pg_catalog.string_agg(DISTINCT pg_catalog.format('%s REVOKE ALL ON %s FROM %s', p.prefix, k.kind,
                   CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END), '; ')
            FROM pg_catalog.aclexplode(d.defaclacl) a),
         CASE WHEN n.oid IS NULL THEN pg_catalog.format('%s GRANT ALL ON %s TO %I', p.prefix, k.kind, r.rolname) END,
         CASE WHEN n.oid IS NULL AND d.defaclobjtype IN ('f', 'T')
              THEN pg_catalog.format('%s GRANT ALL ON %s TO PUBLIC', p.prefix, k.kind) END) AS statement
  FROM pg_catalog.pg_default_acl d
  JOIN pg_catalog.pg_roles r ON r.oid = d.defaclrole
  LEFT JOIN pg_catalog.pg_namespace n ON n.oid = d.defaclnamespace
 CROSS JOIN LATERAL (SELECT CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'ROUTINES'
         WHEN 'T' THEN 'TYPES' WHEN 'n' THEN 'SCHEMAS' WHEN 'L' THEN 'LARGE OBJECTS' END) AS k (kind)
 CROSS JOIN LATERAL (SELECT pg_catalog.format('ALTER DEFAULT PRIVILEGES FOR ROLE %I%s', r.rolname,
         ' IN SCHEMA ' || pg_catalog.quote_ident(n.nspname))) AS p (prefix)
 WHERE r.rolname = current_user OR r.rolname !~ ALL ($1::pg_catalog.text[])
 ORDER BY 1`;

/** Everything a user made there, the marker excepted. */
export async function listTargetObjects(session: Session): Promise<TargetObject[]> {
  const defaults = await session.query<{ name: string; statement: string }>(DEFAULT_PRIVILEGES, [PROVIDER_OWNERS]);
  const rows = await session.query<{ kind: string; name: string }>(LIST, [PROVIDER_OWNERS]);
  return [
    ...defaults.map(({ name, statement }) => ({ kind: "DEFAULT PRIVILEGES", name, statement })),
    ...rows.map(({ kind, name }) => ({ kind, name })),
  ];
}

/** Names that a message holds; error records and warnings of a run are cut at some thousand characters. */
const MOST_CHARACTERS = 8_000;

/** `3 objects: table public.a, …`: all of them, as far as a message can hold them, and how many there are. */
export function describeObjects(objects: readonly TargetObject[], mostCharacters = MOST_CHARACTERS): string {
  const count = `${objects.length} ${objects.length === 1 ? "object" : "objects"}`;
  return `${count}: ${listNames(
    objects.map(({ kind, name }) => `${kind.toLowerCase()} ${name}`),
    mostCharacters,
  )}`;
}

function listNames(names: readonly string[], mostCharacters: number): string {
  const named: string[] = [];
  let length = 0;
  for (const name of names) {
    length += name.length + 2;
    if (length > mostCharacters) break;
    named.push(name);
  }
  const left = names.length - named.length;
  return `${named.join(", ")}${left > 0 ? ` and ${left} more` : ""}`;
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
 * Nothing of a provider's platform goes with what is dropped: a trigger on auth.users, say, that calls a function in public.
 * @throws PreconditionError `target-needed-by-provider` naming what would go
 */
export async function assertProviderUntouched(session: Session): Promise<void> {
  const rows = await session.query<{ described: string }>(NEEDED_BY_PROVIDER, [PROVIDER_OWNERS]);
  if (rows.length === 0) return;
  const names = rows.map(({ described }) => described);
  const message = `dropping what is in database ${session.settings.database} would drop ${listNames(names, MOST_CHARACTERS)}`;
  throw new PreconditionError("target-needed-by-provider", `${message}, which belong to the provider`, {
    hint: "Drop those yourself, or restore into another database.",
  });
}

/**
 * Drops what `listTargetObjects` listed, after `assertProviderUntouched`, the marker of an unfinished restore first of all. One command at a time: thousands of
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
  for (const { kind, name, statement } of objects) {
    const what = `${kind.toLowerCase()} ${name}`;
    if (statement !== undefined) await drop(what, statement);
    else if (kind === "LARGE OBJECT") await drop(what, `SELECT pg_catalog.lo_unlink(${BigInt(name)}::pg_catalog.oid)`);
    else if (kind === "PUBLICATION") await drop(what, `DROP PUBLICATION IF EXISTS ${name}`);
    else await drop(what, `DROP ${kind} IF EXISTS ${name} CASCADE`);
  }
}
