import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CompareReport, describeDifference } from "../../../core/postgres/compare/index.ts";
import { parseConnection } from "../../../core/postgres/connection.ts";
import { compareDatabase, compareLive } from "../../../core/restore/compare.ts";
import { expectationOf } from "../../../core/restore/expectation.ts";
import { openRestorePoint } from "../../../core/restore/restore-point.ts";
import { createDatabase, type TestDatabase } from "../../support/postgres.ts";
import { createVault, type TestVault } from "./support.ts";

const options = { rows: true, sessions: 2, applicationName: "test compare" };

/** Each change to a table of its own, all made to one copy: a comparison dumps two schemas, which takes its time. */
const changes: readonly (readonly [what: string, change: string, expected: string])[] = [
  ["one changed value", "UPDATE a_value SET title = 'Film 7' WHERE id = 7", 'table "public"."a_value": row-hash'],
  ["one microsecond", "UPDATE b_moment SET seen = seen + interval '1 us' WHERE id = 7", '"b_moment": row-hash'],
  ["a value that became NULL", "UPDATE c_null SET title = NULL WHERE id = 1", '"c_null": row-hash'],
  [
    "two values that changed places",
    "UPDATE d_swap SET title = 'film ' || 3 - id WHERE id IN (1, 2)",
    '"d_swap": row-hash',
  ],
  ["a missing row", "DELETE FROM e_less WHERE id = 50", '"e_less": rows is 49, expected is 50'],
  ["a row too many", "INSERT INTO f_more VALUES (51)", '"f_more": rows is 51, expected is 50'],
  ["a missing table", "DROP TABLE g_gone", 'table "public"."g_gone": presence is missing'],
  ["a missing column", "ALTER TABLE h_column DROP COLUMN title", 'table "public"."h_column": columns'],
  [
    "columns in another order",
    "DROP TABLE l_order; CREATE TABLE l_order () INHERITS (k_owner); ALTER TABLE l_order ADD COLUMN first int",
    'table "public"."l_order": order of columns is id, title, seen, first, expected is first, id, title, seen',
  ],
  ["a missing index", "DROP INDEX i_index_title", "schema index public.i_index_title: presence is missing"],
  ["a changed privilege", "GRANT SELECT ON j_grant TO PUBLIC", "schema acl public.TABLE j_grant: presence is present"],
  ["a changed owner", "ALTER TABLE k_owner OWNER TO pg_database_owner", "schema table public.k_owner: owner"],
  ["a changed definition", "CREATE OR REPLACE VIEW seen AS SELECT 2 AS n", "schema view public.seen: definition"],
  [
    "a table too many",
    "CREATE TABLE extra (id int)",
    'table "public"."extra": presence is present, expected is absent',
  ],
  [
    "a sequence's value",
    "SELECT nextval('ticket')",
    'sequence "public"."ticket": value is 2 (called), expected is 1 (called)',
  ],
  ["a missing sequence", "DROP SEQUENCE lost", 'sequence "public"."lost": presence is missing'],
  ["a missing large object", "SELECT lo_unlink(501)", "large-objects 501 and 1 more: presence is missing"],
  ["a longer large object", "SELECT lo_put(502, 600000, 'x')", "large-objects all: bytes"],
  ["a large object's owner", "ALTER LARGE OBJECT 500 OWNER TO pg_database_owner", "large-objects 500: owner"],
  [
    "a large object's privileges",
    "GRANT SELECT ON LARGE OBJECT 502 TO PUBLIC",
    "large-objects 502: privileges is SELECT to PUBLIC",
  ],
  [
    "a large object's comment",
    "COMMENT ON LARGE OBJECT 502 IS 'other'",
    "large-objects 502: comment is other, expected is said",
  ],
  ["another large object in the place of one", "SELECT lo_create(503)", "large-objects 501 and 1 more: presence"],
  [
    "a materialized view without data",
    "REFRESH MATERIALIZED VIEW n_view WITH NO DATA",
    'table "public"."n_view": populated is not filled, expected is filled',
  ],
  ["one changed byte of a large object", "SELECT lo_put(500, 300000, 'X')", "large-objects all: md5"],
];
const TABLES = [
  "a_value",
  "b_moment",
  "c_null",
  "d_swap",
  "e_less",
  "f_more",
  "g_gone",
  "h_column",
  "i_index",
  "j_grant",
  "k_owner",
];

let vault: TestVault;
let source: TestDatabase;
let copy: TestDatabase;
let untouched: CompareReport[];
let changed: string[];

beforeAll(async () => {
  vault = await createVault();
  source = await createDatabase("compared");
  // By a session that ends: a database with sessions cannot be a template.
  const client = new pg.Client(source.url);
  await client.connect();
  for (const table of TABLES) {
    await client.query(`
      CREATE TABLE ${table} (id int PRIMARY KEY, title text DEFAULT 'x', seen timestamptz DEFAULT '2026-01-01 00:00:00Z');
      INSERT INTO ${table} SELECT n, 'film ' || n FROM generate_series(1, 50) n`);
  }
  await client.query(`
    CREATE TABLE elder (); CREATE TABLE l_order (first int) INHERITS (elder);
    ALTER TABLE elder ADD COLUMN id int NOT NULL, ADD COLUMN title text, ADD COLUMN seen timestamptz;
    CREATE INDEX i_index_title ON i_index (title);
    CREATE VIEW seen AS SELECT 1 AS n;
    CREATE SEQUENCE ticket; CREATE SEQUENCE lost;
    SELECT nextval('ticket');
    SELECT lo_from_bytea(oid, repeat('abc', 200000)::bytea) FROM unnest(ARRAY[500, 501, 502]::oid[]) AS oid;
    COMMENT ON LARGE OBJECT 502 IS 'said';
    CREATE MATERIALIZED VIEW n_view AS SELECT 1 AS n;
    CREATE MATERIALIZED VIEW m_view AS SELECT * FROM a_value WHERE id < 10`);
  await client.end();
  const ref = await vault.backUp(source.url);
  // A copy by the server itself, so that nothing of ours is compared with itself.
  copy = await createDatabase("copy", `TEMPLATE ${source.name}`);
  const settings = parseConnection(copy.url);
  const expected = await expectationOf(await openRestorePoint(vault, ref), { rows: true });
  const compare = async (): Promise<CompareReport[]> => [
    await compareDatabase(settings, expected, options),
    await compareLive(parseConnection(source.url), settings, options),
  ];
  untouched = await compare();
  for (const [, change] of changes) await copy.query(change);
  await copy.query(
    "INSERT INTO a_value VALUES (-1); REFRESH MATERIALIZED VIEW m_view; DELETE FROM a_value WHERE id = -1",
  );
  changed = (await compare()).map(({ differences }) => differences.map(describeDifference).join("\n"));
});
afterAll(async () => {
  await copy.drop();
  await source.drop();
  await vault.remove();
});

describe("a comparison", () => {
  test("finds nothing between a database and its copy", () => {
    for (const report of untouched) {
      expect(report).toEqual({ identical: true, tables: report.tables, level: "rows", differences: [] });
      expect(report.tables).toBeGreaterThanOrEqual(TABLES.length);
    }
  });

  test.each(changes)("with a restore point and with a live database notices %s", (_, __, expected) => {
    for (const report of changed) expect(report).toContain(expected);
  });

  test("of two databases notices a materialized view that was not refreshed", () => {
    expect(changed[1]).toContain('table "public"."m_view": rows is 10, expected is 9');
  });
});
