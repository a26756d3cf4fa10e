import { PreconditionError } from "../../errors.ts";
import { setClause, settingName } from "../roles/setting.ts";
import type { Session } from "../session.ts";
import { quoteLiteral, quoteName } from "../sql.ts";
import { type Grant, grantStatements, grantsSql } from "./grants.ts";

/** What a new database holds, and may be dropped of it. */
export type BuiltIn = "SCHEMA public" | "EXTENSION plpgsql";

/** What a database is besides its objects. */
export interface DatabaseProperties {
  readonly name: string;
  readonly owner: string;
  /** PostgreSQL's name of it, e.g. UTF8. */
  readonly encoding: string;
  readonly localeProvider: "libc" | "icu" | "builtin";
  readonly collate: string;
  readonly ctype: string;
  /** The locale of the providers icu and builtin. */
  readonly locale: string | null;
  readonly icuRules: string | null;
  /** Version of the collation's library when the database was made; another one may sort otherwise. */
  readonly collationVersion: string | null;
  readonly tablespace: string;
  /** -1 is without limit. */
  readonly connectionLimit: number;
  /** Whether others may be made from it by everybody; absent in restore points made before it was noted. */
  readonly isTemplate?: boolean;
  /** What every new database has and this one has not any more; absent in restore points made before it was noted. */
  readonly missing?: readonly BuiltIn[];
  readonly comment: string | null;
  readonly grants: readonly Grant[] | null;
  /** `name=value` of ALTER DATABASE … SET; `role` is null for every role. */
  readonly settings: readonly { readonly role: string | null; readonly setting: string }[];
}

/** Reads the properties of the session's database; columns that a version lacks read as null. */
export async function databaseProperties(session: Session): Promise<DatabaseProperties> {
  const [row] = await session.query<DatabaseProperties>(
    `SELECT d.datname AS name, pg_catalog.pg_get_userbyid(d.datdba) AS owner,
            pg_catalog.pg_encoding_to_char(d.encoding) AS encoding,
            CASE f.fields ->> 'datlocprovider' WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END AS "localeProvider",
            d.datcollate AS collate, d.datctype AS ctype,
            coalesce(f.fields ->> 'datlocale', f.fields ->> 'daticulocale') AS locale,
            f.fields ->> 'daticurules' AS "icuRules", f.fields ->> 'datcollversion' AS "collationVersion",
            t.spcname AS tablespace, d.datconnlimit AS "connectionLimit", d.datistemplate AS "isTemplate",
            pg_catalog.array_remove(ARRAY[
              CASE WHEN NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'public') THEN 'SCHEMA public' END,
              CASE WHEN NOT EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'plpgsql') THEN 'EXTENSION plpgsql' END],
              NULL) AS missing,
            pg_catalog.shobj_description(d.oid, 'pg_database') AS comment, ${grantsSql("d.datacl", "d.datdba")} AS grants,
            coalesce((SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
                'role', CASE WHEN s.setrole <> 0 THEN pg_catalog.pg_get_userbyid(s.setrole) END, 'setting', one) ORDER BY s.setrole, n)
              FROM pg_catalog.pg_db_role_setting s, pg_catalog.unnest(s.setconfig) WITH ORDINALITY AS u(one, n)
             WHERE s.setdatabase = d.oid), '[]') AS settings
       FROM pg_catalog.pg_database d
       JOIN pg_catalog.pg_tablespace t ON t.oid = d.dattablespace
      CROSS JOIN LATERAL (SELECT pg_catalog.to_jsonb(d) AS fields) f
      WHERE d.datname = pg_catalog.current_database()`,
  );
  if (row === undefined)
    throw new PreconditionError("database-not-found", "the database was dropped or renamed meanwhile");
  return row;
}

