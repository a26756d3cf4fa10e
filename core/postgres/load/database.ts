/**
 * The target database itself: made as the source's was, its properties applied under its new name.
 * @module
 */
import { type DatabaseProperties, databaseStatements } from "../ddl/index.ts";
import { mapPostgresError } from "../errors.ts";
import type { Session } from "../session.ts";
import { inOwnName, type Step } from "./steps.ts";

const DUPLICATE_DATABASE = "42P04";
/** What `mapPostgresError` makes of 42501. */
const PRIVILEGE_MISSING = "privilege-missing";

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
    await session.client.query(databaseStatements(properties, database, {}, session.serverVersion).create);
    return "created";
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === DUPLICATE_DATABASE) return "exists";
    throw mapPostgresError(error, `creating database ${database}`);
  }
}

/** Whether owner and privileges are left out. */
interface Ownership {
  readonly noOwner: boolean;
  readonly noPrivileges: boolean;
}

/** Owner, settings, comment and privileges of the database, as steps; what shuts our own sessions out excepted. */
export function databaseSteps(properties: DatabaseProperties, database: string, options: Ownership): Step[] {
  return configureSteps(properties, database, options, false);
}

/**
 * What `databaseSteps` leaves for the last act: under the source's connection limit, or as the role it gives to every session,
 * nothing of a restore could be compared or ended any more.
 */
export function lastDatabaseSteps(properties: DatabaseProperties, database: string, options: Ownership): Step[] {
  return configureSteps(properties, database, options, true);
}

/** Drops what a new database holds and the source did not, when nothing of the restore needs it any more. */
export function missingSteps({ missing = [] }: DatabaseProperties): Step[] {
  return missing.map((what) => ({
    name: `missing/${what}`,
    what: `dropping ${what}, which the source has not`,
    statements: [what === "SCHEMA public" ? "DROP SCHEMA IF EXISTS public" : "DROP EXTENSION IF EXISTS plpgsql"],
    isOptional: true,
  }));
}

/** Of the steps that may be taken, the statements; each is tried and taken back, so that none makes the last act fail. */
export async function permittedStatements(
  session: Session,
  steps: readonly Step[],
  onDenied?: (step: Step, error: Error) => void,
): Promise<string[]> {
  const permitted: string[] = [];
  for (const step of steps) {
    await session.query("BEGIN");
    try {
      for (const statement of step.statements) await session.client.query(statement);
      permitted.push(...step.statements);
    } catch (error) {
      const mapped = mapPostgresError(error, step.what);
      if (mapped.code !== PRIVILEGE_MISSING) throw mapped;
      onDenied?.(step, mapped);
    } finally {
      await session.query("ROLLBACK");
    }
  }
  return permitted;
}

/** The numbers in the names are those of all steps together. */
function configureSteps(
  properties: DatabaseProperties,
  database: string,
  options: Ownership,
  isForSessions: boolean,
): Step[] {
  const statements = databaseStatements(properties, database, options).configure;
  const steps = statements.map(({ what, sql, inOwnName: own }, index) => ({
    name: `database/${index}`,
    what: `${what} of database ${database}`,
    statements: [sql],
    isOptional: true,
    isSecret: true,
    ...(own !== undefined && { fallbacks: [inOwnName([own])] }),
  }));
  return steps.filter((_, index) => statements[index]?.isForSessions === isForSessions);
}
