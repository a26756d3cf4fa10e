/**
 * The order of the columns of tables that inherit: a parent's column that came after the child stands at the child's end, and an
 * attached child has an order of its own. CREATE … INHERITS, all that pg_dump writes, puts the parent's first, so that
 * `SELECT *` and `INSERT` without names would mean other columns.
 *
 * Such a table is made twice: as pg_dump wrote it, to see what its columns and inherited constraints are; then as the child of a
 * passing parent that has the columns in their order. It is tied to its own parents and let go by that one, by which inherited
 * stays inherited and own stays own (ADR 115).
 * @module
 */
import type { Toc, TocEntry } from "../ddl/index.ts";
import type { PlannedTable } from "../plan/types.ts";
import { qualifiedName, quoteLiteral } from "../sql.ts";
import { MARKER_SCHEMA } from "./marker.ts";

type Columned = Pick<PlannedTable, "schema" | "name" | "columns">;
type ColumnsOf = ReadonlyMap<string, readonly string[]>;

/** The archive with each table defined so that it has its columns in the order of `tables`; most entries are what they were. */
export function inColumnOrder(toc: Toc, tables: readonly Columned[]): Toc {
  const columnsOf = new Map(tables.map((table) => [qualifiedName(table), table.columns.map(({ name }) => name)]));
  return { ...toc, entries: toc.entries.map((entry) => ordered(entry, columnsOf)) };
}

function ordered(entry: TocEntry, columnsOf: ColumnsOf): TocEntry {
  const { desc, namespace: schema = "", tag: name, defn } = entry;
  if ((desc !== "TABLE" && desc !== "FOREIGN TABLE") || defn === undefined) return entry;
  const clause = inheritsClause(defn);
  const columns = columnsOf.get(qualifiedName({ schema, name }));
  if (clause === undefined || columns === undefined) return entry;
  const before = clause.parents.flatMap((parent) => columnsOf.get(parent) ?? []);
  const made = [...new Set([...before.filter((column) => columns.includes(column)), ...columns])];
  if (made.every((column, index) => column === columns[index])) return entry;
  return {
    ...entry,
    defn: `${defn}\n${madeAgain({ desc, table: qualifiedName({ schema, name }), defn, clause, columns })}`,
  };
}

interface InheritsClause {
  /** Where the list of parents stands in the definition. */
  readonly start: number;
  readonly end: number;
  /** Qualified and quoted. */
  readonly parents: readonly string[];
}

/** At the end of the columns; literals and quoted names, which may hold lines that look like it, are passed over. */
const INHERITS = /'(?:[^']|'')*'|"(?:[^"]|"")*"|\n\)\nINHERITS \(/g;
const PARENT = /(?:"((?:[^"]|"")*)"|([^\s",.()]+))\.(?:"((?:[^"]|"")*)"|([^\s",.()]+))(, |\))/y;

function inheritsClause(defn: string): InheritsClause | undefined {
  const found = [...defn.matchAll(INHERITS)].find(([text]) => text.startsWith("\n"));
  if (found === undefined) return undefined;
  const start = found.index + found[0].length;
  const parents: string[] = [];
  for (PARENT.lastIndex = start; ; ) {
    const parent = PARENT.exec(defn);
    if (parent === null) return undefined;
    const [, quotedSchema, plainSchema = "", quotedName, plainName = "", separator] = parent;
    const [schema, name] = [unquoted(quotedSchema) ?? plainSchema, unquoted(quotedName) ?? plainName];
    parents.push(qualifiedName({ schema, name }));
    if (separator === ")") return { start, end: PARENT.lastIndex - 1, parents };
  }
}

function unquoted(name: string | undefined): string | undefined {
  return name?.replaceAll('""', '"');
}

const PASSING = qualifiedName({ schema: MARKER_SCHEMA, name: "columns" });

interface MakingAgain {
  readonly desc: string;
  readonly table: string;
  readonly defn: string;
  readonly clause: InheritsClause;
  readonly columns: readonly string[];
}

/**
 * Before version 16 a child's generated column cannot be given its expression again: there the table stays as it is, and a
 * comparison says what order it has. Before version 18 NOT NULL is no constraint with a name.
 */
function madeAgain({ desc, table, defn, clause, columns }: MakingAgain): string {
  const { start, end, parents } = clause;
  const body = `
DECLARE
  made pg_catalog.regclass := ${quoteLiteral(table)};
  version pg_catalog.int4 := pg_catalog.current_setting('server_version_num');
  items pg_catalog.text;
BEGIN
  IF version < 160000 AND EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE attrelid = made AND attgenerated <> '') THEN
    RETURN;
  END IF;
  SELECT pg_catalog.string_agg(item, ', ' ORDER BY position, item) INTO items FROM (
    SELECT wanted.position, pg_catalog.concat(
        pg_catalog.quote_ident(a.attname), ' ', pg_catalog.format_type(a.atttypid, a.atttypmod),
        CASE WHEN a.attcollation <> t.typcollation THEN pg_catalog.format(' COLLATE %I.%I', n.nspname, o.collname) END,
        CASE a.attgenerated WHEN '' THEN ' DEFAULT ' || d.expression
          WHEN 's' THEN pg_catalog.format(' GENERATED ALWAYS AS (%s) STORED', d.expression)
          ELSE pg_catalog.format(' GENERATED ALWAYS AS (%s) VIRTUAL', d.expression) END,
        CASE WHEN a.attnotnull AND version < 180000 THEN ' NOT NULL' END) AS item
      FROM pg_catalog.unnest(ARRAY[${columns.map(quoteLiteral).join(", ")}]::pg_catalog.text[]) WITH ORDINALITY AS wanted (name, position)
      JOIN pg_catalog.pg_attribute a ON a.attrelid = made AND a.attname = wanted.name
      JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
      LEFT JOIN (pg_catalog.pg_collation o JOIN pg_catalog.pg_namespace n ON n.oid = o.collnamespace) ON o.oid = a.attcollation
      LEFT JOIN (SELECT adrelid, adnum, pg_catalog.pg_get_expr(adbin, adrelid) FROM pg_catalog.pg_attrdef) AS d (relation, attnum, expression)
        ON d.relation = made AND d.attnum = a.attnum
    UNION ALL
    SELECT ${columns.length + 1}, pg_catalog.format('CONSTRAINT %I %s', c.conname, pg_catalog.pg_get_constraintdef(c.oid))
      FROM pg_catalog.pg_constraint c
     WHERE c.conrelid = made AND c.contype IN ('c', 'n') AND c.coninhcount > 0 AND NOT c.connoinherit) AS found;
  EXECUTE pg_catalog.format(${quoteLiteral(`CREATE TABLE ${PASSING} (%s)`)}, items);
  DROP ${desc} ${table};
  EXECUTE ${quoteLiteral(`${defn.slice(0, start)}${PASSING}${defn.slice(end)}`)};
${parents.map((parent) => `  ALTER TABLE ${table} INHERIT ${parent};`).join("\n")}
  ALTER TABLE ${table} NO INHERIT ${PASSING};
  DROP TABLE ${PASSING};
END`;
  return `DO ${quoteLiteral(body)};`;
}
