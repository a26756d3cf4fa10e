import { randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseConnection } from "../../../../core/postgres/connection.ts";
import { writeMarker } from "../../../../core/postgres/load/marker.ts";
import { assertProviderUntouched } from "../../../../core/postgres/load/provider.ts";
import { openLoadSession } from "../../../../core/postgres/load/session.ts";
import { describeObjects, dropTargetObjects, refuseObjects } from "../../../../core/postgres/load/target.ts";
import { inDropOrder, listTargetObjects } from "../../../../core/postgres/load/target-objects.ts";
import type { Session } from "../../../../core/postgres/session.ts";
import { asAdmin, createDatabase, type TestDatabase } from "../../../support/postgres.ts";

const suffix = randomBytes(4).toString("hex");
const provider = `supabase_${suffix}_admin`;
const anon = `anon_${suffix}`;
let target: TestDatabase;
let session: Session;

beforeEach(async () => {
  target = await createDatabase("target");
  await asAdmin((admin) =>
    admin.query(`CREATE ROLE ${provider} SUPERUSER LOGIN PASSWORD 'local'; CREATE ROLE ${anon}`),
  );
  session = await openLoadSession(parseConnection(target.url), { applicationName: "test" });
});
afterEach(async () => {
  await session.end();
  await target.drop();
  await asAdmin((admin) => admin.query(`DROP ROLE ${provider}; DROP ROLE ${anon}`));
});

const assertTargetEmpty = async (of: Session): Promise<void> => refuseObjects(of, await listTargetObjects(of));
const empty = async (of = session): Promise<void> => dropTargetObjects(of, await listTargetObjects(of));

/** A session that tells of each query before it is sent. */
function watched(onQuery: (text: string) => void): Session {
  const query: Session["query"] = (text, values) => {
    onQuery(text);
    return session.query(text, values);
  };
  return Object.assign(Object.create(session), { query });
}

const KINDS = `
  CREATE AGGREGATE public.osa(float8 ORDER BY anyelement)
    (sfunc = ordered_set_transition, stype = internal, finalfunc = percentile_disc_final, finalfunc_extra);
  CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w; CREATE USER MAPPING FOR PUBLIC SERVER s;
  CREATE CONVERSION public.conv FOR 'UTF8' TO 'LATIN1' FROM pg_catalog.utf8_to_iso8859_1;
  CREATE OPERATOR FAMILY public.fam USING btree;
  CREATE PROCEDURE public.same(OUT a int, IN b int, IN c int) LANGUAGE plpgsql AS 'BEGIN a := 1; END';
  CREATE PROCEDURE public.same(IN a int, IN b int, IN c int) LANGUAGE plpgsql AS 'BEGIN END';
  CREATE TYPE public.pair AS (a int, b int);
  CREATE TABLE public.parted (a int, b text) PARTITION BY LIST (a);
  CREATE FUNCTION public.first(public.pair) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
  CREATE FUNCTION public.cmp(public.pair, public.pair) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 0';
  CREATE OPERATOR CLASS public.cls FOR TYPE public.pair USING btree AS FUNCTION 1 public.cmp(public.pair, public.pair);
  CREATE CAST (public.pair AS int) WITH FUNCTION public.first(public.pair);
  CREATE TEXT SEARCH TEMPLATE public.tmpl (LEXIZE = dsimple_lexize);
  CREATE TEXT SEARCH DICTIONARY public.dict (TEMPLATE = public.tmpl);
  CREATE TEXT SEARCH PARSER public.prs
    (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
  CREATE TEXT SEARCH CONFIGURATION public.conf (PARSER = public.prs);
  CREATE FUNCTION public.into_sql(internal) RETURNS public.pair LANGUAGE internal IMMUTABLE AS 'textin';
  CREATE LANGUAGE "own lang" HANDLER plpgsql_call_handler;
  CREATE FUNCTION public.in_own() RETURNS int LANGUAGE "own lang" AS 'BEGIN RETURN 1; END';
  CREATE TRANSFORM FOR public.pair LANGUAGE "own lang" (TO SQL WITH FUNCTION public.into_sql(internal));
  CREATE TRANSFORM FOR int LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal));
  CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler;
  CREATE TABLE public.in_heap2 (a int) USING heap2;
  CREATE CAST (text AS inet) WITH INOUT`;

