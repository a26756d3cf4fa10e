/** What a restore by pg_restore loses or trips over, each in a small database of its own: restored all the same, or told by name. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseConnection } from "../../../core/postgres/connection.ts";
import { compareLive } from "../../../core/restore/compare.ts";
import type { RestoreProgress, RestoreResult } from "../../../core/restore/direct.ts";
import { differences } from "../../support/identical.ts";
import { createDatabase, type TestDatabase } from "../../support/postgres.ts";
import { createVault, type TestVault } from "./support.ts";

let vault: TestVault;

beforeAll(async () => {
  vault = await createVault();
});

afterAll(() => vault.remove());

interface Restored {
  readonly source: TestDatabase;
  readonly target: TestDatabase;
  readonly result: RestoreResult;
}

/** Makes a database of `sql`, backs it up, restores it into an empty one. */
async function restored(sql: string, work: (restored: Restored) => Promise<void>): Promise<void> {
  const source = await createDatabase("losing");
  const target = await createDatabase("regained");
  try {
    await source.query(sql);
    const ref = await vault.backUp(source.url);
    await work({ source, target, result: await vault.restore(ref, target.url) });
  } finally {
    await Promise.all([source.drop(), target.drop()]);
  }
}

async function expectIdentical({ source, target, result }: Restored, warnings: readonly unknown[] = []): Promise<void> {
  expect(result.warnings).toEqual(warnings);
  expect(await differences(source.url, target.url, { database: false })).toEqual([]);
}

test("restores rows that violate their own CHECKs and foreign keys, and tells which of them stay not valid", async () => {
  const sql = `
    CREATE FUNCTION public.fits(int) RETURNS boolean LANGUAGE sql AS 'SELECT true';
    CREATE FUNCTION public.is_word(text) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RETURN true; END';
    CREATE DOMAIN public.word AS text CONSTRAINT wordy CHECK (public.is_word(VALUE)) CONSTRAINT short CHECK (length(VALUE) < 9);
    CREATE DOMAIN public.positive AS int;
    CREATE TABLE public.a (n int CONSTRAINT good CHECK (n < 10), until timestamptz, w public.positive,
      m int CONSTRAINT fitting CHECK (public.fits(m)), "Odd" int, CONSTRAINT zz CHECK (m < 100));
    INSERT INTO public.a SELECT 1, now(), -1, n, 1 FROM generate_series(2, 5) n;
    CREATE TABLE public.words (words public.word[]); INSERT INTO public.words VALUES ('{a,b}');
    ALTER DOMAIN public.positive ADD CONSTRAINT above CHECK (VALUE > 0) NOT VALID;
    ALTER TABLE public.a ADD CONSTRAINT open CHECK (until > now()) NOT VALID,
      ADD CONSTRAINT "odd, (name)" CHECK ("Odd" <> 1 OR 'x),
    CONSTRAINT y CHECK (' = '') NOT VALID;
    CREATE TABLE public.up (id int PRIMARY KEY); CREATE TABLE public.down (PRIMARY KEY (id)) INHERITS (public.up);
    INSERT INTO public.up VALUES (2); INSERT INTO public.down VALUES (3);
    ALTER TABLE public.up ADD CONSTRAINT even CHECK (id % 2 = 0) NOT VALID;
    CREATE TABLE public.line (id int REFERENCES public.up ON DELETE CASCADE DEFERRABLE, other int CONSTRAINT valid REFERENCES public.up);
    CREATE TABLE public.in_parts (id int REFERENCES public.up) PARTITION BY LIST (id);
    CREATE TABLE public.part PARTITION OF public.in_parts DEFAULT;
    SET session_replication_role = replica;
    INSERT INTO public.line VALUES (3, 2); INSERT INTO public.in_parts VALUES (5);
    RESET session_replication_role;
    UPDATE pg_constraint SET convalidated = true WHERE NOT convalidated;
    CREATE OR REPLACE FUNCTION public.fits(int) RETURNS boolean LANGUAGE sql AS 'SELECT false';
    CREATE OR REPLACE FUNCTION public.is_word(text) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RAISE ''not today''; END';`;
  const stay = [
    'constraint "above" on domain public.positive',
    'constraint "even" on table public.up',
    'constraint "fitting" on table public.a',
    'constraint "odd, (name)" on table public.a',
    'constraint "open" on table public.a',
    'constraint "wordy" on domain public.word',
    "fk constraint public.in_parts in_parts_id_fkey",
    "fk constraint public.line line_id_fkey",
  ];
  await restored(sql, async ({ source, target, result }) => {
    const told = result.warnings.map(
      (warning) => /^(.*) was refused: .*; it stays NOT VALID/.exec(warning)?.[1] ?? warning,
    );
    expect(told.toSorted()).toEqual(stay);
    expect(result.report).toMatchObject({ identical: true, level: "rows" });
    const invalid = "SELECT conname FROM pg_constraint WHERE NOT convalidated ORDER BY 1";
    const names = (await target.query<{ conname: string }>(invalid)).map(({ conname }) => conname);
    // Those of child and partition too.
    expect(names).toEqual([
      "above",
      "even",
      "even",
      "fitting",
      "in_parts_id_fkey",
      "in_parts_id_fkey",
      "line_id_fkey",
      "odd, (name)",
      "open",
      "wordy",
    ]);
    const rows =
      "SELECT (SELECT array_agg(a) FROM public.a) AS a, (SELECT array_agg(id) FROM public.up) AS up, (SELECT array_agg(id) FROM public.line) AS line";
    expect(await target.query(rows)).toEqual(await source.query(rows));
    // Whoever compares later is told: nothing excuses them by then.
    const options = { rows: false, sessions: 1, applicationName: "test compare", ignoreDatabase: true };
    const { differences: found } = await compareLive(parseConnection(source.url), parseConnection(target.url), options);
    expect(found.map(({ object }) => object)).toContain("fk constraint public.line line_id_fkey");
  });
});

