/**
 * What users have made in a target.
 * @module
 */
import { PROVIDER_OWNERS } from "../providers/index.ts";
import { findPlatform, platformNames } from "../providers/platform.ts";
import type { Session } from "../session.ts";
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

/** Depends on nothing around it, so that the server looks at the patterns once and not for each object. */
const PROVIDERS_ROLES =
  "ARRAY(SELECT oid FROM pg_catalog.pg_roles WHERE rolname OPERATOR(pg_catalog.~) ANY ($1::pg_catalog.text[]))";

/**
 * Not of the system, of an extension or of the provider, also when we are that role: then only what is in `public` counts.
 * What a column depends on (objsubid) does not count: those of a partition key belong to their own table.
 */
const IS_USERS = (catalog: string, oid: string, owner: string, schema = "NULL"): string => `
  NOT EXISTS (
    SELECT FROM pg_catalog.pg_depend d
     WHERE d.classid = '${catalog}'::pg_catalog.regclass AND d.objid = ${oid} AND d.deptype IN ('e', 'i') AND d.objsubid = 0)
  AND ${oid} >= 16384
  AND (${owner} <> ALL (${PROVIDERS_ROLES})
       OR ${schema} = 'public' AND ${owner}::pg_catalog.regrole = current_user::pg_catalog.regrole)`;

/** Schemas `n` of which everything is listed that a user made in them; none of those that the platform of the server's provider made ($3). */
export const IN_USERS_SCHEMA = `
  n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND n.nspname <> '${MARKER_SCHEMA}'
  AND ('SCHEMA ' || n.nspname)::pg_catalog.text <> ALL ($3::pg_catalog.text[])
  AND (n.oid < 16384 OR (${IS_USERS("pg_namespace", "n.oid", "n.nspowner")}))`;

/**
 * Position is the order in which they are dropped; schemas last, by then they are empty. Extensions that the restore point has as well
 * ($2) stay: it may take another's rights to make them again.
 */