describe("a target with every kind of object", () => {
  test("is not empty, is emptied, and takes all of them again", async () => {
    await target.query(KINDS);
    expect(new Set((await listTargetObjects(session)).map(({ kind }) => kind))).toEqual(
      new Set([
        ...[
          "TABLE",
          "ROUTINE",
          "FOREIGN DATA WRAPPER",
          "SERVER",
          "CONVERSION",
          "OPERATOR FAMILY",
          "OPERATOR CLASS",
          "TYPE",
        ],
        ...[
          "CAST",
          "TEXT SEARCH TEMPLATE",
          "TEXT SEARCH DICTIONARY",
          "TEXT SEARCH PARSER",
          "TEXT SEARCH CONFIGURATION",
        ],
        ...["TRANSFORM", "LANGUAGE", "ACCESS METHOD"],
      ]),
    );
    await assertProviderUntouched(session);
    await empty();
    expect(await listTargetObjects(session)).toEqual([]);
    await target.query(KINDS);
  });

  test("is counted by kind in the refusal, with the first names", async () => {
    await target.query(
      `DO $$BEGIN FOR n IN 1..40 LOOP EXECUTE format('CREATE TABLE public.t%s ()', n); END LOOP; END$$`,
    );
    const refused = assertTargetEmpty(session);
    await expect(refused).rejects.toThrow(/40 objects \(40 tables\): table public\.t1, .* and \d+ more$/);
    expect(describeObjects(await listTargetObjects(session), 40)).toBe(
      "40 objects (40 tables): table public.t1, table public.t10 and 38 more",
    );
  });
});

describe("a target of many objects", () => {
  test("is listed once for each batch that is dropped, of functions in great ones", async () => {
    await target.query(`DO $$BEGIN FOR n IN 1..110 LOOP EXECUTE format('CREATE TABLE public.t%s ()', n);
      EXECUTE format('CREATE FUNCTION public.f%s() RETURNS int LANGUAGE sql RETURN 1', n); END LOOP; END$$`);
    const asked: string[] = [];
    await dropTargetObjects(
      watched((text) => asked.push(text)),
      await listTargetObjects(session),
    );
    expect(await listTargetObjects(session)).toEqual([]);
    expect(asked.filter((text) => text === "COMMIT")).toHaveLength(4);
    // Once more for their turns.
    expect(asked.filter((text) => text.includes("'EVENT TRIGGER'"))).toHaveLength(5);
  });

  test("is dropped by pieces: what came later first, partitions before their whole", async () => {
    await target.query(`
      CREATE TABLE public.attached (a int); CREATE VIEW public.below AS SELECT 1 AS a; CREATE VIEW public.above AS TABLE public.below;
      CREATE TABLE public.whole (a int) PARTITION BY LIST (a);
      CREATE TABLE public.half PARTITION OF public.whole FOR VALUES IN (1) PARTITION BY LIST (a);
      CREATE TABLE public.part PARTITION OF public.half FOR VALUES IN (1);
      ALTER TABLE public.whole ATTACH PARTITION public.attached FOR VALUES IN (2)`);
    expect((await inDropOrder(session, [])).map(({ name }) => name)).toEqual(
      ["above", "below", "part", "half", "attached", "whole"].map((name) => `public.${name}`),
    );
    await empty();
    expect(await listTargetObjects(session)).toEqual([]);
  });

  test("is emptied by as many calls as it takes, of which each ends at its deadline", async () => {
    await target.query(
      "DO $$BEGIN FOR n IN 1..60 LOOP EXECUTE format('CREATE TABLE public.t%s ()', n); END LOOP; END$$",
    );
    const time = new AbortController();
    const timed = watched((text) => text === "COMMIT" && time.abort());
    const dropping = dropTargetObjects(timed, await listTargetObjects(session), { deadline: time.signal });
    await expect(dropping).rejects.toMatchObject({
      name: "TimeBudgetError",
      code: "steps-unfinished",
      message: `50 of 60 objects of database ${target.name} are dropped, more not within this invocation`,
    });
    expect(await listTargetObjects(session)).toHaveLength(10);
    await empty();
    expect(await listTargetObjects(session)).toEqual([]);
  });
});