test("goes red with the key's name where a damaged index let duplicates in; goes on when they are gone from the target", async () => {
  const source = await createDatabase("losing");
  const target = await createDatabase("regained");
  try {
    await source.query(`
      CREATE TABLE public.a (id int CONSTRAINT a_key PRIMARY KEY, other int); INSERT INTO public.a VALUES (1, 1), (2, 2);
      CREATE TABLE public.b (a int REFERENCES public.a); INSERT INTO public.b VALUES (2);
      UPDATE pg_index SET indisready = false, indisvalid = false WHERE indexrelid = 'public.a_key'::regclass;`);
    await source.query(`INSERT INTO public.a VALUES (2, 3);
      UPDATE pg_index SET indisready = true, indisvalid = true WHERE indexrelid = 'public.a_key'::regclass;`);
    const ref = await vault.backUp(source.url);
    await expect(vault.restore(ref, target.url)).rejects.toMatchObject({
      name: "PreconditionError",
      code: "rows-violate-constraint",
      message: expect.stringMatching(/^constraint public.a a_key: could not create unique index "a_key"/),
    });
    expect(await target.query("SELECT id, other FROM public.a ORDER BY 1, 2")).toHaveLength(3);
    await target.query("DELETE FROM public.a WHERE other = 3");
    const result = await vault.restore(ref, target.url, { options: { compare: "off" } });
    expect(result.warnings).toEqual([]);
    const left = await differences(source.url, target.url, { database: false });
    expect(left).toEqual([expect.stringMatching(/^- .*"a": 3 rows/), expect.stringMatching(/^\+ .*"a": 2 rows/)]);
  } finally {
    await Promise.all([source.drop(), target.drop()]);
  }
});

