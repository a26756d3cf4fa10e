/**
 * Functions that name things without their schema. A restore runs under an empty search path, as every restore by pg_dump's
 * archive; where such a function is then refused, it is asked again under the search path that it had in the source.
 * @module
 */
import { type DatabaseProperties, DEFAULT_SEARCH_PATH } from "../ddl/index.ts";
import type { Session } from "../session.ts";
import { quoteLiteral } from "../sql.ts";
import type { Fallback } from "./steps.ts";

const SETTING = "search_path=";

/** What a session of the source's database finds names by, unless its role or the server's configuration say otherwise. */
export function sourceSearchPath(database: Pick<DatabaseProperties, "settings"> | undefined): string {
  const found = database?.settings.find(({ role, setting }) => role === null && setting.startsWith(SETTING));
  return found === undefined ? DEFAULT_SEARCH_PATH : found.setting.slice(SETTING.length);
}

/** Relation, function or operator, type or configuration: not there, or only not found. */
const NOT_FOUND: ReadonlySet<string> = new Set(["42P01", "42883", "42704"]);

export function isNotFound(sqlState: string | undefined): boolean {
  return sqlState !== undefined && NOT_FOUND.has(sqlState);
}

/** What is in no schema is not found by a path. Where the server speaks another language it is looked for in vain. */
const IN_NO_SCHEMA =
  /^(access method|extension|foreign-data wrapper|language|publication|role|schema|server|tablespace) "/;

/** From here on, until another is set or the transaction has ended. */
export function usePath(searchPath: string, isLocal: boolean): string {
  return `SELECT pg_catalog.set_config('search_path', ${quoteLiteral(searchPath)}, ${isLocal})`;
}

/** "path" in ASCII: who alters a function waits for who has altered it, instead of failing. */
const LOCK = 0x70617468;

/**
 * The same statements under the source's search path.
 * @param functions called by what is made, with their arguments as in DROP. They are given that path themselves for the length of
 *   the transaction, which nobody else sees: PostgreSQL 17 and later empties it where it builds indexes and fills views. Nor are
 *   functions with a setting taken to pieces while a table is made, before those that they read are.
 */
export function underSourcePath(
  statements: readonly string[],
  searchPath: string,
  functions: readonly string[] = [],
): Fallback {
  return {
    appliesTo: (state, message) => isNotFound(state) && !IN_NO_SCHEMA.test(message),
    instead: `it is made under the source's search path (${searchPath}); give the function it calls a search_path of its own`,
    statements: async (session) => {
      const lent = await withoutPath(session, functions);
      return [
        usePath(searchPath, true),
        ...(lent.length > 0 ? [`SELECT pg_catalog.pg_advisory_xact_lock(${LOCK})`] : []),
        ...lent.map((name) => `ALTER ROUTINE ${name} SET search_path FROM CURRENT`),
        ...statements,
        ...lent.map((name) => `ALTER ROUTINE ${name} RESET search_path`),
      ];
    },
  };
}

/** Those that are ours to alter and have none of their own, which they would lose. */
async function withoutPath(session: Session, functions: readonly string[]): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    `SELECT DISTINCT p.oid::pg_catalog.regprocedure::pg_catalog.text AS name
       FROM pg_catalog.unnest($1::pg_catalog.text[]) AS asked (name)
       JOIN pg_catalog.pg_proc p ON p.oid = pg_catalog.to_regprocedure(asked.name)
      WHERE pg_catalog.pg_has_role(p.proowner, 'USAGE') AND NOT EXISTS (SELECT FROM pg_catalog.unnest(p.proconfig) AS setting WHERE setting LIKE 'search\\_path=%')
      ORDER BY 1`,
    [functions],
  );
  return rows.map(({ name }) => name);
}