describe("a subscription in a target", () => {
  test("is listed, and dropped without asking its publisher, whose slot stays", async () => {
    await target.query(`CREATE SUBSCRIPTION feed CONNECTION 'host=127.0.0.1 port=1 dbname=x' PUBLICATION p
      WITH (connect = false, slot_name = 'theirs')`);
    expect(await listTargetObjects(session)).toEqual([{ kind: "SUBSCRIPTION", name: "feed" }]);
    await empty();
    expect(await target.query("SELECT subname FROM pg_subscription")).toEqual([]);
  });
});

describe("an extension in a target", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "holdfast-extension-"));
    await mkdir(path.join(directory, "extension"));
    const file = (name: string, text: string) => writeFile(path.join(directory, "extension", name), text);
    await file("configured.control", "default_version = '1'\nrelocatable = true\n");
    await file(
      "configured--1.sql",
      `CREATE TABLE "zo""ne" (id int); INSERT INTO "zo""ne" VALUES (1);
       SELECT pg_catalog.pg_extension_config_dump('"zo""ne"', 'WHERE id >= 100');`,
    );
    await Promise.all([directory, path.join(directory, "extension")].map((dir) => chmod(dir, 0o755)));
    await target.query(`
      SET extension_control_path = '$system:${directory}'; CREATE EXTENSION configured;
      RESET extension_control_path`);
  });
  afterEach(() => rm(directory, { recursive: true }));

  test("that the restore point has too stays; the rows it holds for the user are listed and go", async () => {
    expect(await listTargetObjects(session, ["configured"])).toEqual([]);
    await target.query('INSERT INTO "zo""ne" VALUES (100), (101)');
    const listed = await listTargetObjects(session, ["configured"]);
    expect(listed).toMatchObject([
      { kind: "ROWS", name: '2 of public."zo""ne", configuration of extension configured' },
    ]);
    await dropTargetObjects(session, listed, { kept: ["configured"] });
    expect(await target.query('SELECT id FROM "zo""ne"')).toEqual([{ id: 1 }]);
  });

  test("that the restore point has not is listed and dropped", async () => {
    await assertProviderUntouched(session);
    expect(await listTargetObjects(session)).toEqual([{ kind: "EXTENSION", name: "configured" }]);
    await empty();
    expect(await target.query("SELECT FROM pg_extension WHERE extname = 'configured'")).toEqual([]);
  });
});

describe("default privileges of a target", () => {
  test("count as content, and are reset to PostgreSQL's own, so that no restored table is given away", async () => {
    await target.query(`
      ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO ${anon}, PUBLIC;
      ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO ${anon};
      ALTER DEFAULT PRIVILEGES REVOKE ALL ON ROUTINES FROM PUBLIC`);
    await expect(assertTargetEmpty(session)).rejects.toThrow(
      /3 objects \(3 default privileges\): default privileges of postgres in schema public on tables, .* on routines, .* on tables/,
    );
    await empty();
    expect(await target.query("SELECT * FROM pg_default_acl")).toEqual([]);
    await target.query("CREATE TABLE public.secret (a int)");
    expect(await target.query("SELECT relacl FROM pg_class WHERE relname = 'secret'")).toEqual([{ relacl: null }]);
  });
});

describe("an event trigger of a target that forbids DDL", () => {
  const forbid = `
    CREATE TABLE public.t (id int); ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO ${anon};
    CREATE FUNCTION public.forbid() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'no DDL here'; END$$;
    CREATE EVENT TRIGGER forbidden ON ddl_command_start EXECUTE FUNCTION public.forbid();
    ALTER EVENT TRIGGER forbidden ENABLE ALWAYS`;
  const modes = () => target.query("SELECT evtname, evtenabled FROM pg_event_trigger");
  const marker = { source: "shop", restorePointId: "x", options: "no options" };

  test("does not keep a restore from beginning, nor is it off while it is there", async () => {
    await target.query(forbid);
    await writeMarker(session, marker);
    await writeMarker(session, marker);
    expect(await modes()).toEqual([{ evtname: "forbidden", evtenabled: "A" }]);
    await expect(target.query("CREATE TABLE public.more ()")).rejects.toThrow("no DDL here");
  });

  test("is dropped before what it forbids to drop", async () => {
    await target.query(forbid);
    await empty();
    expect(await modes()).toEqual([]);
    expect(await listTargetObjects(session)).toEqual([]);
  });
});