// A sequence behind its column's greatest value is as it was: nobody knows whether it is meant.
test("keeps sequences, marks, targets, privileges on PostgreSQL's own objects and other things that lie beside the objects", async () => {
  const sql = `
    CREATE TABLE public.t (id int PRIMARY KEY, a int NOT NULL, b text, c point, v int GENERATED ALWAYS AS (id + 1) STORED);
    CREATE UNIQUE INDEX by_a ON public.t (a) INCLUDE (b); CREATE INDEX by_sum ON public.t ((a + id), (length(b)));
    ALTER TABLE public.t REPLICA IDENTITY USING INDEX by_a; ALTER TABLE public.t CLUSTER ON by_sum;
    ALTER INDEX public.by_sum ALTER COLUMN 2 SET STATISTICS 777; ALTER INDEX public.by_sum SET (fillfactor = 55);
    ALTER TABLE public.t ALTER a SET STATISTICS 333, ALTER b SET STORAGE EXTERNAL, ALTER b SET COMPRESSION pglz, ALTER a SET (n_distinct = -0.5);
    ALTER TABLE public.t SET (autovacuum_enabled = off, toast.autovacuum_enabled = off, fillfactor = 66);
    CREATE STATISTICS public.s (mcv) ON a, b FROM public.t; ALTER STATISTICS public.s SET STATISTICS 99;
    CREATE STATISTICS public.x ON (a + id), b FROM public.t;
    INSERT INTO public.t SELECT n, n, n, NULL FROM generate_series(1, 300) n;
    CREATE RULE quiet AS ON UPDATE TO public.t DO ALSO NOTHING; ALTER TABLE public.t DISABLE RULE quiet;
    CREATE RULE always AS ON DELETE TO public.t DO ALSO NOTHING; ALTER TABLE public.t ENABLE ALWAYS RULE always;
    CREATE FUNCTION public.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE FUNCTION public.g() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
    ALTER FUNCTION public.f() DEPENDS ON EXTENSION plpgsql; ALTER INDEX public.by_sum DEPENDS ON EXTENSION plpgsql;
    CREATE MATERIALIZED VIEW public.m AS SELECT 1 AS one; ALTER MATERIALIZED VIEW public.m DEPENDS ON EXTENSION plpgsql;
    CREATE TRIGGER r AFTER INSERT ON public.t FOR EACH ROW EXECUTE FUNCTION public.f(); ALTER TABLE public.t ENABLE REPLICA TRIGGER r;
    ALTER TRIGGER r ON public.t DEPENDS ON EXTENSION plpgsql;
    CREATE EVENT TRIGGER eo ON ddl_command_end EXECUTE FUNCTION public.g(); ALTER EVENT TRIGGER eo DISABLE;
    CREATE EVENT TRIGGER er ON sql_drop EXECUTE FUNCTION public.g(); ALTER EVENT TRIGGER er ENABLE REPLICA;
    GRANT SELECT (rolname) ON pg_catalog.pg_authid TO PUBLIC; GRANT SELECT ON pg_catalog.pg_largeobject TO pg_monitor;
    REVOKE SELECT ON pg_catalog.pg_proc FROM PUBLIC; GRANT SELECT ON pg_catalog.pg_proc TO PUBLIC;
    GRANT EXECUTE ON FUNCTION pg_catalog.pg_ls_dir(text) TO pg_monitor; REVOKE EXECUTE ON FUNCTION pg_catalog.pg_sleep(float8) FROM PUBLIC;
    REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC; REVOKE USAGE ON TYPE pg_catalog.point FROM PUBLIC;
    SELECT lo_create(77); COMMENT ON LARGE OBJECT 77 IS 'seen'; GRANT SELECT ON LARGE OBJECT 77 TO PUBLIC;
    CREATE TABLE public.root (id int) PARTITION BY RANGE (id); CREATE TABLE public.leaf PARTITION OF public.root FOR VALUES FROM (0) TO (9);
    CREATE TRIGGER per AFTER INSERT ON public.root FOR EACH ROW EXECUTE FUNCTION public.f(); ALTER TABLE public.leaf DISABLE TRIGGER per;
    ALTER TABLE public.root REPLICA IDENTITY FULL; ALTER TABLE public.leaf REPLICA IDENTITY NOTHING;
    CREATE TABLE public.hen (id int, egg int); CREATE TABLE public.egg (id int);
    CREATE SEQUENCE public.shared OWNED BY public.egg.id; ALTER TABLE public.hen ALTER egg SET DEFAULT nextval('public.shared');
    CREATE SEQUENCE public.down INCREMENT -3 MINVALUE -10 MAXVALUE 5 START 5 CYCLE CACHE 7; SELECT nextval('public.down'), nextval('public.down');
    CREATE SEQUENCE public.small AS smallint MAXVALUE 3 CYCLE; SELECT nextval('public.small') FROM generate_series(1, 4);
    CREATE UNLOGGED SEQUENCE public.fast CACHE 20; SELECT nextval('public.fast');
    CREATE SEQUENCE public.fresh START 7; CREATE SEQUENCE public.set_back; SELECT setval('public.set_back', 9, false);
    CREATE SEQUENCE public.huge MAXVALUE 9223372036854775807; SELECT setval('public.huge', 9223372036854775807);
    CREATE TABLE public.ids (id int GENERATED BY DEFAULT AS IDENTITY (SEQUENCE NAME public.odd_name START 10 INCREMENT 5), other bigserial);
    INSERT INTO public.ids DEFAULT VALUES; INSERT INTO public.ids (id) VALUES (1000);
    CREATE SCHEMA moved; ALTER SEQUENCE public.odd_name RENAME TO other_name; ALTER TABLE public.ids SET SCHEMA moved;
    ALTER SEQUENCE moved.other_name SET UNLOGGED;`;
  const beside = `
    SELECT 'index ' || indexrelid::regclass, concat_ws(' ', indisclustered, indisreplident, indisvalid) FROM pg_index WHERE indexrelid >= 16384 AND indrelid >= 16384 AND indrelid::regclass::text NOT LIKE 'pg_toast%'
    UNION ALL SELECT 'column ' || attrelid::regclass || attname, concat_ws(' ', attstattarget, attstorage, attcompression, attoptions) FROM pg_attribute JOIN pg_class c ON c.oid = attrelid WHERE c.relnamespace = 'public'::regnamespace AND attnum > 0
    UNION ALL SELECT 'class ' || oid::regclass, concat_ws(' ', relreplident, reloptions, relacl) FROM pg_class WHERE relnamespace = 'public'::regnamespace OR oid::regclass::text IN ('pg_authid', 'pg_largeobject', 'pg_proc')
    UNION ALL SELECT 'statistics ' || stxname, concat_ws(' ', stxstattarget, stxkind, (SELECT count(*) FROM pg_statistic_ext_data WHERE stxoid = oid)) FROM pg_statistic_ext
    UNION ALL SELECT 'rule ' || rulename || ev_class::regclass, ev_enabled::text FROM pg_rewrite WHERE oid >= 16384
    UNION ALL SELECT 'trigger ' || tgname || tgrelid::regclass, tgenabled::text FROM pg_trigger
    UNION ALL SELECT 'event trigger ' || evtname, evtenabled::text FROM pg_event_trigger
    UNION ALL SELECT 'depends ' || pg_describe_object(classid, objid, objsubid), pg_describe_object(refclassid, refobjid, 0) FROM pg_depend WHERE deptype = 'x'
    UNION ALL SELECT 'analyzed ' || tablename || attname, most_common_vals::text FROM pg_stats WHERE schemaname = 'public' AND tablename = 'by_sum'
    UNION ALL SELECT 'acl ' || p.oid::regprocedure, proacl::text FROM pg_proc p WHERE proname IN ('pg_ls_dir', 'pg_sleep')
    UNION ALL SELECT 'language', lanacl::text FROM pg_language WHERE lanname = 'plpgsql' UNION ALL SELECT 'type', typacl::text FROM pg_type WHERE typname = 'point'
    UNION ALL SELECT 'column acl', attacl::text FROM pg_attribute WHERE attrelid = 'pg_authid'::regclass AND attname = 'rolname'
    UNION ALL SELECT 'large object', concat_ws(' ', lomacl::text LIKE '%=r/%', obj_description(oid, 'pg_largeobject')) FROM pg_largeobject_metadata ORDER BY 1, 2`;
  await restored(sql, async (pair) => {
    await expectIdentical(pair);
    await pair.source.query("ANALYZE");
    expect(await pair.target.query(beside)).toEqual(await pair.source.query(beside));
  });
});

