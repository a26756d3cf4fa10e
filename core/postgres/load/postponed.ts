/**
 * CHECK constraints that rows cannot be held against while they are loaded: those that ask a function, which may read tables
 * that are loaded later, and those that some row has been found to violate. They are taken off and noted in the marker, and come
 * back when all rows are there.
 * @module
 */
import type { Session } from "../session.ts";
import { qualifiedName, quoteLiteral, quoteName } from "../sql.ts";
import { asksAFunction, DOMAINS_IN, IS_PART, onDomains, onTables } from "./find-checks.ts";
import { MARKER_SCHEMA, readMarker } from "./marker.ts";
import { underSourcePath } from "./source-path.ts";
import { doneAmong, type Fallback, isRefusal, type Step } from "./steps.ts";

interface Named {
  readonly schema: string;
  readonly name: string;
}

/** What a constraint is on: a table, or a domain. */
export interface Constrained extends Named {
  readonly kind: "TABLE" | "DOMAIN";
}

/** A constraint by its names. */
export interface Unvalidated {
  readonly schema: string;
  /** The table or domain that it is on. */
  readonly relation: string;
  readonly name: string;
}

interface Constraint extends Unvalidated {
  readonly kind: Constrained["kind"];
}

/** Steps that take off the CHECKs of these tables and domains that ask a user's function. To be made anew for each call. */
export async function askingSteps(session: Session, made: readonly Constrained[]): Promise<Step[]> {
  const of = (kind: Constrained["kind"]) => made.filter((one) => one.kind === kind);
  const asks = asksAFunction("pg_constraint", "c.oid");
  return [
    ...(await stepsOf(session, onTables(asks), of("TABLE"))),
    ...(await stepsOf(session, onDomains(`${asks} AND NOT ${IS_PART}`), of("DOMAIN"))),
  ];
}

/** Steps that take off what a row was found to violate; none when it is off already, or never was there. */
export async function violatedSteps(
  session: Session,
  { kind, ...on }: Constrained,
  constraint: string,
): Promise<Step[]> {
  const wanted = `c.conname = ${quoteLiteral(constraint)}`;
  return stepsOf(session, kind === "TABLE" ? onTables(wanted) : onDomains(wanted), [on]);
}

/** Steps that take off the CHECKs that ask a function from the domains that the table's columns are made of. */
export async function domainSteps(session: Session, tables: readonly Named[]): Promise<Step[]> {
  const domains = await session.query<{ schema: string; name: string }>(DOMAINS_IN, columnsOf(tables));
  return stepsOf(session, onDomains(asksAFunction("pg_constraint", "c.oid")), domains);
}

function columnsOf(named: readonly Named[]): [string[], string[]] {
  return [named.map(({ schema }) => schema), named.map(({ name }) => name)];
}

async function stepsOf(session: Session, sql: string, on: readonly Named[]): Promise<Step[]> {
  if (on.length === 0) return [];
  return (await session.query<Constraint & Record<string, unknown>>(sql, columnsOf(on))).map(offStep);
}

/** The definition goes from the catalog into the marker without passing here: its literals may be no text, in SQL_ASCII. */
function offStep(constraint: Constraint): Step {
  const { kind, schema, relation, name } = constraint;
  const values = [kind, schema, relation, name].map(quoteLiteral).join(", ");
  const of = kind === "TABLE" ? "conrelid = %::pg_catalog.regclass" : "contypid = %::pg_catalog.regtype";
  const where = `${of.replace("%", () => quoteLiteral(onWhat(constraint)))} AND conname = ${quoteLiteral(name)}`;
  return {
    name: stepName("off", constraint),
    what: whatOf(constraint),
    statements: [
      `INSERT INTO ${MARKER_SCHEMA}.postponed (kind, schema, relation, name, definition)
         SELECT ${values}, pg_catalog.pg_get_constraintdef(oid) FROM pg_catalog.pg_constraint WHERE ${where}`,
      `ALTER ${kind} ${onWhat(constraint)} DROP CONSTRAINT ${quoteName(name)}`,
    ],
  };
}

