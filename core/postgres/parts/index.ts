/**
 * What a source's configuration leaves out of its dumps, found in the catalogs: relations by name, and what cannot be without them.
 * @module
 */
import { PreconditionError } from "../../errors.ts";
import { type Choice, type Named, similarTo, unmatched } from "../../parts/choice.ts";
import { isChosenSql, matchesSchemaSql } from "../../parts/sql.ts";
import type { Toc, TocEntry } from "../ddl/index.ts";
import { DUMPED_RELATIONS } from "../relations.ts";
import type { Session } from "../session.ts";
import { qualifiedName } from "../sql.ts";

export interface SourceParts {
  readonly choice: Choice;
  /** Of these, definitions alone. */
  readonly excludeData: readonly string[];
}

export interface LeftOutRelation extends Named {
  readonly kind: "table" | "partitioned table" | "foreign table" | "view" | "materialized view" | "sequence";
}

export interface LeftOut {
  readonly relations: readonly LeftOutRelation[];
  readonly schemas: readonly string[];
  /** Views among the relations that nobody excluded, and that need what was. */
  readonly alongside: readonly LeftOutRelation[];
  /** `catalog oid/oid` of everything that needs what is left out. */
  readonly needing: ReadonlySet<string>;
}

const KINDS = `CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'f' THEN 'foreign table'
  WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence' END`;
const REGCLASS = (catalog: string): string => `'pg_catalog.${catalog}'::pg_catalog.regclass::pg_catalog.oid`;

/** All of pg_dump's relations, and from those that are not chosen, and excluded schemas, everything that depends on them. */
function needingSql(choice: Choice): string {
  return `WITH RECURSIVE ${DUMPED_RELATIONS}, listed AS (
    SELECT c.oid, n.nspname AS schema, c.relname AS name, ${KINDS} AS kind, (${isChosenSql(choice)}) AS chosen
      FROM dumped JOIN pg_catalog.pg_class c USING (oid) JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
         WHERE d.classid = ${REGCLASS("pg_class")} AND d.objid = c.oid AND d.deptype = 'e')
  ), taken (class, oid) AS (
    SELECT ${REGCLASS("pg_class")}, oid FROM listed WHERE NOT chosen
    UNION
    SELECT ${REGCLASS("pg_namespace")}, oid FROM pg_catalog.pg_namespace WHERE ${matchesSchemaSql(choice.excludeSchemas, "nspname")}
    UNION
    SELECT x.class, x.oid FROM taken t CROSS JOIN LATERAL (
      SELECT d.classid, d.objid FROM pg_catalog.pg_depend d
       WHERE d.refclassid = t.class AND d.refobjid = t.oid AND d.deptype IN ('n', 'a', 'i', 'P', 'S')
      UNION ALL
      -- A view is the rule that makes it one; a table is made with its defaults and checks.
      SELECT ${REGCLASS("pg_class")}, r.ev_class FROM pg_catalog.pg_rewrite r
       WHERE t.class = ${REGCLASS("pg_rewrite")} AND r.oid = t.oid AND r.rulename = '_RETURN'
      UNION ALL
      SELECT ${REGCLASS("pg_class")}, a.adrelid FROM pg_catalog.pg_attrdef a
       WHERE t.class = ${REGCLASS("pg_attrdef")} AND a.oid = t.oid
      UNION ALL
      SELECT CASE k.conrelid WHEN 0 THEN ${REGCLASS("pg_type")} ELSE ${REGCLASS("pg_class")} END,
             CASE k.conrelid WHEN 0 THEN k.contypid ELSE k.conrelid END
        FROM pg_catalog.pg_constraint k
       WHERE t.class = ${REGCLASS("pg_constraint")} AND k.oid = t.oid AND k.contype = 'c') AS x (class, oid)
  )`;
}