test("lets rows find their partition anew where a function or collation has sent them elsewhere since", async () => {
  const sql = `
    CREATE FUNCTION public.bucket(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1';
    CREATE TABLE public.by_bucket (id int) PARTITION BY RANGE (public.bucket(id));
    CREATE TABLE public.low PARTITION OF public.by_bucket FOR VALUES FROM (0) TO (10) PARTITION BY RANGE (id);
    CREATE TABLE public.low_all PARTITION OF public.low DEFAULT;
    CREATE TABLE public.high PARTITION OF public.by_bucket FOR VALUES FROM (10) TO (99);
    INSERT INTO public.by_bucket SELECT generate_series(1, 19);
    CREATE OR REPLACE FUNCTION public.bucket(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 20 - $1';`;
  await restored(sql, async ({ source, target, result }) => {
    expect(result.warnings.length).toBeGreaterThan(0);
    expect(result.warnings.join()).toMatch(
      /rows into "public"."(low_all|high)": .*partition constraint.*through the root/,
    );
    expect(result.report).toMatchObject({ identical: true, level: "rows" });
    const rows = "SELECT array_agg(id ORDER BY id) AS ids FROM public.by_bucket";
    expect(await target.query(rows)).toEqual(await source.query(rows));
    expect(await target.query("SELECT count(*)::int AS n FROM public.high")).toEqual([{ n: 10 }]);
  });
});