/** Brings it back as the marker has it; put together by the server where the definition may be no text. */
function addStatement({ n, kind, name, definition, ...on }: Taken): string {
  const add = `ALTER ${kind} ${onWhat({ ...on, name })} ADD CONSTRAINT ${quoteName(name)} `;
  if (definition !== null) return `${add}${definition} NOT VALID`;
  const made = `SELECT ${quoteLiteral(add)} || definition || ' NOT VALID' FROM ${MARKER_SCHEMA}.postponed WHERE n = ${n}`;
  return `DO ${quoteLiteral(`BEGIN EXECUTE (${made}); END`)}`;
}

interface Taken extends Constraint {
  readonly n: number;
  /** `CHECK ((…)) NO INHERIT`; null where it may be no text. */
  readonly definition: string | null;
}

function onWhat({ schema, relation }: Unvalidated): string {
  return qualifiedName({ schema, name: relation });
}

function stepName(act: "off" | "on" | "valid", constraint: Constraint): string {
  return `check-${act}/${constraint.kind}/${onWhat(constraint)}/${quoteName(constraint.name)}`;
}

function whatOf({ kind, schema, relation, name }: Constraint): string {
  return `constraint ${quoteName(name)} on ${kind.toLowerCase()} ${schema}.${relation}`;
}

/** Whether a constraint of that name was taken off; without a name, any of a domain. */
export async function isPostponed(session: Session, name?: string): Promise<boolean> {
  const [row] = await session.query<{ found: boolean }>(
    `SELECT EXISTS (SELECT FROM ${MARKER_SCHEMA}.postponed WHERE name = $1 OR $1 IS NULL AND kind = 'DOMAIN') AS found`,
    [name ?? null],
  );
  return row?.found === true;
}

/** Steps that bring back what was taken off, in the order in which it was, and hold the rows against it. */
export async function returningSteps(session: Session, searchPath: string): Promise<Step[]> {
  const taken = await session.query<Taken & Record<string, unknown>>(
    `SELECT n, kind, schema, relation, name,
            CASE WHEN pg_catalog.getdatabaseencoding() <> 'SQL_ASCII' THEN definition END AS definition
       FROM ${MARKER_SCHEMA}.postponed ORDER BY n`,
  );
  const step = (act: "on" | "valid", constraint: Constraint, statement: string): Step => ({
    name: stepName(act, constraint),
    what: whatOf(constraint),
    statements: [statement],
  });
  const on = taken.map((constraint) => step("on", constraint, addStatement(constraint)));
  const valid = taken.map((constraint) => {
    const { kind, name } = constraint;
    const validating = step(
      "valid",
      constraint,
      `ALTER ${kind} ${onWhat(constraint)} VALIDATE CONSTRAINT ${quoteName(name)}`,
    );
    const byPath = underSourcePath(validating.statements, searchPath);
    return { ...validating, fallbacks: [byPath, leftUnvalidated(constraint, isRefusal)] };
  });
  return [...on, ...valid];
}

/** Noted in the marker, for who compares: the constraint is there for rows to come, those that are there are not held against it. */
export function leftUnvalidated(
  { schema, relation, name }: Unvalidated,
  appliesTo: Fallback["appliesTo"],
  statements: readonly string[] = [],
): Fallback {
  return {
    appliesTo,
    statements: async (_session, told) => {
      const values = [schema, relation, name, told].map(quoteLiteral).join(", ");
      const noted = `INSERT INTO ${MARKER_SCHEMA}.unvalidated (schema, relation, name, told) VALUES (${values})`;
      return [...statements, noted];
    },
    instead: "it stays NOT VALID: the rows are all there, and new ones are held against it",
  };
}

/** What is off, or was not held against the rows, though it should be: names for a message. */
export async function stillPostponed(session: Session): Promise<string[]> {
  const steps = await returningSteps(session, "");
  const done = await doneAmong(session, steps);
  return steps.filter(({ name }) => !done.has(name)).map(({ what }) => what);
}

/** What this restore has left NOT VALID, with the sentence that told of it; none where no restore is unfinished. */
export async function listUnvalidated(session: Session): Promise<(Unvalidated & { readonly told: string })[]> {
  if ((await readMarker(session)) === undefined) return [];
  return session.query(`SELECT schema, relation, name, told FROM ${MARKER_SCHEMA}.unvalidated ORDER BY 1, 2, 3`);
}
