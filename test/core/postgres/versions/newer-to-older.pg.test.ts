import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dumpLiveSchema, schemaDifferences } from "../../../../core/postgres/compare/index.ts";
import { parseConnection } from "../../../../core/postgres/connection.ts";
import { classify, parseArchive, plainSql, type RestoreEntry, type Toc } from "../../../../core/postgres/ddl/index.ts";
import { COLUMNS, FUNCTIONS, RELATIONS, SETTINGS } from "../../../../core/postgres/versions/builtins.ts";
import { fitToServer } from "../../../../core/postgres/versions/index.ts";
import { dependentsOf } from "../../../../core/restore/plan/dependents.ts";
import { asAdmin, createDatabase, type TestDatabase } from "../../../support/postgres.ts";
import { MAJORS_HERE, type Servers, startServers } from "../../../support/servers.ts";
import { CONSTRUCTS, type Construct, OLD_ENOUGH } from "./newer.ts";

let servers: Servers;
let newer: TestDatabase;
let toc: Toc;
const OLDER = MAJORS_HERE.filter((version) => version !== 18);

/** On a busy machine four servers take their time. */
const STARTING_MILLIS = 180_000;

beforeAll(async () => {
  servers = await startServers(OLDER);
  newer = await createDatabase("newer");
  await newer.query(`CREATE EXTENSION postgres_fdw; ${OLD_ENOUGH}`);
  for (const { name, sql } of CONSTRUCTS) {
    await newer.query(`CREATE SCHEMA ${name}; CREATE TABLE ${name}.t (a int, b int);`);
    await newer.query(sql.replaceAll(/\$(?=[. ;]|$)/g, name));
  }
  toc = await tocOf(newer);
}, STARTING_MILLIS);

afterAll(async () => {
  const subscriptions = await newer.query<{ name: string }>(
    "SELECT subname AS name FROM pg_subscription WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())",
  );
  for (const { name } of subscriptions) await newer.query(`DROP SUBSCRIPTION ${name}`);
  await newer.drop();
  await servers?.stop();
});

async function tocOf({ url }: TestDatabase, like?: Toc): Promise<Toc> {
  return parseArchive(await dumpLiveSchema(parseConnection(url), "test", like));
}

const PHASES = [
  "preData",
  "indexes",
  "indexAttachments",
  "foreignKeys",
  "rest",
  "privileges",
  "eventTriggers",
] as const;

function statementsOf(entries: Toc): readonly RestoreEntry[] {
  const phases = classify(entries);
  return PHASES.flatMap((phase) => phases[phase]);
}

/** What is of one construct: its schema's, or called like it. */
function isOf(construct: Construct, { namespace, tag }: Toc["entries"][number]): boolean {
  const { name } = construct;
  return namespace === name || tag === name || tag.startsWith(`${name} `) || construct.tag?.test(tag) === true;
}

test.each(OLDER)(
  "all that PostgreSQL %i cannot make is named, what it is told otherwise it makes, and nothing else is touched",
  async (version) => {
    const serverVersion = version * 10_000 + 1;
    const { toc: said, lacking } = fitToServer(toc, serverVersion);
    const missing = new Set(lacking.map(({ dumpId }) => dumpId));
    const along = new Set(dependentsOf(said.entries, missing).map(({ dumpId }) => dumpId));
    const made = { ...said, entries: said.entries.filter(({ dumpId }) => !missing.has(dumpId) && !along.has(dumpId)) };
    const older = await createDatabase("older", "", servers.of(version));
    const settings = classify(toc).settings.join("");
    for (const { statements } of statementsOf(made))
      for (const statement of statements) await older.query(`${settings}${statement}`);
    const got = await tocOf(older, toc);
    const isPublic = ({ object }: { object: string }): boolean => version < 15 && / (SCHEMA )?"?public"?$/.test(object);
    const differing = schemaDifferences(made, got, { ignoreDatabase: true }).filter((one) => !isPublic(one));
    expect(differing).toEqual([]);
    // Each for itself, and for its own sake: the server refuses it although all that it needs is there.
    for (const { dumpId, desc, statements, name } of statementsOf({
      ...said,
      entries: said.entries.filter(({ dumpId }) => missing.has(dumpId)),
    })) {
      if (along.has(dumpId)) continue;
      const refused = await Promise.resolve(older.query(`${settings}${statements[0]}`)).then(
        () => "made",
        (error: Error) => error.message,
      );
      expect(refused, `${desc} ${name}`).not.toBe("made");
    }
    expect(schemaDifferences(fitToServer(said, serverVersion).toc, said)).toEqual([]);
  },
);

