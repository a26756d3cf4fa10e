/**
 * The target database itself: made as the source's was, its properties applied under its new name.
 * @module
 */
import { PreconditionError } from "../../errors.ts";
import type { RestoreEntry } from "../ddl/index.ts";
import { mapPostgresError } from "../errors.ts";
import type { Session } from "../session.ts";
import { quoteLiteral, quoteName } from "../sql.ts";
import type { Step } from "./steps.ts";

/** The commands in which pg_dump names the database, each at the start of a line. */
const COMMANDS =
  /^(CREATE DATABASE |ALTER DATABASE |ALTER ROLE .+ IN DATABASE |COMMENT ON DATABASE |SECURITY LABEL FOR .+ ON DATABASE |(?:GRANT|REVOKE) [^'\n]+ ON DATABASE )("(?:[^"]|"")+"|[^\s;]+)/gm;

/** The statement with the source's name replaced. */
function renamed(statement: string, database: string): string {
  return statement.replaceAll(COMMANDS, (_, command: string) => `${command}${quoteName(database)}`);
}

const DUPLICATE_DATABASE = "42P04";

/**
 * Creates the database with the source's encoding, locale and provider. CREATE DATABASE is no transaction and cannot carry a
 * marker: one that is there already is accepted only when `mayExist`, which says that this restore has made it.
 * @param session in another database of the same server
 * @throws PreconditionError `target-database-exists`; `postgres-22023` and others when the server does not know the locale
 */
export async function createDatabase(
  session: Session,
  entries: readonly RestoreEntry[],
  database: string,
): Promise<"created" | "exists"> {
  const [found] = await session.query("SELECT FROM pg_catalog.pg_database WHERE datname = $1", [database]);
  if (found !== undefined) return "exists";
  const create = entries
    .find((entry) => entry.desc === "DATABASE")
    ?.statements.find((text) => /CREATE DATABASE /.test(text));
  const statement = create ?? `CREATE DATABASE ${quoteName(database)} TEMPLATE template0`;
  try {
    await session.client.query(renamed(withoutTablespace(statement), database));
    return "created";
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === DUPLICATE_DATABASE) return "exists";
    throw mapPostgresError(error, `creating database ${database}`);
  }
}

/** Tablespaces are directories of the source's server; the text between CREATE DATABASE and its end holds no other word like it. */
function withoutTablespace(statement: string): string {
  return statement.replace(/ TABLESPACE = ("(?:[^"]|"")+"|[^\s;]+)/, "");
}

/** @throws PreconditionError `target-database-exists` */
export function refuseExisting(database: string): never {
  throw new PreconditionError("target-database-exists", `database ${database} exists already, it was to be created`, {
    hint: "Choose another name, or restore into the existing database without creating it.",
  });
}

/** Settings, comment, owner and privileges of the database, as steps. */
export function databaseSteps(entries: readonly RestoreEntry[], database: string): Step[] {
  return entries.flatMap((entry) => {
    const statements = entry.statements
      .filter((statement) => !/^CREATE DATABASE /m.test(statement))
      .map((statement) => renamed(statement, database));
    if (statements.length === 0) return [];
    return [{ name: `database/${entry.dumpId}`, what: `${entry.desc.toLowerCase()} ${database}`, statements }];
  });
}

/** Whether the session's role may change the database's properties. */
export async function ownsDatabase(session: Session): Promise<boolean> {
  const [row] = await session.query<{ owns: boolean }>(
    `SELECT pg_catalog.pg_has_role(datdba, 'USAGE') AS owns FROM pg_catalog.pg_database
      WHERE datname = ${quoteLiteral(session.settings.database)}`,
  );
  return row?.owns === true;
}
