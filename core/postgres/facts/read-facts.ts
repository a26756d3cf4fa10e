import pg from "pg";
import { databaseProperties } from "../ddl/index.ts";
import { readManagedRights } from "../managed/rights.ts";
import { tellProvider } from "../providers/index.ts";
import { readPlatform } from "../providers/platform.ts";
import type { Session } from "../session.ts";
import { quoteName } from "../sql.ts";
import type { AskedFacts, FoundDatabase, FoundExtension, FoundRole, TargetFacts, TargetRole } from "./types.ts";

/** From here on membership comes without the right to act as the role. */
const WITH_SET_OPTION = 160000;
const NOT_LOADED = "22023";

/** Reads what its role may read on any server; writes nothing. Of who the session acts as, which a database may change. */
export async function readTargetFacts(session: Session, asked: AskedFacts = {}): Promise<TargetFacts> {
  const { serverVersion } = session;
  const [role] = await session.query<TargetRole & { isStandby: boolean }>(ROLE);
  const { isStandby = false, ...target } = role ?? NOBODY;
  const provider = await tellProvider(session);
  const platform = asked.isToBeCreated === true ? undefined : await readPlatform(session, provider?.id);
  return {
    serverVersion,
    isStandby,
    role: target,
    roles: await session.query<FoundRole & pg.QueryResultRow>(rolesSql(serverVersion)),
    extensions: await readExtensions(session, asked),
    database: asked.isToBeCreated === true ? undefined : await readDatabase(session, asked),
    collations: await session.query<TargetFacts["collations"][number]>(COLLATIONS, [
      asked.collations ?? [],
      asked.isToBeCreated === true ? (asked.encoding ?? session.encoding) : session.encoding,
    ]),
    labelProviders: await loadedProviders(session, target.name, asked.labelProviders ?? []),
    tablespaces: await session.query<TargetFacts["tablespaces"][number]>(TABLESPACES),
    accessMethods: (
      await session.query<{ name: string }>("SELECT amname AS name FROM pg_catalog.pg_am ORDER BY 1")
    ).map(({ name }) => name),
    languages: await session.query<TargetFacts["languages"][number]>(LANGUAGES),
    rights: await readManagedRights(session, asked.isToBeCreated),
    ...(provider !== undefined && { provider: provider.id }),
    ...(platform !== undefined && { platform }),
  };
}

const NOBODY: TargetRole & { isStandby?: boolean } = {
  name: "",
  isSuperuser: false,
  inherits: true,
  canCreateRole: false,
  canCreateDatabase: false,
  bypassesRowSecurity: false,
  canReplicate: false,
};

const ROLE = `
SELECT rolname AS name, rolsuper AS "isSuperuser", rolinherit AS inherits, rolcreaterole AS "canCreateRole", rolcreatedb AS "canCreateDatabase",
       rolbypassrls AS "bypassesRowSecurity", rolreplication AS "canReplicate", pg_catalog.pg_is_in_recovery() AS "isStandby"
  FROM pg_catalog.pg_roles WHERE rolname = current_user`;

function rolesSql(serverVersion: number): string {
  const isNewer = serverVersion >= WITH_SET_OPTION;
  const administer = isNewer
    ? "pg_catalog.pg_has_role(r.oid, 'MEMBER WITH ADMIN OPTION')"
    : "NOT r.rolsuper AND u.rolcreaterole OR pg_catalog.pg_has_role(r.oid, 'MEMBER WITH ADMIN OPTION')";
  return `SELECT r.rolname AS name, r.rolsuper AS "isSuperuser", pg_catalog.pg_has_role(r.oid, '${isNewer ? "SET" : "MEMBER"}') AS "canSet",
       pg_catalog.pg_has_role(r.oid, 'USAGE') AS "isInherited", u.rolsuper OR ${administer} AS "canAdminister"
  FROM pg_catalog.pg_roles r JOIN pg_catalog.pg_roles u ON u.rolname = current_user ORDER BY 1`;
}

