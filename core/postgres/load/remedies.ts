/**
 * What can be done about rows that the target refuses though the source holds them.
 * @module
 */
import pg from "pg";
import { PreconditionError } from "../../errors.ts";
import type { Session } from "../session.ts";
import { qualifiedName, quoteName } from "../sql.ts";
import { type Constrained, domainSteps, isPostponed, violatedSteps } from "./postponed.ts";
import { routingSteps } from "./row-target.ts";
import { isNotFound } from "./source-path.ts";
import { isRefusal, type RunStepsOptions, runSteps } from "./steps.ts";

const CHECK_VIOLATED = "23514";
const NULL_REFUSED = "23502";
/** From this version on a child's column is NOT NULL where its parent's is. */
const NULLS_LIKE_PARENTS = 180000;

export interface Refused {
  /** Into which the rows were to go. */
  readonly tables: readonly { readonly schema: string; readonly name: string }[];
  /** Whether the tables were made by this restore: those of others are not altered, nor is what they call found by another path. */
  readonly isOurs: boolean;
  /** What was done already: remedies, and the steps by which rows of a root go through it. */
  readonly tried: Set<string>;
  readonly deadline?: AbortSignal | undefined;
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
  // In a database in use anybody may have put functions on that path, which would be run as who restores.
  if (!refused.isOurs) return undefined;
  if (isNotFound(found.code) && !refused.tried.has("under-source-path")) return "under-source-path";
  const { constraint, schema, table, dataType } = found;
  const running = refused.deadline === undefined ? {} : { deadline: refused.deadline };
  if (found.code === NULL_REFUSED) return allowNulls(session, found, refused, running);
  if (found.code === CHECK_VIOLATED) {
    if (schema === undefined) return undefined;
    if (constraint === undefined) {
      if (table === undefined) return undefined;
      // A chunk may hold partitions of several roots.
      const [step] = await routingSteps(session, { schema, name: table });
      if (step === undefined || refused.tried.has(step.name)) return undefined;
      await runSteps(session, "postpone", [step], running);
      refused.tried.add(step.name);
      return "through-root";
    }
    const on = constrained(schema, table, dataType);
    const key = `${on?.kind} ${schema}.${on?.name} ${constraint}`;
    // What is off is violated no more: another of that name may be off, and this one not to be had off.
    if (on === undefined || refused.tried.has(key)) return undefined;
    refused.tried.add(key);
    await runSteps(session, "postpone", await violatedSteps(session, on, constraint), running);
    // Another session may have taken it off meanwhile.
    return (await isPostponed(session, constraint)) ? "without-check" : undefined;
  }
  if (refused.tried.has("without-domains")) return undefined;
  await runSteps(session, "postpone", await domainSteps(session, refused.tables), running);
  return (await isPostponed(session)) ? "without-domains" : undefined;
}

/**
 * Before PostgreSQL 18 a child may hold NULLs where its parent may not, and pg_dump does not say so: CREATE TABLE … INHERITS makes
 * the column NOT NULL again. The comparison finds a column that was not like that in the source.
 */
async function allowNulls(
  session: Session,
  { schema, table, column }: pg.DatabaseError,
  { tables, tried }: Refused,
  running: RunStepsOptions,
): Promise<Remedy | undefined> {
  if (session.serverVersion >= NULLS_LIKE_PARENTS || column === undefined) return undefined;
  const on = tables.find((one) => one.schema === schema && one.name === table);
  if (on === undefined) return undefined;
  const what = `column ${column} of ${qualifiedName(on)}`;
  const statements = [`ALTER TABLE ONLY ${qualifiedName(on)} ALTER COLUMN ${quoteName(column)} DROP NOT NULL`];
  const name = `nullable/${qualifiedName(on)}/${quoteName(column)}`;
  if (tried.has(name)) return undefined;
  try {
    await runSteps(session, "postpone", [{ name, what, statements }], running);
  } catch (error) {
    if (error instanceof PreconditionError) return undefined;
    throw error;
  }
  tried.add(name);
  return "with-nulls";
}

function constrained(schema: string, table: string | undefined, domain: string | undefined): Constrained | undefined {
  if (table !== undefined) return { kind: "TABLE", schema, name: table };
  return domain === undefined ? undefined : { kind: "DOMAIN", schema, name: domain };
}

function serverError(error: unknown): pg.DatabaseError | undefined {
  if (error instanceof pg.DatabaseError) return error;
  return error instanceof Error && error.cause !== undefined ? serverError(error.cause) : undefined;
}
