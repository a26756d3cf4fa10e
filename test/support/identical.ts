/**
 * Whether two databases are the same, asked without anything of the product: native pg_dump's schema line by line, every row,
 * every sequence, every large object, and what belongs to the database itself.
 * @module
 */
import pg from "pg";
import { quoteName } from "../../core/postgres/sql.ts";
import { pgDump } from "./native.ts";

export interface Judging {
  /** False where the target was there before: its owner, settings, comment, privileges, encoding are its own. @default true */
  readonly database?: boolean;
  /** Further arguments of pg_dump, e.g. `--no-owner`. */
  readonly dumpArgs?: readonly string[];
  /** Schemas that are not looked into (rows, sequences, list of schemas); pg_dump is told by `dumpArgs`. */
  readonly withoutSchemas?: readonly string[];
}

/** A thing's name and what it is; both printable. */
type Facts = ReadonlyMap<string, string>;

/** Lines that say what is not the same, `- ` of the first, `+ ` of the second; empty when they are identical. Both must be quiet. */
export async function differences(first: string, second: string, judging: Judging = {}): Promise<string[]> {
  return between(...(await Promise.all([portrait(first, judging), portrait(second, judging)])));
}

/** As `differences`, of two that were looked at before. */
export function between(first: Portrait, second: Portrait): string[] {
  return [...schemaDifferences(first.schema, second.schema), ...factDifferences(first.facts, second.facts)];
}

/** All that is judged of a database. */
export interface Portrait {
  readonly schema: readonly string[];
  readonly facts: Facts;
}

export async function portrait(url: string, judging: Judging = {}): Promise<Portrait> {
  const { dumpArgs = [] } = judging;
  const [dump, facts] = await Promise.all([pgDump(url, ["--schema-only", ...dumpArgs]), readFacts(url, judging)]);
  return { schema: schemaLines(dump), facts };
}

/** A key that is drawn for each dump, and which program dumped which server when. */
const OF_THE_DUMP = /^(\\(un)?restrict |-- Dumped (from|by) |-- (Started|Completed) on )/;

/** Byte by byte: names may be in any encoding, or in none. */
function schemaLines(dump: Buffer): string[] {
  return dump
    .toString("latin1")
    .split("\n")
    .filter((line) => !OF_THE_DUMP.test(line));
}

const CONTEXT_LINES = 3;

function schemaDifferences(a: readonly string[], b: readonly string[]): string[] {
  if (a.length === b.length && a.every((line, index) => line === b[index])) return [];
  const only = [...missing(a, b).map((line) => `- ${line}`), ...missing(b, a).map((line) => `+ ${line}`)];
  if (only.length > 0) return only.map(printable);
  const [left, right] = [entries(a), entries(b)];
  if (left.every((entry, index) => entry === right[index])) return [];
  const at = a.findIndex((line, index) => line !== b[index]);
  const around = (lines: readonly string[]) => lines.slice(Math.max(0, at - CONTEXT_LINES), at + CONTEXT_LINES);
  return [`the same lines in another order from line ${at + 1} on`, ...around(a).map((line) => `- ${line}`)].concat(
    around(b).map((line) => `+ ${line}`),
  );
}

/** In what order pg_dump puts two objects that do not need each other, or need each other in a circle, says nothing of them. */
function entries(lines: readonly string[]): string[] {
  const kept = lines.filter((line) => !/^SET default_(tablespace|table_access_method) = /.test(line));
  return kept
    .join("\n")
    .split(/^(?=-- Name: )/m)
    .map((entry) => entry.replace(/\s*(--\s*)?$/, ""))
    .toSorted();
}

/** Lines of `a` that `b` has fewer times. */
function missing(a: readonly string[], b: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const line of b) left.set(line, (left.get(line) ?? 0) + 1);
  return a.filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
}

function printable(line: string): string {
  return Buffer.from(line, "latin1").toString("utf8");
}

function factDifferences(a: Facts, b: Facts): string[] {
  return [...new Set([...a.keys(), ...b.keys()])].flatMap((name) => {
    const [left, right] = [a.get(name), b.get(name)];
    if (left === right) return [];
    return [
      ...(left === undefined ? [] : [`- ${name}: ${left}`]),
      ...(right === undefined ? [] : [`+ ${name}: ${right}`]),
    ];
  });
}