async function readExtensions(session: Session, { isToBeCreated = false }: AskedFacts): Promise<FoundExtension[]> {
  const rows = await session.query<{
    name: string;
    defaultVersion: string | null;
    installedVersion: string | null;
    needsSuperuser: boolean;
    isTrusted: boolean;
    requires: string[];
  }>(EXTENSIONS);
  return rows.map(({ defaultVersion, installedVersion, ...extension }) => ({
    ...extension,
    ...(defaultVersion !== null && { defaultVersion }),
    ...(installedVersion !== null && !isToBeCreated && { installedVersion }),
  }));
}

const EXTENSIONS = `
SELECT coalesce(a.name, e.extname) AS name, a.default_version AS "defaultVersion", e.extversion AS "installedVersion",
       coalesce(v.superuser, true) AS "needsSuperuser", coalesce(v.trusted, false) AS "isTrusted",
       coalesce(v.requires::pg_catalog.text[], '{}') AS requires
  FROM pg_catalog.pg_available_extensions a
  LEFT JOIN pg_catalog.pg_available_extension_versions v ON v.name = a.name AND v.version = a.default_version
  FULL JOIN pg_catalog.pg_extension e ON e.extname = a.name
 ORDER BY 1`;

async function readDatabase(session: Session, { encoding }: AskedFacts): Promise<FoundDatabase> {
  const { name, owner, localeProvider, collate, ctype, locale, collationVersion } = await databaseProperties(session);
  const [row] = await session.query<{ canCreate: boolean; canConvert: boolean; settings: string[] }>(DATABASE, [
    encoding ?? session.encoding,
  ]);
  const { canCreate = false, canConvert = false, settings = [] } = row ?? {};
  const described = { name, owner, localeProvider, collate, ctype, locale, collationVersion };
  return { ...described, encoding: session.encoding, canCreate, canConvert, settings };
}

const DATABASE = `
SELECT pg_catalog.has_database_privilege(d.oid, 'CREATE') AS "canCreate",
       EXISTS (SELECT FROM pg_catalog.pg_conversion c
                WHERE c.condefault AND c.contoencoding = d.encoding AND c.conforencoding = pg_catalog.pg_char_to_encoding($1)) AS "canConvert",
       coalesce((SELECT pg_catalog.json_agg(one ORDER BY s.setrole) FROM pg_catalog.pg_db_role_setting s, pg_catalog.unnest(s.setconfig) AS one
          WHERE s.setdatabase = d.oid AND (s.setrole = 0 OR s.setrole = session_user::pg_catalog.regrole)), '[]') AS settings
  FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()`;

/** Those of the encoding; ICU can do without knowing it, but not without there being one. */
const COLLATIONS = `
SELECT DISTINCT ON (collname) collname AS name, pg_catalog.pg_collation_actual_version(oid) AS version
  FROM pg_catalog.pg_collation
 WHERE collnamespace = 'pg_catalog'::pg_catalog.regnamespace AND collname = ANY ($1::pg_catalog.text[])
   AND collencoding IN (-1, pg_catalog.pg_char_to_encoding($2)) AND (collprovider <> 'i' OR $2 <> 'SQL_ASCII')
 ORDER BY collname, collencoding DESC`;

const TABLESPACES = `
SELECT spcname AS name, pg_catalog.has_tablespace_privilege(oid, 'CREATE') AS "canCreate"
  FROM pg_catalog.pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global') ORDER BY 1`;

const LANGUAGES = `
SELECT l.lanname AS name, r.rolsuper OR l.lanpltrusted AND pg_catalog.has_language_privilege(l.oid, 'USAGE') AS "canUse"
  FROM pg_catalog.pg_language l JOIN pg_catalog.pg_roles r ON r.rolname = current_user ORDER BY 1`;

/** No catalog tells which are loaded, so each is asked to label our role, and that is taken back: one that is not there is told first. */
async function loadedProviders(session: Session, role: string, providers: readonly string[]): Promise<string[]> {
  const loaded: string[] = [];
  for (const provider of providers) {
    await session.query("BEGIN");
    try {
      await session.client.query(`SECURITY LABEL FOR ${quoteName(provider)} ON ROLE ${quoteName(role)} IS NULL`);
      loaded.push(provider);
    } catch (error) {
      const isMissing = error instanceof pg.DatabaseError && error.code === NOT_LOADED;
      if (!isMissing) loaded.push(provider);
    } finally {
      await session.query("ROLLBACK");
    }
  }
  return loaded;
}
