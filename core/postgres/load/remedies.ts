/**
 * What can be done about rows that the target refuses though the source holds them.
 * @module
 */
import pg from "pg";
import type { Session } from "../session.ts";
import { qualifiedName, quoteName } from "../sql.ts";
import { type Constrained, domainSteps, isPostponed, violatedSteps } from "./postponed.ts";
import { routingSteps } from "./row-target.ts";
import { isNotFound } from "./source-path.ts";
import { isRefusal, runSteps } from "./steps.ts";

const CHECK_VIOLATED = "23514";
const NULL_REFUSED = "23502";
/** From this version on a child's column is NOT NULL where its parent's is. */
const NULLS_LIKE_PARENTS = 180000;

export interface Refused {
  /** Into which the rows were to go. */
  readonly tables: readonly { readonly schema: string; readonly name: string }[];
  /** Whether the tables were made by this restore: those of others are not altered. */
  readonly isOurs: boolean;
  /** What was done already. */
  readonly tried: ReadonlySet<Remedy>;
}

/** To be loaded again: with NULLs, through the root of the partitions, without the CHECK that was violated, without those of domains, or under the source's search path. */
export type Remedy = "with-nulls" | "through-root" | "without-check" | "without-domains" | "under-source-path";

/**
 * Takes off a CHECK that a row violates, or the CHECKs of domains whose function fails: they come back after the rows, see
 * `postponed.ts`. Idempotent; several sessions may find the same.
 * @returns undefined where the rows are refused for good
 */
export async function remedyFor(session: Session, error: unknown, refused: Refused): Promise<Remedy | undefined> {
  const found = serverError(error);
  if (found?.code === undefined || !isRefusal(found.code)) return undefined;
  if (isNotFound(found.code) && !refused.tried.has("under-source-path")) return "under-source-path";
  if (!refused.isOurs) return undefined;
  const { constraint, schema, table, dataType } = found;
  if (found.code === NULL_REFUSED) return allowNulls(session, found, refused);
  if (found.code === CHECK_VIOLATED) {
    if (schema === undefined) return undefined;
    if (constraint === undefined) {
      if (table === undefined || refused.tried.has("through-root")) return undefined;
      const steps = await routingSteps(session, { schema, name: table });
      await runSteps(session, "postpone", steps);
      return steps.length === 0 ? undefined : "through-root";
    }
    const on = constrained(schema, table, dataType);
    if (on === undefined) return undefined;
    await runSteps(session, "postpone", await violatedSteps(session, on, constraint));
    // Another session may have taken it off meanwhile.
    return (await isPostponed(session, constraint)) ? "without-check" : undefined;
  }
  if (refused.tried.has("without-domains")) return undefined;
  await runSteps(session, "postpone", await domainSteps(session, refused.tables));
  return (await isPostponed(session)) ? "without-domains" : undefined;
}

/**
 * Before PostgreSQL 18 a child may hold NULLs where its parent may not, and pg_dump does not say so: CREATE TABLE … INHERITS makes
 * the column NOT NULL again. The comparison finds a column that was not like that in the source.
 */
async function allowNulls(
  session: Session,
  { schema, table, column }: pg.DatabaseError,
  { tables }: Refused,
): Promise<Remedy | undefined> {
  if (session.serverVersion >= NULLS_LIKE_PARENTS || column === undefined) return undefined;
  const on = tables.find((one) => one.schema === schema && one.name === table);
  if (on === undefined) return undefined;
  const what = `column ${column} of ${qualifiedName(on)}`;
  const statements = [`ALTER TABLE ONLY ${qualifiedName(on)} ALTER COLUMN ${quoteName(column)} DROP NOT NULL`];
  const name = `nullable/${qualifiedName(on)}/${quoteName(column)}`;
  const refused = async (): Promise<undefined> => undefined;
  return runSteps(session, "postpone", [{ name, what, statements }]).then(() => "with-nulls" as const, refused);
}

function constrained(schema: string, table: string | undefined, domain: string | undefined): Constrained | undefined {
  if (table !== undefined) return { kind: "TABLE", schema, name: table };
  return domain === undefined ? undefined : { kind: "DOMAIN", schema, name: domain };
}

function serverError(error: unknown): pg.DatabaseError | undefined {
  if (error instanceof pg.DatabaseError) return error;
  return error instanceof Error && error.cause !== undefined ? serverError(error.cause) : undefined;
}