test("brings back what it took off also when the attempt that did so has broken off", async () => {
  const source = await createDatabase("losing");
  const target = await createDatabase("regained");
  try {
    await source.query(`
      CREATE TABLE public.z (id int PRIMARY KEY); INSERT INTO public.z VALUES (1);
      CREATE FUNCTION public.in_z(int) RETURNS boolean LANGUAGE sql AS 'SELECT EXISTS (SELECT FROM public.z WHERE id = $1)';
      CREATE DOMAIN public.of_z AS int CONSTRAINT there CHECK (public.in_z(VALUE));
      CREATE TABLE public.a (id int CONSTRAINT known CHECK (public.in_z(id)), z public.of_z, n int);
      COMMENT ON CONSTRAINT known ON public.a IS 'said';
      INSERT INTO public.a VALUES (1, 1, -1);
      ALTER TABLE public.a ADD CONSTRAINT above CHECK (n > 0) NOT VALID;
      UPDATE pg_constraint SET convalidated = true WHERE conname = 'above';`);
    const ref = await vault.backUp(source.url);
    for (const phase of ["indexes", "compare"]) {
      const controller = new AbortController();
      const onProgress = (progress: RestoreProgress): void => {
        if (progress.phase === phase) controller.abort();
      };
      await expect(vault.restore(ref, target.url, { signal: controller.signal, onProgress })).rejects.toThrow();
    }
    const { warnings } = await vault.restore(ref, target.url);
    expect(warnings).toEqual([expect.stringMatching(/^constraint "above" on table public.a .*NOT VALID/)]);
    await target.query("UPDATE pg_constraint SET convalidated = true WHERE conname = 'above'");
    expect(await differences(source.url, target.url, { database: false })).toEqual([]);
  } finally {
    await Promise.all([source.drop(), target.drop()]);
  }
});

