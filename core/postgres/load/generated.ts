/**
 * Stored generated columns whose expression calls a user's function. It may read tables that were loaded after the row: then
 * what was computed for it is not what it would be in the whole database.
 * @module
 */
import type { Session } from "../session.ts";
import { quoteName } from "../sql.ts";
import { asksAFunction } from "./find-checks.ts";
import { underSourcePath } from "./source-path.ts";
import type { Step } from "./steps.ts";

const COLUMNS = `
SELECT pg_catalog.format('%I.%I', n.nspname, r.relname) AS object,
       ARRAY(SELECT k.attname::pg_catalog.text FROM pg_catalog.pg_attribute k
              WHERE k.attrelid = r.oid AND k.attnum > 0 AND NOT k.attisdropped AND k.attgenerated = '' ORDER BY k.attnum) AS given,
       pg_catalog.json_agg(pg_catalog.json_build_array(a.attname,
         CASE WHEN pg_catalog.getdatabaseencoding() <> 'SQL_ASCII' THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END) ORDER BY a.attnum) AS columns
  FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[])) AS named (schema, name)
  JOIN pg_catalog.pg_namespace n ON n.nspname = named.schema
  JOIN pg_catalog.pg_class r ON r.relnamespace = n.oid AND r.relname = named.name AND r.relkind = 'r'
  JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attgenerated = 's' AND NOT a.attisdropped
  JOIN pg_catalog.pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
 WHERE ${asksAFunction("pg_attrdef", "d.oid")} OR ${asksAFunction("pg_class", "r.oid")} -- as version 14 has it
 GROUP BY r.oid, 1 ORDER BY 1`;

interface Computed {
  readonly object: string;
  /** The other columns. */
  readonly given: readonly string[];
  /** Names, and what computes them. */
  readonly columns: readonly (readonly [string, string | null])[];
}

/** Steps that compute anew what differs by now that all rows are there: one reading of each such table, before its indexes. */
export async function recomputingSteps(
  session: Session,
  tables: readonly { readonly schema: string; readonly name: string }[],
  searchPath: string,
): Promise<Step[]> {
  if (tables.length === 0) return [];
  const rows = await session.query<Computed & Record<string, unknown>>(COLUMNS, [
    tables.map(({ schema }) => schema),
    tables.map(({ name }) => name),
  ]);
  return rows
    .filter(({ given }) => given.length > 0)
    .map((computed) => {
      const statements = [recompute(computed)];
      const what = `computation of generated columns of ${computed.object}`;
      const fallbacks = [underSourcePath(statements, searchPath)];
      return { name: `recompute/${computed.object}`, what, statements, fallbacks };
    });
}

/** Written again: an UPDATE computes only what depends on columns that it sets to something. No trigger, rule or key is there yet. */
function recompute({ object, given, columns }: Computed): string {
  const others = given.map(quoteName).join(", ");
  const names = columns.map(([name]) => quoteName(name)).join(", ");
  const now = columns.flatMap(([, expression]) => expression ?? []);
  const differs = `ROW(${names})::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(${now.join(", ")})::pg_catalog.record`;
  // An expression that may be no text stays on the server: then every row is written again.
  const where = now.length < columns.length ? "" : ` WHERE ${differs}`;
  return `WITH gone AS (DELETE FROM ONLY ${object}${where} RETURNING ${others})
    INSERT INTO ${object} (${others}) OVERRIDING SYSTEM VALUE SELECT ${others} FROM gone`;
}