export const OBJECTS = `
WITH found (position, kind, name, class, oid) AS (
  SELECT 1, 'EVENT TRIGGER', pg_catalog.quote_ident(e.evtname), 'pg_event_trigger', e.oid
    FROM pg_catalog.pg_event_trigger e
   WHERE ('EVENT TRIGGER ' || e.evtname)::pg_catalog.text <> ALL ($3::pg_catalog.text[]) AND ${IS_USERS("pg_event_trigger", "e.oid", "e.evtowner")}
  UNION ALL
  SELECT 2, 'PUBLICATION', pg_catalog.quote_ident(p.pubname), 'pg_publication', p.oid
    FROM pg_catalog.pg_publication p
   WHERE ('PUBLICATION ' || p.pubname)::pg_catalog.text <> ALL ($3::pg_catalog.text[]) AND ${IS_USERS("pg_publication", "p.oid", "p.pubowner")}
  UNION ALL
  SELECT 2, 'SUBSCRIPTION', pg_catalog.quote_ident(s.subname), 'pg_subscription', s.oid
    FROM pg_catalog.pg_subscription s
   WHERE s.subdbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
     AND ${IS_USERS("pg_subscription", "s.oid", "s.subowner")}
  UNION ALL
  SELECT 12, 'EXTENSION', pg_catalog.quote_ident(e.extname), 'pg_extension', e.oid
    FROM pg_catalog.pg_extension e
   WHERE e.extname <> ALL ($2::pg_catalog.text[]) AND ${IS_USERS("pg_extension", "e.oid", "e.extowner")}
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
  -- A procedure's OUT arguments may be left out of its name, which may then mean several.
  SELECT 6, 'ROUTINE', CASE f.prokind
           WHEN 'p' THEN pg_catalog.format('%I.%I(%s)', n.nspname, f.proname, pg_catalog.pg_get_function_identity_arguments(f.oid))
           ELSE f.oid::pg_catalog.regprocedure::pg_catalog.text END, 'pg_proc', f.oid
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
    FROM pg_catalog.pg_largeobject_metadata m WHERE m.lomowner <> ALL (${PROVIDERS_ROLES})
  UNION ALL
  SELECT 5, 'CAST', pg_catalog.format('(%s AS %s)', pg_catalog.format_type(o.castsource, NULL), pg_catalog.format_type(o.casttarget, NULL)),
         'pg_cast', o.oid
    FROM pg_catalog.pg_cast o
   WHERE o.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
           WHERE d.classid = 'pg_cast'::pg_catalog.regclass AND d.objid = o.oid AND d.deptype IN ('e', 'i'))
     -- Between types of PostgreSQL's own too, where a user made it.
     AND (greatest(o.castsource, o.casttarget) < 16384 OR EXISTS (SELECT FROM pg_catalog.pg_type t WHERE t.oid IN (o.castsource, o.casttarget)
           AND t.oid >= 16384 AND t.typowner <> ALL (${PROVIDERS_ROLES})))
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
  SELECT 5, 'TRANSFORM', pg_catalog.format('FOR %s LANGUAGE %I', pg_catalog.format_type(o.trftype, NULL), l.lanname), 'pg_transform', o.oid
    FROM pg_catalog.pg_transform o JOIN pg_catalog.pg_language l ON l.oid = o.trflang
    JOIN pg_catalog.pg_proc f ON f.oid = CASE WHEN o.trffromsql <> 0 THEN o.trffromsql ELSE o.trftosql END
   WHERE ${IS_USERS("pg_transform", "o.oid", "f.proowner")}
  UNION ALL
  SELECT 7, 'LANGUAGE', pg_catalog.quote_ident(l.lanname), 'pg_language', l.oid
    FROM pg_catalog.pg_language l WHERE ${IS_USERS("pg_language", "l.oid", "l.lanowner")}
  UNION ALL
  SELECT 7, 'ACCESS METHOD', pg_catalog.quote_ident(a.amname), 'pg_am', a.oid
    FROM pg_catalog.pg_am a JOIN pg_catalog.pg_proc f ON f.oid = a.amhandler WHERE ${IS_USERS("pg_am", "a.oid", "f.proowner")}
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
const TURNS = `${OBJECTS}
SELECT kind, name FROM found
 ORDER BY position, CASE class WHEN 'pg_class' THEN (SELECT count(*) FROM pg_catalog.pg_partition_ancestors(oid)) END DESC, oid DESC`;

/** Tables whose rows, or some of them, an extension declares to be the user's; a restore would add its own to them. */
const CONFIGURED = `
SELECT e.extname AS extension, pg_catalog.format('%I.%I', n.nspname, c.relname) AS relation, configured.condition
  FROM pg_catalog.pg_extension e
 CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(e.extconfig), pg_catalog.unnest(e.extcondition)) AS configured (oid, condition)
  JOIN pg_catalog.pg_class c ON c.oid = configured.oid AND c.relkind = 'r'
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE e.extname = ANY ($2::pg_catalog.text[]) AND ${IS_USERS("pg_extension", "e.oid", "e.extowner")}
 ORDER BY 1, 2`;

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

/**
 * Everything a user made there, the marker excepted; event triggers first, which may forbid that the rest is dropped.
 * @param kept extensions that stay; of them only the user's rows count
 */
export async function listTargetObjects(session: Session, kept: readonly string[] = []): Promise<TargetObject[]> {
  const defaults = await session.query<{ name: string; statement: string }>(DEFAULT_PRIVILEGES, [PROVIDER_OWNERS]);
  const rows = await session.query<{ kind: string; name: string }>(LIST, await listedBy(session, kept));
  const { triggers = [], others = [] } = Object.groupBy(
    rows.map(({ kind, name }): TargetObject => ({ kind, name })),
    ({ kind }) => (kind === "EVENT TRIGGER" ? "triggers" : "others"),
  );
  return [
    ...triggers,
    ...defaults.map(({ name, statement }) => ({ kind: "DEFAULT PRIVILEGES", name, statement })),
    ...(await configuredRows(session, kept)),
    ...others,
  ];
}

/**
 * The same, without default privileges and rows, in the order in which they are dropped: of each kind what came later first, and
 * partitions before what they are of. The other way round one DROP would take everything along, and its locks at once.
 */
export async function inDropOrder(session: Session, kept: readonly string[]): Promise<TargetObject[]> {
  return session.query<{ kind: string; name: string }>(TURNS, await listedBy(session, kept));
}

/** What the statements that list ask for. */
export async function listedBy(session: Session, kept: readonly string[]): Promise<unknown[]> {
  return [PROVIDER_OWNERS, kept, platformNames(await findPlatform(session))];
}

async function configuredRows(session: Session, kept: readonly string[]): Promise<TargetObject[]> {
  const tables = await session.query<{ extension: string; relation: string; condition: string }>(CONFIGURED, [
    PROVIDER_OWNERS,
    kept,
  ]);
  const found: TargetObject[] = [];
  for (const { extension, relation, condition } of tables) {
    const [row] = await session.query<{ rows: string }>(
      `SELECT count(*)::text AS rows FROM ONLY ${relation} ${condition}`,
    );
    if (Number(row?.rows) === 0) continue;
    const name = `${row?.rows} of ${relation}, configuration of extension ${extension}`;
    found.push({ kind: "ROWS", name, statement: `DELETE FROM ONLY ${relation} ${condition}` });
  }
  return found;
}
