/** What PostgreSQL's own regression database and other large ones have taught, each in a few statements of its own. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RestoreResult } from "../../../core/restore/direct.ts";
import { differences } from "../../support/identical.ts";
import { createDatabase } from "../../support/postgres.ts";
import { createVault, type TestVault } from "./support.ts";

let vault: TestVault;

beforeAll(async () => {
  vault = await createVault();
});

afterAll(() => vault.remove());

interface RoundTrip {
  readonly result: RestoreResult;
  readonly differences: readonly string[];
  /** The same query's rows in both. */
  readonly asked: readonly [unknown, unknown];
}

async function roundTrip(sql: string, question = "SELECT 1"): Promise<RoundTrip> {
  const source = await createDatabase("first");
  const target = await createDatabase("second");
  try {
    await source.query(sql);
    const result = await vault.restore(await vault.backUp(source.url), target.url);
    const asked = [await source.query(question), await target.query(question)] as const;
    return { result, asked, differences: await differences(source.url, target.url, { database: false }) };
  } finally {
    await Promise.all([source.drop(), target.drop()]);
  }
}

const HEIRS = `
  CREATE TABLE base (id int CONSTRAINT has_id NOT NULL, name text COLLATE "C" DEFAULT 'no ''name' CHECK (name <> ''));
  CREATE TABLE "quo""ted, x" (extra numeric(5,2) DEFAULT 1.5, twice int GENERATED ALWAYS AS (id * 2) STORED, late_own int)
    INHERITS (base);
  CREATE TABLE grandchild (own int) INHERITS ("quo""ted, x");
  ALTER TABLE base ADD COLUMN later varchar(7) DEFAULT E'a\\nb' NOT NULL;
  ALTER TABLE base ADD COLUMN thrice int GENERATED ALWAYS AS (id * 3) STORED;
  ALTER TABLE base ADD CONSTRAINT positive CHECK (id > 0), ADD CONSTRAINT not_for_heirs CHECK (id < 100) NO INHERIT;
  ALTER TABLE "quo""ted, x" ADD COLUMN last_own date DEFAULT '2020-01-01' CONSTRAINT new_era CHECK (last_own > '2000-01-01');
  CREATE TABLE other (b int, a text);
  CREATE TABLE attached (a text, twice int, b int, c int);
  ALTER TABLE attached INHERIT other;
  CREATE TABLE both_of_them (c int) INHERITS (other, base);
  ALTER TABLE other ADD COLUMN d int;
  ALTER TABLE attached ALTER COLUMN a SET STORAGE EXTERNAL;
  CREATE FUNCTION shown(attached) RETURNS text LANGUAGE sql RETURN $1::text;
  INSERT INTO base (id, later) VALUES (1, 'one');
  INSERT INTO "quo""ted, x" (id, later) VALUES (2, 'two');
  INSERT INTO grandchild (id, later, own) VALUES (3, 'three', 33);
  INSERT INTO attached VALUES ('a', 2, 1, 3, 4);
  INSERT INTO both_of_them (id, later, c, d) VALUES (4, 'four', 5, 6)`;

/** Whose they are by descent is in no dump, and decides what DROP takes along. */
const DESCENT = `
  SELECT attrelid::regclass::text, array_agg(ARRAY[attname, attislocal::text, attinhcount::text] ORDER BY attnum) AS columns,
         (SELECT array_agg(ARRAY[conname, conislocal::text, coninhcount::text] ORDER BY conname)
            FROM pg_constraint WHERE conrelid = attrelid) AS constraints
    FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
   WHERE attnum > 0 AND relkind = 'r' AND relnamespace = 'public'::regnamespace GROUP BY attrelid ORDER BY 1`;

test("columns of tables that inherit stand where they stood, inherited and own as they were", async () => {
  const { result, asked, differences } = await roundTrip(HEIRS, DESCENT);
  expect(differences).toEqual([]);
  expect(asked[1]).toEqual(asked[0]);
  expect(result.report?.identical).toBe(true);
});

const ABROAD = `
  CREATE EXTENSION postgres_fdw;
  CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1', dbname 'x');
  CREATE USER MAPPING FOR PUBLIC SERVER elsewhere OPTIONS (user 'u', password 'p');
  CREATE TABLE measured (at date, value int) PARTITION BY RANGE (at);
  CREATE TABLE measured_here PARTITION OF measured FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
  CREATE FOREIGN TABLE measured_there PARTITION OF measured FOR VALUES FROM ('2023-01-01') TO ('2024-01-01') SERVER elsewhere;
  CREATE TABLE parent (a int);
  CREATE FOREIGN TABLE abroad () INHERITS (parent) SERVER elsewhere;
  INSERT INTO parent VALUES (1);
  INSERT INTO measured_here SELECT '2024-03-04', n FROM generate_series(1, 300) n;
  CREATE VIEW through AS SELECT count(*) FROM abroad;
  CREATE MATERIALIZED VIEW copied AS SELECT * FROM through WITH NO DATA;
  CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM copied WITH NO DATA;
  -- As the server has them once it was asked.
  UPDATE pg_class SET relispopulated = true WHERE relname IN ('copied', 'counted')`;

test("no other server is asked: what reads foreign tables stays unfilled and is named, the rest has its statistics", async () => {
  const question =
    "SELECT relname FROM pg_class WHERE reltuples > 0 AND relname IN ('measured_here', 'measured', 'parent')";
  const { result, asked, differences } = await roundTrip(ABROAD, question);
  expect(result.report?.identical).toBe(true);
  expect(result.warnings).toEqual(
    ["copied", "counted"].map((view) =>
      expect.stringMatching(`materialized view "public"."${view}" .*foreign.*not filled`),
    ),
  );
  expect(asked[1]).toEqual([{ relname: "measured_here" }]);
  expect(differences.filter((line) => !/public"?\."?(copied|counted)"?:/.test(line))).toEqual([]);
});

test("a view's UNION is given back with a name that it had not: the same to a comparison, though not to pg_dump", async () => {
  const { result } = await roundTrip(
    "CREATE VIEW heard AS SELECT id, said FROM (SELECT 1 AS id, amname FROM pg_am UNION ALL SELECT -1, 'all') AS x (id, said)",
  );
  expect(result.report?.identical).toBe(true);
});

test("views that read nothing but themselves come back, in columns of text", async () => {
  const { result, differences } = await roundTrip(`
    CREATE VIEW endless AS SELECT 1 AS id, 2 AS "two, ""2""", 3 AS "from"; CREATE VIEW empty AS SELECT;
    COMMENT ON VIEW endless IS 'turtles'; GRANT SELECT ON endless TO PUBLIC;
    CREATE OR REPLACE VIEW endless WITH (security_barrier = true) AS SELECT * FROM endless; CREATE OR REPLACE VIEW empty AS SELECT FROM empty;
    CREATE TABLE t (id int)`);
  expect(differences).toEqual([]);
  expect(result.report?.identical).toBe(true);
});
