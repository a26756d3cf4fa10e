/**
 * CHECK constraints that rows cannot be held against while they are loaded: those that ask a function, which may read tables
 * that are loaded later, and those that some row has been found to violate. They are taken off and noted in the marker, and come
 * back when all rows are there.
 * @module
 */
import type { Session } from "../session.ts";
import { qualifiedName, quoteLiteral, quoteName } from "../sql.ts";
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

/** A user's function, not one of an extension: those read what came with CREATE EXTENSION, or nothing. */
const ASKS_A_FUNCTION = `EXISTS (
  SELECT FROM pg_catalog.pg_depend called
    LEFT JOIN pg_catalog.pg_operator o ON called.refclassid = 'pg_catalog.pg_operator'::pg_catalog.regclass AND o.oid = called.refobjid
    JOIN pg_catalog.pg_proc f ON f.oid = CASE called.refclassid WHEN 'pg_catalog.pg_proc'::pg_catalog.regclass THEN called.refobjid
                                                           ELSE o.oprcode END
   WHERE called.classid = CLASS AND called.objid = OBJECT AND f.oid >= 16384
     AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                      WHERE e.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND e.objid = f.oid AND e.deptype = 'e'))`;

/** SQL that holds for what depends on a function of the user's. */
export function asksAFunction(catalog: string, oid: string): string {
  const type = `'pg_catalog.${catalog}'::pg_catalog.regclass`;
  return ASKS_A_FUNCTION.replace("CLASS", type).replace("OBJECT", oid);
}

/** Enforced and valid: neither is said where a version does not know it, or of what is added after the rows. */
const IN_FORCE = `c.contype = 'c' AND c.convalidated
  AND coalesce((pg_catalog.to_jsonb(c) ->> 'conenforced')::pg_catalog.bool, true)`;

/**
 * Of the named tables' CHECKs that `wanted` chooses: each with those of the same name above and below it in the inheritance, for
 * they come and go together; parents first, and only those that are a table's own, which take the inherited along.
 */
const onTables = (wanted: string): string => `
WITH RECURSIVE ours (oid) AS (
  SELECT r.oid FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[])) AS named (schema, name)
    JOIN pg_catalog.pg_namespace n ON n.nspname = named.schema
    JOIN pg_catalog.pg_class r ON r.relnamespace = n.oid AND r.relname = named.name AND r.relkind IN ('r', 'p')
), above (relation, name) AS (
  SELECT c.conrelid, c.conname FROM pg_catalog.pg_constraint c JOIN ours ON ours.oid = c.conrelid WHERE ${IN_FORCE} AND ${wanted}
  UNION
  SELECT c.conrelid, c.conname FROM above JOIN pg_catalog.pg_inherits i ON i.inhrelid = above.relation
    JOIN pg_catalog.pg_constraint c ON c.conrelid = i.inhparent AND c.conname = above.name AND ${IN_FORCE} AND NOT c.connoinherit
), tree (relation, name) AS (
  SELECT * FROM above
  UNION
  SELECT c.conrelid, c.conname FROM tree JOIN pg_catalog.pg_inherits i ON i.inhparent = tree.relation
    JOIN pg_catalog.pg_constraint c ON c.conrelid = i.inhrelid AND c.conname = tree.name AND ${IN_FORCE} AND c.coninhcount > 0
)
SELECT 'TABLE' AS kind, n.nspname AS schema, r.relname AS relation, c.conname AS name
  FROM tree
  JOIN pg_catalog.pg_constraint c ON c.conrelid = tree.relation AND c.conname = tree.name AND c.contype = 'c' AND c.conislocal
  JOIN pg_catalog.pg_class r ON r.oid = c.conrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
 ORDER BY (WITH RECURSIVE ancestor (oid) AS (
             SELECT i.inhparent FROM pg_catalog.pg_inherits i WHERE i.inhrelid = r.oid
             UNION SELECT i.inhparent FROM ancestor JOIN pg_catalog.pg_inherits i ON i.inhrelid = ancestor.oid)
           SELECT count(*) FROM ancestor), 2, 3, 4`;

const onDomains = (wanted: string): string => `
SELECT 'DOMAIN' AS kind, n.nspname AS schema, t.typname AS relation, c.conname AS name
  FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[])) AS named (schema, name)
  JOIN pg_catalog.pg_namespace n ON n.nspname = named.schema
  JOIN pg_catalog.pg_type t ON t.typnamespace = n.oid AND t.typname = named.name
  JOIN pg_catalog.pg_constraint c ON c.contypid = t.oid
 WHERE ${IN_FORCE} AND ${wanted}
 ORDER BY 2, 3, 4`;

/** Another type is made of this one: an array, a composite, a range, a domain. */
const IS_PART = `EXISTS (
  WITH RECURSIVE made (oid) AS (
    SELECT t.typarray WHERE t.typarray <> 0 AND EXISTS (SELECT FROM pg_catalog.pg_depend d
      WHERE d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.refobjid = t.typarray AND d.deptype = 'n')
    UNION ALL
    SELECT d.objid FROM pg_catalog.pg_depend d
     WHERE d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.refobjid = t.oid AND d.deptype IN ('n', 'a')
       AND (d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
            OR d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
               AND EXISTS (SELECT FROM pg_catalog.pg_class k WHERE k.oid = d.objid AND k.relkind = 'c'
                           -- Or a table's row type that others have columns of.
                           OR k.oid = d.objid AND EXISTS (SELECT FROM pg_catalog.pg_type y JOIN pg_catalog.pg_depend u
                                ON u.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass AND u.refobjid IN (y.oid, y.typarray) AND u.deptype = 'n'
                                WHERE y.oid = k.reltype))))
  SELECT FROM made)`;

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

const DOMAINS_IN = `
WITH RECURSIVE held (oid) AS (
  SELECT a.atttypid FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[])) AS named (schema, name)
    JOIN pg_catalog.pg_namespace n ON n.nspname = named.schema
    JOIN pg_catalog.pg_class r ON r.relnamespace = n.oid AND r.relname = named.name
    JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
  UNION
  SELECT part.oid FROM held JOIN pg_catalog.pg_type t ON t.oid = held.oid CROSS JOIN LATERAL (
    SELECT t.typelem WHERE t.typelem <> 0
    UNION ALL SELECT t.typbasetype WHERE t.typbasetype <> 0
    UNION ALL SELECT g.rngsubtype FROM pg_catalog.pg_range g WHERE g.rngtypid = t.oid OR g.rngmultitypid = t.oid
    UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute a
               WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) AS part (oid)
)
SELECT DISTINCT n.nspname AS schema, t.typname AS name
  FROM held JOIN pg_catalog.pg_type t ON t.oid = held.oid AND t.typtype = 'd' JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace`;

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