/** Whatever the database or the server would otherwise say of texts; no plan or limit of theirs either. */
const PINNED = `
  SET SESSION AUTHORIZATION DEFAULT; RESET ROLE; SET statement_timeout = 0; SET lock_timeout = '60s'; SET transaction_timeout = 0;
  SET default_transaction_isolation = 'read committed'; SET default_transaction_deferrable = off; SET row_security = off;
  SET search_path = ''; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres'; SET TimeZone = 'UTC';
  SET bytea_output = 'hex'; SET extra_float_digits = 3; SET lc_monetary = 'C'; SET lc_numeric = 'C'; SET lc_time = 'C';
  SET standard_conforming_strings = on; SET xmlbinary = 'base64'; SET quote_all_identifiers = off`;
/** Not of every version. */
const MAY_BE_UNKNOWN = /transaction_timeout/;

async function readFacts(url: string, { database = true, withoutSchemas = [] }: Judging): Promise<Facts> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of PINNED.split(";")) {
      await client.query(statement).catch((error: unknown) => {
        if (!MAY_BE_UNKNOWN.test(statement)) throw error;
      });
    }
    const facts = new Map<string, string>();
    const add = (rows: readonly { name: string; value: string }[]) => {
      for (const { name, value } of rows) facts.set(name, `${facts.has(name) ? `${facts.get(name)} | ` : ""}${value}`);
    };
    if (database) add((await client.query(DATABASE)).rows);
    add((await client.query(LARGE_OBJECTS)).rows);
    for (const query of [BESIDE_THE_DUMP, FILLED]) add((await client.query(query, [withoutSchemas])).rows);
    const relations = await client.query<Relation>(RELATIONS, [withoutSchemas]);
    for (const relation of relations.rows) facts.set(nameOf(relation), await contentOf(client, relation));
    return facts;
  } finally {
    await client.end();
  }
}

interface Relation {
  readonly kind: "sequence" | "table" | "tree";
  readonly schema: string;
  readonly name: string;
}

const nameOf = ({ kind, schema, name }: Relation): string =>
  `${kind === "sequence" ? "sequence" : "rows of"} ${quoteName(schema)}.${quoteName(name)}`;

/** Schemas with what may lie in them; system ones have a user's rights at most, which pg_dump tells. */
const IN_SCHEMA = `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND n.nspname <> ALL ($1::text[])`;

/**
 * Whatever has rows of its own, extensions' tables included; foreign tables never. In a tree that is hashed a row's partition may
 * depend on the server's oids (of enums), so it counts as one.
 */
const RELATIONS = `
WITH hashed AS (
  SELECT p.partrelid AS root FROM pg_catalog.pg_partitioned_table p
   WHERE p.partstrat = 'h'
), trees AS (
  SELECT DISTINCT pg_catalog.pg_partition_root(root)::oid AS oid FROM hashed
)
SELECT CASE WHEN c.relkind = 'S' THEN 'sequence' WHEN c.relkind = 'p' THEN 'tree' ELSE 'table' END AS kind,
       n.nspname AS schema, c.relname AS name
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE ${IN_SCHEMA} AND c.relpersistence <> 't'
   AND (c.relkind = 'S' OR c.relkind = 'm' AND c.relispopulated
        OR c.relkind = 'r' AND NOT (c.relispartition AND pg_catalog.pg_partition_root(c.oid)::oid IN (SELECT oid FROM trees))
        OR c.relkind = 'p' AND c.oid IN (SELECT oid FROM trees))
 ORDER BY 2, 3`;

/** Whole rows as text, hashed in an order of the hashes' own. A row that cannot be shown is told by the server's error. */
async function contentOf(client: pg.Client, { kind, schema, name }: Relation): Promise<string> {
  const relation = `${quoteName(schema)}.${quoteName(name)}`;
  if (kind === "sequence") {
    const { rows } = await client.query(`SELECT last_value::text, is_called FROM ${relation}`);
    return `${rows[0].last_value}, ${rows[0].is_called ? "called" : "not called"}`;
  }
  const text = `SELECT pg_catalog.md5((t.*)::pg_catalog.text) AS h FROM ${kind === "tree" ? "" : "ONLY "}${relation} AS t`;
  const hash = `pg_catalog.md5(pg_catalog.string_agg(h, '' ORDER BY h COLLATE pg_catalog."C"))`;
  try {
    const { rows } = await client.query(
      `SELECT pg_catalog.count(*) AS count, ${hash} AS hash FROM (${text}) AS hashed`,
    );
    return `${rows[0].count} rows, ${rows[0].hash ?? "nothing"}`;
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    return `cannot be shown: ${error.message}`;
  }
}