describe("what is younger than a server", () => {
  test.each(CONSTRUCTS.map((construct) => [construct.name, construct] as const))(
    "%s is refused by name, or told",
    (_, construct) => {
      const { since, lacks = [], told } = construct;
      const own = new Map(toc.entries.filter((entry) => isOf(construct, entry)).map((entry) => [entry.dumpId, entry]));
      const before = fitToServer(toc, (since - 1) * 10_000);
      const kinds = before.lacking.flatMap(({ dumpId }) => own.get(dumpId)?.desc ?? []);
      expect([...new Set(kinds)].toSorted()).toEqual(lacks);
      const notes = [...before.rewritten, ...before.leftOut].filter(({ dumpId }) => own.has(dumpId));
      if (told !== undefined) expect(notes.map(({ reason }) => reason).join("; ")).toMatch(told);
      const from = fitToServer(toc, since * 10_000);
      const later = [...from.lacking, ...from.rewritten, ...from.leftOut].filter(({ dumpId }) => own.has(dumpId));
      expect(later.filter(({ reason }) => told?.test(reason) ?? kinds.length === 0)).toEqual([]);
      expect(from.lacking.filter(({ dumpId, since: needed }) => own.has(dumpId) && needed === since)).toEqual([]);
    },
  );
});

test("what only looks younger is left as it is", () => {
  const { lacking, rewritten, leftOut } = fitToServer(toc, 140000);
  const old = new Set(toc.entries.filter(({ namespace }) => namespace === "old_enough").map(({ dumpId }) => dumpId));
  expect([...lacking, ...rewritten, ...leftOut].filter(({ dumpId }) => old.has(dumpId))).toEqual([]);
});

test.runIf(MAJORS_HERE.includes(14))(
  "what newer servers have no more is named, and privileges on it are left out",
  async () => {
    const older = await createDatabase("gone", "", servers.of(14));
    await older.query(`
    CREATE VIEW checkpoints AS SELECT b.checkpoints_timed FROM pg_stat_bgwriter b;
    CREATE VIEW backing AS SELECT pg_is_in_backup() AS is_so;
    GRANT EXECUTE ON FUNCTION pg_start_backup(text, boolean, boolean) TO pg_monitor;
    CREATE TABLE parent (a int, b int) PARTITION BY LIST (b); CREATE TABLE one PARTITION OF parent FOR VALUES IN (1);
    ALTER TABLE one ALTER a SET NOT NULL, ALTER a ADD GENERATED ALWAYS AS IDENTITY;
    CREATE TABLE root (a int GENERATED ALWAYS AS IDENTITY, b int) PARTITION BY LIST (b);
    CREATE TABLE root_one PARTITION OF root FOR VALUES IN (1)`);
    const all = await tocOf(older);
    const { toc: said, lacking, leftOut } = fitToServer(all, 180004);
    const missing = new Set(lacking.map(({ dumpId }) => dumpId));
    const named = all.entries.filter(({ dumpId }) => missing.has(dumpId)).map(({ desc, tag }) => `${desc} ${tag}`);
    expect(named).toEqual(["VIEW backing", "VIEW checkpoints", "SEQUENCE one_a_seq"]);
    expect(leftOut.map(({ reason }) => reason)).toEqual([expect.stringMatching(/pg_start_backup/)]);
    const here = await createDatabase("present");
    const settings = classify(all).settings.join("");
    const make = async (entries: Toc["entries"]): Promise<string[]> => {
      const failed: string[] = [];
      for (const { name, statements } of statementsOf({ ...said, entries }))
        for (const statement of statements) {
          await here.query(`${settings}${statement}`).catch(() => failed.push(name));
        }
      return failed;
    };
    expect(await make(said.entries.filter(({ dumpId }) => !missing.has(dumpId)))).toEqual([]);
    expect(await make(said.entries.filter(({ desc, dumpId }) => desc === "VIEW" && missing.has(dumpId)))).toHaveLength(
      4,
    );
    await here.drop();
  },
);