/** In the session's snapshot. */
async function readLeftOut(session: Session, choice: Choice): Promise<LeftOut> {
  const rows = await session.query<{ class: number; oid: number } & Record<string, unknown>>(
    `${needingSql(choice)} SELECT DISTINCT class, oid FROM taken`,
  );
  const relations = await session.query<LeftOutRelation & { chosen: boolean } & Record<string, unknown>>(
    `${needingSql(choice)} SELECT listed.kind, listed.schema, listed.name, listed.chosen
       FROM listed JOIN taken ON taken.oid = listed.oid AND taken.class = ${REGCLASS("pg_class")} ORDER BY 2, 3`,
  );
  const schemas = await session.query<{ name: string }>(
    `SELECT nspname AS name FROM pg_catalog.pg_namespace WHERE ${matchesSchemaSql(choice.excludeSchemas, "nspname")} ORDER BY 1`,
  );
  return {
    relations: relations.map(({ kind, schema, name }) => ({ kind, schema, name })),
    alongside: relations.filter(({ chosen }) => chosen).map(({ kind, schema, name }) => ({ kind, schema, name })),
    schemas: schemas.map(({ name }) => name),
    needing: new Set(rows.map((row) => `${row.class}/${row.oid}`)),
  };
}

const NAMED = 5;

/**
 * Whether the configuration's patterns mean something, and leave out nothing that a chosen table cannot be without.
 * @throws PreconditionError `parts-unmatched`, `parts-need-more`, each by name
 */
export async function checkParts(session: Session, { choice, excludeData }: SourceParts): Promise<LeftOut> {
  const relations = await session.query<Named & Record<string, unknown>>(
    `WITH ${DUMPED_RELATIONS} SELECT n.nspname AS schema, c.relname AS name
       FROM dumped JOIN pg_catalog.pg_class c USING (oid) JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S')`,
  );
  const schemas = await session.query<{ name: string }>("SELECT nspname AS name FROM pg_catalog.pg_namespace");
  const tables = { ...choice, tables: [...choice.tables, ...excludeData] };
  const missing = unmatched(
    tables,
    schemas.map(({ name }) => name),
    relations,
  );
  if (missing.length > 0) throw nothingMeant(missing, tables, relations);
  const left = await readLeftOut(session, choice);
  const tied = left.alongside.filter(({ kind }) => kind !== "view" && kind !== "materialized view");
  if (tied.length === 0) return left;
  const what = some(tied.map((one) => `${one.kind} ${qualifiedName(one)}`));
  throw new PreconditionError(
    "parts-need-more",
    `${what} cannot be without something that the source's configuration leaves out`,
    {
      hint: "A parent it inherits from, a type, a sequence or a function of its defaults: include that too, or exclude both.",
    },
  );
}

function nothingMeant(
  missing: readonly string[],
  { tables, excludeTables }: Choice,
  relations: readonly Named[],
): PreconditionError {
  const similar = [...tables, ...excludeTables].flatMap((pattern) =>
    missing.includes(`table ${pattern}`) ? similarTo(pattern, relations) : [],
  );
  const alike = similar.length === 0 ? "" : ` There are ${similar.join(", ")}.`;
  return new PreconditionError("parts-unmatched", `the database has nothing that is meant by ${some(missing)}`, {
    hint: `Correct include, exclude or excludeData of the source: names are matched exactly, upper and lower case too.${alike}`,
  });
}

function some(names: readonly string[]): string {
  const named = names.slice(0, NAMED).join(", ");
  return names.length > NAMED ? `${named} and ${names.length - NAMED} more` : named;
}

/** The archive's entries that cannot be made without what is left out: foreign keys, triggers, policies, functions. */
export function entriesLeftOut({ entries }: Toc, { needing }: LeftOut): TocEntry[] {
  return entries.filter(({ catalogOid, oid }) => oid !== 0 && needing.has(`${catalogOid}/${oid}`));
}

/** Without those, and without what is said about them. */
export function withoutEntries(toc: Toc, left: readonly TocEntry[]): Toc {
  const gone = new Set(left.map(({ dumpId }) => dumpId));
  for (const { dumpId, dependencies, section } of toc.entries) {
    if (section === "none" && dependencies.some((needed) => gone.has(needed))) gone.add(dumpId);
  }
  return { ...toc, entries: toc.entries.filter(({ dumpId }) => !gone.has(dumpId)) };
}