const ACL = (
  column: string,
) => `(SELECT coalesce(pg_catalog.string_agg(said, ', ' ORDER BY said COLLATE pg_catalog."C"), 'to nobody')
  FROM (SELECT pg_catalog.format('%s%s to %s by %s', a.privilege_type, CASE WHEN a.is_grantable THEN '*' ELSE '' END,
          CASE a.grantee WHEN 0 THEN 'everybody' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END,
          pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantor))) AS said
          FROM pg_catalog.aclexplode(${column}) AS a) AS granted)`;

/** Names of columns differ between versions, so the row is taken as it is; what is the copy's own is left out. */
const DATABASE = `
WITH this AS (SELECT d.*, pg_catalog.to_jsonb(d) AS fields FROM pg_catalog.pg_database d WHERE datname = pg_catalog.current_database())
SELECT 'database ' || f.key AS name, coalesce(f.value, '(none)') AS value
  FROM this CROSS JOIN LATERAL pg_catalog.jsonb_each_text(fields) AS f
 WHERE f.key NOT IN ('oid', 'datname', 'datdba', 'datfrozenxid', 'datminmxid', 'dattablespace', 'datacl', 'dathasloginevt', 'datlastsysoid')
UNION ALL
SELECT 'database owner', pg_catalog.pg_get_userbyid(datdba) FROM this
UNION ALL
SELECT 'database comment', coalesce(pg_catalog.shobj_description(oid, 'pg_database'), '(none)') FROM this
UNION ALL
SELECT 'database privileges', CASE WHEN datacl IS NULL THEN '(default)' ELSE ${ACL("datacl")} END FROM this
UNION ALL
SELECT 'database label of ' || l.provider, l.label FROM this JOIN pg_catalog.pg_shseclabel l
    ON l.objoid = this.oid AND l.classoid = 'pg_catalog.pg_database'::pg_catalog.regclass
UNION ALL
SELECT pg_catalog.format('database setting %s of %s', pg_catalog.split_part(s, '=', 1),
         CASE r.setrole WHEN 0 THEN 'everybody' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(r.setrole)) END), s
  FROM this JOIN pg_catalog.pg_db_role_setting r ON r.setdatabase = this.oid CROSS JOIN LATERAL pg_catalog.unnest(r.setconfig) AS s`;

const PIECE_BYTES = 16 * 1024 * 1024;

/** In pieces, since a value ends at 1 GB; sizes by the table's last page, which takes a superuser. */
const LARGE_OBJECTS = `
SELECT 'large object ' || m.oid AS name,
       pg_catalog.concat_ws('; ', 'owner ' || pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(m.lomowner)),
         'privileges ' || CASE WHEN m.lomacl IS NULL THEN '(default)' ELSE ${ACL("m.lomacl")} END,
         'comment ' || coalesce(pg_catalog.obj_description(m.oid, 'pg_largeobject'), '(none)'),
         (SELECT pg_catalog.string_agg(l.provider || ' label ' || l.label, ', ' ORDER BY l.provider) FROM pg_catalog.pg_seclabel l
           WHERE l.objoid = m.oid AND l.classoid = 'pg_catalog.pg_largeobject'::pg_catalog.regclass),
         pg_catalog.format('%s bytes, %s', size.bytes, (
           SELECT pg_catalog.string_agg(pg_catalog.md5(pg_catalog.lo_get(m.oid, at, ${PIECE_BYTES})), ' ' ORDER BY at)
             FROM pg_catalog.generate_series(0::bigint, size.bytes, ${PIECE_BYTES}) AS at))) AS value
  FROM pg_catalog.pg_largeobject_metadata m
 CROSS JOIN LATERAL (SELECT coalesce(pg_catalog.max(p.pageno::bigint * 2048 + pg_catalog.length(p.data)), 0) AS bytes
         FROM pg_catalog.pg_largeobject p WHERE p.loid = m.oid) AS size
 ORDER BY m.oid`;

/** What pg_dump says nothing of: schemas and extensions that every new database has, versions of extensions. */
const BESIDE_THE_DUMP = `
SELECT 'schema ' || pg_catalog.quote_ident(n.nspname) AS name, 'there' AS value FROM pg_catalog.pg_namespace n WHERE ${IN_SCHEMA}
UNION ALL
SELECT 'extension ' || pg_catalog.quote_ident(extname), extversion FROM pg_catalog.pg_extension`;

/** Views' rows are compared where there are some. */
const FILLED = `
SELECT pg_catalog.format('materialized view %I.%I', n.nspname, c.relname) AS name, CASE WHEN c.relispopulated THEN 'filled' ELSE 'not filled' END AS value
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'm' AND ${IN_SCHEMA}`;
