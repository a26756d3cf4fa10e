/**
 * Stored generated columns whose expression calls a user's function. It may read tables that were loaded after the row: then
 * what was computed for it is not what it would be in the whole database.
 * @module
 */
import type { Session } from "../session.ts";
import { quoteName } from "../sql.ts";
import { asksAFunction } from "./postponed.ts";
import { underSourcePath } from "./source-path.ts";
import type { Step } from "./steps.ts";

const COLUMNS = `
SELECT pg_catalog.format('%I.%I', n.nspname, r.relname) AS object,
       pg_catalog.json_agg(pg_catalog.json_build_array(a.attname, pg_catalog.pg_get_expr(d.adbin, d.adrelid)) ORDER BY a.attnum) AS columns
  FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[])) AS named (schema, name)
  JOIN pg_catalog.pg_namespace n ON n.nspname = named.schema
  JOIN pg_catalog.pg_class r ON r.relnamespace = n.oid AND r.relname = named.name AND r.relkind = 'r'
  JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attgenerated = 's' AND NOT a.attisdropped
  JOIN pg_catalog.pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
 WHERE ${asksAFunction("pg_attrdef", "d.oid")} OR ${asksAFunction("pg_class", "r.oid")} -- as version 14 has it
 GROUP BY 1 ORDER BY 1`;

/** Steps that compute anew what differs by now that all rows are there: one reading of each such table, before its indexes. */
export async function recomputingSteps(
  session: Session,
  tables: readonly { readonly schema: string; readonly name: string }[],
  searchPath: string,
): Promise<Step[]> {
  if (tables.length === 0) return [];
  const rows = await session.query<{ object: string; columns: readonly (readonly [string, string])[] }>(COLUMNS, [
    tables.map(({ schema }) => schema),
    tables.map(({ name }) => name),
  ]);
  return rows.map(({ object, columns }) => {
    const names = columns.map(([name]) => quoteName(name));
    const set = names.map((name) => `${name} = DEFAULT`).join(", ");
    const now = columns.map(([, expression]) => expression).join(", ");
    const statements = [
      `UPDATE ONLY ${object} SET ${set} WHERE ROW(${names.join(", ")})::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(${now})::pg_catalog.record`,
    ];
    const what = `computation of generated columns of ${object}`;
    return { name: `recompute/${object}`, what, statements, fallbacks: [underSourcePath(statements, searchPath)] };
  });
}
