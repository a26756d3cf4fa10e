/**
 * A choice of relations as a condition of SQL, for catalogs read where they are.
 * @module
 */
import type { Choice } from "./choice.ts";
import { isNarrow } from "./choice.ts";
import { nameRegex, schemaPattern, tablePattern } from "./pattern.ts";

/** True only with standard_conforming_strings on, which every session pins. */
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Of an expression that gives a schema's name. */
export function matchesSchemaSql(patterns: readonly string[], schema: string): string {
  const conditions = patterns.map((text) => `${schema} ~ ${literal(nameRegex(schemaPattern(text)))}`);
  return conditions.length === 0 ? "false" : `(${conditions.join(" OR ")})`;
}

export function matchesTableSql(patterns: readonly string[], schema: string, name: string): string {
  const conditions = patterns.map(tablePattern).map((pattern) => {
    return `(${schema} ~ ${literal(nameRegex(pattern.schema))} AND ${name} ~ ${literal(nameRegex(pattern.name))})`;
  });
  return conditions.length === 0 ? "false" : `(${conditions.join(" OR ")})`;
}

/**
 * Of `c`, a row of pg_class: what is named itself, or what it belongs to. Everything that goes by a partition's root or a sequence's
 * owner is what those are, unless a name of its own excludes it.
 */
export function isChosenSql(choice: Choice): string {
  const { schemas, tables, excludeSchemas, excludeTables } = choice;
  const either = (ofSchemas: readonly string[], ofTables: readonly string[]): string =>
    `${matchesSchemaSql(ofSchemas, "y.nspname")} OR ${matchesTableSql(ofTables, "y.nspname", "x.relname")}`;
  const any = (chain: string, condition: string): string =>
    `EXISTS (SELECT FROM (${chain}) AS chain (oid) JOIN pg_catalog.pg_class x ON x.oid = chain.oid
       JOIN pg_catalog.pg_namespace y ON y.oid = x.relnamespace WHERE ${condition})`;
  const included = isNarrow(choice) ? any(`${CHAIN} UNION ${USERS}`, either(schemas, tables)) : "true";
  return `${included} AND NOT ${any(CHAIN, either(excludeSchemas, excludeTables))}`;
}

const OWNER = `SELECT d.refobjid FROM pg_catalog.pg_depend d
  WHERE c.relkind = 'S' AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid
    AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')`;
/** `c` itself, the tables it is a part of, the table that owns it and those that one is a part of. */
const CHAIN = `SELECT c.oid
  UNION SELECT relid::pg_catalog.oid FROM pg_catalog.pg_partition_ancestors(c.oid) AS up (relid)
  UNION ${OWNER}
  UNION SELECT up.relid::pg_catalog.oid FROM (${OWNER}) AS owner (oid)
          CROSS JOIN LATERAL pg_catalog.pg_partition_ancestors(owner.oid) AS up (relid)`;
/** Tables that take their defaults from a sequence: it comes along with one of them. */
const USERS = `SELECT a.adrelid FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_attrdef a ON a.oid = d.objid
  WHERE c.relkind = 'S' AND d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
    AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = c.oid`;
