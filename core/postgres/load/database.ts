/**
 * The target database itself: made as the source's was, its properties applied under its new name.
 * @module
 */
import { type DatabaseProperties, databaseStatements } from "../ddl/index.ts";
import { mapPostgresError } from "../errors.ts";
import type { Session } from "../session.ts";
import type { Step } from "./steps.ts";

const DUPLICATE_DATABASE = "42P04";

/**
 * Creates the database with the source's encoding, locale and provider. CREATE DATABASE is no transaction and leaves no
 * marker, so one that is there already is no error here: it has to pass the check that every target has to pass.
 * @param session in another database of the same server
 * @throws PreconditionError `postgres-22023` and others when the server does not know the locale, `privilege-missing`
 */
export async function createDatabase(
  session: Session,
  properties: DatabaseProperties,
  database: string,
): Promise<"created" | "exists"> {
  const [found] = await session.query("SELECT FROM pg_catalog.pg_database WHERE datname = $1", [database]);
  if (found !== undefined) return "exists";
  try {
    await session.client.query(databaseStatements(properties, database).create);
    return "created";
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === DUPLICATE_DATABASE) return "exists";
    throw mapPostgresError(error, `creating database ${database}`);
  }
}

/** Owner, settings, comment and privileges of the database, as steps. */
export function databaseSteps(
  properties: DatabaseProperties,
  database: string,
  options: { readonly noOwner: boolean; readonly noPrivileges: boolean },
): Step[] {
  return databaseStatements(properties, database, options).configure.map(({ what, sql }, index) => ({
    name: `database/${index}`,
    what: `${what} of database ${database}`,
    statements: [sql],
    isOptional: true,
    isSecret: true,
  }));
}