test.each(OLDER)("the schema as a script is understood by PostgreSQL %i, of which it is", async (version) => {
  const source = await createDatabase("script", "", servers.of(version));
  await source.query(`CREATE TABLE p (a int, b int NOT NULL); CREATE TABLE c (x int) INHERITS (p); ALTER TABLE c ALTER a SET NOT NULL;
    CREATE UNLOGGED TABLE u (a int GENERATED ALWAYS AS IDENTITY); CREATE VIEW v AS SELECT a FROM p`);
  const all = await tocOf(source);
  const copy = await createDatabase("copy", "", servers.of(version));
  for (const section of ["pre-data", "post-data"] as const)
    await copy.query(Buffer.from(plainSql(all, section)).toString());
  expect(schemaDifferences(all, await tocOf(copy, all), { ignoreDatabase: true })).toEqual([]);
});

const NAMES = {
  functions: "SELECT DISTINCT proname AS name FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace",
  relations: "SELECT relname AS name FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace",
  columns: `SELECT relname || '.' || attname AS name FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
             WHERE relnamespace = 'pg_catalog'::regnamespace AND attnum > 0`,
  settings: "SELECT name FROM pg_settings",
} as const;

test.each(MAJORS_HERE)("what is said to be built into PostgreSQL %i, and what is not, is so", async (version) => {
  const known = { functions: FUNCTIONS, relations: RELATIONS, columns: COLUMNS, settings: SETTINGS };
  for (const kind of ["functions", "relations", "columns", "settings"] as const) {
    const { rows } = await asAdmin((admin) => admin.query<{ name: string }>(NAMES[kind]), servers.of(version));
    const there = new Set(rows.map(({ name }) => name));
    const wrong = [...known[kind]].filter(([name, { since = 0, until = 99 }]) => {
      const relation = RELATIONS.get(name.split(".")[0] ?? "") ?? {};
      const isThere = Math.max(since, relation.since ?? 0) <= version && version < until;
      return there.has(name) !== isThere;
    });
    expect(wrong.map(([name]) => name)).toEqual([]);
  }
});

test.runIf(MAJORS_HERE.includes(14))(
  'rows of the type "char" are refused where they would be read as others',
  async () => {
    const [here, there] = [await createDatabase("chars"), await createDatabase("chars", "", servers.of(14))];
    await here.query(`CREATE TABLE bytes (c "char"); INSERT INTO bytes VALUES ('\\303')`);
    const [row] = await here.query<{ text: string }>("SELECT c::text AS text FROM bytes");
    const [read] = await there.query<{ isSame: boolean }>(
      `SELECT $1::"char" = 'C'::"char" OR octet_length($1::"char"::text) > 1 AS "isSame"`,
      [row?.text],
    );
    expect({ said: row?.text, isSame: read?.isSame }).toEqual({ said: "\\303", isSame: false });
    const reasons = async (version: number) =>
      fitToServer(await tocOf(here), version).lacking.map(({ reason }) => reason);
    expect(await reasons(140020)).toEqual([expect.stringContaining('the type "char"')]);
    expect(await reasons(150010)).toEqual([]);
    await here.drop();
  },
);