test("finds names for functions behind exclusion constraints, operators, operator classes and partitions' indexes", async () => {
  const sql = `
    CREATE TABLE public.words (word text); INSERT INTO public.words VALUES ('a'), ('b');
    CREATE TABLE public.parts (id int, word text) PARTITION BY LIST (id); CREATE TABLE public.part PARTITION OF public.parts DEFAULT;
    INSERT INTO public.parts VALUES (1, 'x');
    CREATE FUNCTION public.helper(text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT upper($1)';
    CREATE FUNCTION public.loud(text) RETURNS text IMMUTABLE LANGUAGE plpgsql SET search_path = public AS 'BEGIN RETURN helper($1); END';
    CREATE FUNCTION public.alike(text, text) RETURNS bool IMMUTABLE LANGUAGE plpgsql SET search_path = public AS 'BEGIN RETURN helper($1) = helper($2); END';
    CREATE OPERATOR public.=== (FUNCTION = public.alike, LEFTARG = text, RIGHTARG = text, COMMUTATOR = OPERATOR(public.===));
    ALTER TABLE public.words ADD EXCLUDE USING btree (public.loud(word) WITH =);
    CREATE INDEX by_operator ON public.words ((word OPERATOR(public.===) 'A'));
    CREATE INDEX partial ON public.words (word) WHERE public.loud(word) = 'A';
    CREATE INDEX on_parts ON public.parts (public.loud(word));
    CREATE TYPE public.pair AS (a text);
    CREATE FUNCTION public.cmp(public.pair, public.pair) RETURNS int IMMUTABLE LANGUAGE plpgsql SET search_path = public
      AS 'BEGIN RETURN length(helper($1.a)) - length(helper($2.a)); END';
    CREATE FUNCTION public.lt(public.pair, public.pair) RETURNS bool IMMUTABLE LANGUAGE sql AS 'SELECT public.cmp($1, $2) < 0';
    CREATE OPERATOR public.< (FUNCTION = public.lt, LEFTARG = public.pair, RIGHTARG = public.pair);
    CREATE FUNCTION public.eq(public.pair, public.pair) RETURNS bool IMMUTABLE LANGUAGE sql AS 'SELECT $1.a = $2.a';
    CREATE OPERATOR public.= (FUNCTION = public.eq, LEFTARG = public.pair, RIGHTARG = public.pair);
    CREATE OPERATOR CLASS public.ops FOR TYPE public.pair USING btree AS OPERATOR 1 public.<, OPERATOR 3 public.=, FUNCTION 1 public.cmp(public.pair, public.pair);
    CREATE TABLE public.pairs (p public.pair); INSERT INTO public.pairs VALUES (ROW('a')), (ROW('bb')); CREATE INDEX by_class ON public.pairs (p public.ops);
    ALTER FUNCTION public.loud(text) RESET search_path; ALTER FUNCTION public.alike(text, text) RESET search_path;
    ALTER FUNCTION public.cmp(public.pair, public.pair) RESET search_path;`;
  await restored(sql, async (pair) => {
    const told = pair.result.warnings.map((warning) => /^(.*) was refused: function helper\(text\)/.exec(warning)?.[1]);
    const made = ["public.by_class", "public.by_operator", "public.part_loud_idx", "public.partial"];
    const counted = ["words", "parts"].map((table) => `statistics of "public"."${table}"`);
    expect(told.toSorted()).toEqual(
      [...made.map((name) => `index ${name}`), "constraint public.words words_loud_excl", ...counted].toSorted(),
    );
    await expectIdentical(pair, pair.result.warnings);
  });
});

test("brings back CHECKs whose literals are no text, in a database without an encoding", async () => {
  const encoding = "ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0";
  const source = await createDatabase("losing", encoding);
  const target = await createDatabase("regained", encoding);
  try {
    await source.query(String.raw`
      CREATE FUNCTION public.fits(text) RETURNS bool LANGUAGE sql AS 'SELECT true';
      CREATE DOMAIN public.word AS text CHECK (public.fits(VALUE) AND VALUE <> E'it''s \\ \xe9');
      CREATE TABLE public.a (w public.word, CHECK (public.fits(w) AND w <> E'\xe9\xff')); INSERT INTO public.a VALUES (E'\xe8');
      CREATE FUNCTION public.count_z(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT count(*) FROM public.z); END';
      CREATE TABLE public.b (w text, n text GENERATED ALWAYS AS (public.count_z(w) || E'\xe9') STORED);
      CREATE TABLE public.z (id int); INSERT INTO public.z VALUES (1); INSERT INTO public.b VALUES ('x');`);
    const ref = await vault.backUp(source.url);
    const { warnings } = await vault.restore(ref, target.url);
    expect(warnings).toEqual([]);
    expect(await differences(source.url, target.url, { database: false })).toEqual([]);
    expect(await target.query("SELECT n::bytea AS n FROM public.b")).toEqual([{ n: Buffer.from([0x31, 0xe9]) }]);
  } finally {
    await Promise.all([source.drop(), target.drop()]);
  }
});