/** One property of a database. */
export interface DatabaseStatement {
  /** What it sets, without the value, which may be a secret: `setting "app.key"`. */
  readonly what: string;
  readonly sql: string;
  /** In place of `sql` for who cannot act as the role that granted it: in its own name. */
  readonly inOwnName?: string;
  /**
   * As whom, or whether at all, a later session comes in, ours too: a restore does it with its last act. So it does with what
   * would keep a database that was never completed from being dropped.
   */
  readonly isForSessions: boolean;
}

export interface DatabaseStatements {
  /** Outside a transaction, in another database. */
  readonly create: string;
  /** Owner, comment, limit, privileges, settings: each by itself, so that one which is refused hinders no other. */
  readonly configure: readonly DatabaseStatement[];
}

/** Settings that make another role of a session. */
const BECOMING: ReadonlySet<string> = new Set(["role", "session_authorization"]);

/** What a restore leaves out. */
export interface OwnershipOptions {
  readonly noOwner?: boolean;
  readonly noPrivileges?: boolean;
}

const PROVIDERS_SINCE = 150000;

/** The same database under another name, in the server's default tablespace. @param serverVersion of the server that makes it */
export function databaseStatements(
  properties: DatabaseProperties,
  name: string,
  { noOwner = false, noPrivileges = false }: OwnershipOptions = {},
  serverVersion = 0,
): DatabaseStatements {
  const { encoding, localeProvider, collate, ctype, locale, icuRules, owner, comment, connectionLimit } = properties;
  const id = quoteName(name);
  const options = [
    "TEMPLATE template0",
    `ENCODING ${quoteLiteral(encoding)}`,
    `LC_COLLATE ${quoteLiteral(collate)}`,
    `LC_CTYPE ${quoteLiteral(ctype)}`,
    // Otherwise it is that of the server's template0. Before 15 there is no other than libc, and no word for it.
    ...(localeProvider === "libc" && serverVersion < PROVIDERS_SINCE ? [] : [`LOCALE_PROVIDER ${localeProvider}`]),
    ...(localeProvider === "icu" && locale !== null ? [`ICU_LOCALE ${quoteLiteral(locale)}`] : []),
    ...(localeProvider === "builtin" && locale !== null ? [`BUILTIN_LOCALE ${quoteLiteral(locale)}`] : []),
    ...(icuRules === null ? [] : [`ICU_RULES ${quoteLiteral(icuRules)}`]),
  ];
  const settings = properties.settings.map(({ role, setting }) => {
    const whose = role === null ? `ALTER DATABASE ${id}` : `ALTER ROLE ${quoteName(role)} IN DATABASE ${id}`;
    const of = role === null ? "" : ` of role ${quoteName(role)}`;
    const name = settingName(setting);
    const sql = `${whose} ${setClause(setting)};`;
    return { what: `setting ${quoteName(name)}${of}`, sql, isForSessions: BECOMING.has(name.toLowerCase()) };
  });
  const granted = (inOwnName: boolean): string[] =>
    noPrivileges ? [] : grantStatements(`DATABASE ${id}`, owner, properties.grants, { inOwnName });
  const own = granted(true);
  const said = (what: string, sql: string, isForSessions = false): DatabaseStatement => ({ what, sql, isForSessions });
  return {
    create: `CREATE DATABASE ${id} ${options.join(" ")};`,
    configure: [
      ...(noOwner ? [] : [said("owner", `ALTER DATABASE ${id} OWNER TO ${quoteName(owner)};`)]),
      ...(comment === null ? [] : [said("comment", `COMMENT ON DATABASE ${id} IS ${quoteLiteral(comment)};`)]),
      ...(connectionLimit < 0
        ? []
        : [said("connection limit", `ALTER DATABASE ${id} CONNECTION LIMIT ${connectionLimit};`, true)]),
      ...(properties.isTemplate === true
        ? [said("mark as a template", `ALTER DATABASE ${id} IS_TEMPLATE true;`, true)]
        : []),
      ...granted(false).map((sql, at) => ({
        ...said("privileges", sql),
        ...(own[at] !== sql && { inOwnName: own[at] ?? "" }),
      })),
      ...settings,
    ],
  };
}