describe("a provider's schema", () => {
  const refusal = (of = session) => assertProviderUntouched(of);

  beforeEach(() =>
    target.query(`
      CREATE SCHEMA auth AUTHORIZATION ${provider}; CREATE TABLE auth.users (id int);
      ALTER TABLE auth.users OWNER TO ${provider}`),
  );

  test.each([
    [
      "a trigger",
      `CREATE FUNCTION public.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
       CREATE TRIGGER t AFTER INSERT ON auth.users EXECUTE FUNCTION public.f()`,
      /trigger t on table auth\.users/,
    ],
    [
      "a column",
      `CREATE TYPE public.lvl AS ENUM ('a'); ALTER TABLE auth.users ADD COLUMN l public.lvl`,
      /column l of table auth\.users/,
    ],
    [
      "a view",
      `CREATE FUNCTION public.x() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE VIEW auth.v AS SELECT public.x();
       ALTER VIEW auth.v OWNER TO ${provider}`,
      /view auth\.v/,
    ],
    [
      "a foreign key",
      `CREATE TABLE public.t (id int PRIMARY KEY); ALTER TABLE auth.users ADD CONSTRAINT fk FOREIGN KEY (id) REFERENCES public.t`,
      /constraint fk on table auth\.users/,
    ],
    [
      "a table in a user's schema",
      `CREATE SCHEMA mine; CREATE TABLE mine.theirs (); ALTER TABLE mine.theirs OWNER TO ${provider}`,
      /table mine\.theirs/,
    ],
    [
      "a user's view in it, which is in no list",
      "CREATE TABLE public.t (id int PRIMARY KEY); CREATE VIEW auth.mine AS SELECT * FROM public.t",
      /view auth\.mine/,
    ],
    [
      "a foreign key of a user's table in it",
      "CREATE TABLE public.t (id int PRIMARY KEY); CREATE TABLE auth.mine (id int REFERENCES public.t, x text)",
      /constraint mine_id_fkey on table auth\.mine/,
    ],
    [
      "a user's function in it",
      "CREATE TYPE public.lvl AS ENUM ('a'); CREATE FUNCTION auth.mine(public.lvl) RETURNS int LANGUAGE sql AS 'SELECT 1'",
      /function auth\.mine/,
    ],
  ])("does not lose %s: nothing is dropped and it is named", async (_, sql, named) => {
    await target.query(sql);
    await expect(refusal()).rejects.toMatchObject({
      code: "target-needed-by-provider",
      message: expect.stringMatching(named),
    });
  });

  test("is no obstacle where nothing in it depends on the users' objects", async () => {
    await target.query(
      "CREATE TABLE public.t (id int PRIMARY KEY, by int); CREATE VIEW public.v AS SELECT * FROM auth.users",
    );
    await refusal();
    await empty();
    expect(await target.query("SELECT to_regclass('auth.users')::text AS there")).toEqual([{ there: "auth.users" }]);
  });

  test("is not taken for ours when the restore connects as the provider's own role", async () => {
    const settings = { ...parseConnection(target.url), user: provider, password: "local" };
    const own = await openLoadSession(settings, { applicationName: "test" });
    try {
      expect(await listTargetObjects(own)).toEqual([]);
      await own.query("CREATE TABLE public.left_over ()");
      expect(await listTargetObjects(own)).toEqual([{ kind: "TABLE", name: "public.left_over" }]);
      await expect(refusal(own)).rejects.toThrow(/table public\.left_over/);
    } finally {
      await own.end();
    }
  });
});
