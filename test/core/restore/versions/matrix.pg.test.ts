import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { parseConnection } from "../../../../core/postgres/connection.ts";
import { readTargetFacts } from "../../../../core/postgres/facts/index.ts";
import { readNeeds } from "../../../../core/postgres/needs/index.ts";
import { preflight } from "../../../../core/postgres/preflight/index.ts";
import { listRelations } from "../../../../core/postgres/relations.ts";
import { openSession, type Session } from "../../../../core/postgres/session.ts";
import {
  explainLockFailure,
  findWaiters,
  importSnapshot,
  isLockRefused,
  lockRelations,
  relayBase,
  takeBase,
} from "../../../../core/postgres/snapshot/index.ts";
import type { RestorePointRef } from "../../../../core/vault/keys.ts";
import type { Major } from "../../../../infra/local/postgres.ts";
import { differences } from "../../../support/identical.ts";
import { asAdmin, createDatabase } from "../../../support/postgres.ts";
import { preparePython } from "../../../support/python.ts";
import { MAJORS_HERE, type Servers, startServers } from "../../../support/servers.ts";
import { createVault, type TestVault } from "../support.ts";
import { type CommonDatabase, createCommonDatabase, dropCommon } from "./common-schema.ts";
import { unexplained } from "./wording.ts";

interface Source {
  readonly database: CommonDatabase;
  readonly ref: RestorePointRef;
}

let servers: Servers;
let vault: TestVault;
const sources = new Map<Major, Source>();
/** On the run's own server, to be dropped there; the others end with all they hold. */
const created: string[] = [];

/** Of one server every database has ICU's locale unless it is made with another. */
const ICU = ["--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US"];

/** On a busy machine four servers take their time. */
const STARTING_MILLIS = 180_000;

beforeAll(async () => {
  await preparePython();
  [servers, vault] = await Promise.all([startServers(MAJORS_HERE, { 17: ICU }), createVault()]);
  await Promise.all(
    MAJORS_HERE.map(async (version) => {
      const database = await createCommonDatabase(servers.of(version));
      sources.set(version, { database, ref: await vault.backUp(database.url) });
    }),
  );
}, STARTING_MILLIS);

afterAll(async () => {
  const own = sources.get(18)?.database;
  await own?.query("DROP SUBSCRIPTION away");
  await own?.drop();
  const roles = [...sources.values()].flatMap(({ database }) => database.roles);
  await asAdmin((admin) => dropCommon(admin, created, roles));
  await servers?.stop();
  await vault?.remove();
});

const isHere = ([from, to]: readonly [Major, Major]): boolean => MAJORS_HERE.includes(from) && MAJORS_HERE.includes(to);
const pairs = (...all: readonly (readonly [Major, Major])[]) => all.filter(isHere);

async function restored(from: Major, to: Major): Promise<{ readonly url: string; readonly lines: readonly string[] }> {
  const source = sources.get(from);
  if (source === undefined) throw new Error(`no source of version ${from}`);
  const name = `from_${from}_to_${to}_${source.database.name}`;
  if (to === 18) created.push(name);
  const { host, port, user, password } = servers.of(to);
  const at = (database: string) => `postgres://${user}:${password}@${host}:${port}/${database}?sslmode=disable`;
  const result = await vault.restore(source.ref, at("postgres"), {
    options: { create: true, database: name, compare: "rows" },
  });
  expect(result.report).toMatchObject({ identical: true, level: "rows", differences: [] });
  return { url: at(name), lines: await differences(source.database.url, at(name)) };
}

describe.concurrent("a database that every version knows", () => {
  test.each(pairs([15, 15]))("comes back into a server %i of its own version", async (from, to) => {
    const { lines } = await restored(from, to);
    expect(lines).toEqual([]);
  });

  test.each(pairs([14, 18], [15, 18], [16, 18], [17, 18]))("of version %i comes up to %i", async (from, to) => {
    const { lines } = await restored(from, to);
    expect(unexplained(lines)).toEqual([]);
  });

  test.each(pairs([18, 17], [18, 15], [17, 16]))("of version %i goes down to %i", async (from, to) => {
    const { lines } = await restored(from, to);
    expect(unexplained(lines)).toEqual([]);
  });
});

/** What a backup asks of its source beside copying: with the holders and waiters of a run that lives longer than a function. */
test.each(MAJORS_HERE.filter((version) => version !== 18))(
  "PostgreSQL %i answers all that a backup asks",
  async (version) => {
    const { database } = sources.get(version) ?? {};
    const settings = parseConnection(database?.url ?? "");
    const open = (): Promise<Session> => openSession(settings, { purpose: "read", applicationName: "test" });
    const sessions = await Promise.all([open(), open(), open(), open()]);
    const [first, second, reader, other] = sessions;
    try {
      const { server, warnings, workers } = await preflight(reader, { workers: 2 });
      expect({ major: Math.floor(server.versionNumber / 10_000), workers }).toEqual({ major: version, workers: 2 });
      const codes = warnings.map(({ code }) => code);
      expect(codes.includes("server-version-unsupported")).toBe(version === 14);
      expect(codes).toEqual(expect.arrayContaining(["table-unlogged", "table-foreign", "matview-not-populated"]));
      const base = await takeBase(first);
      const relayed = await relayBase(second, base.snapshotId);
      expect(relayed.lockedOids.toSorted()).toEqual(base.lockedOids.toSorted());
      await first.end();
      await importSnapshot(reader, relayed.snapshotId);
      expect((await readNeeds(reader)).extensions.map(({ name }) => name)).toEqual(["citext", "postgres_fdw"]);
      const altering = other.client
        .query("SET lock_timeout = '5s'; ALTER TABLE shop.log ADD late int")
        .catch((error: unknown) => error);
      const waiting = await vi.waitUntil(async () => (await findWaiters(second))[0], { timeout: 30_000 });
      expect(waiting).toMatchObject({ pid: other.backendPid, relation: "shop.log", mode: "AccessExclusiveLock" });
      const refused = await lockRelations(reader, [{ oid: 0, schema: "shop", name: "log" }], "NOWAIT").catch(
        (error: unknown) => error,
      );
      expect(isLockRefused(refused)).toBe(true);
      await reader.query("ROLLBACK");
      expect(await explainLockFailure(reader, await listRelations(reader, ["r"]), refused, 0)).toMatchObject({
        code: "lock-not-granted",
        message: expect.stringContaining("waiting for"),
      });
      await other.cancel();
      await altering;
      const facts = await readTargetFacts(reader);
      expect(facts).toMatchObject({ role: { isSuperuser: true }, serverVersion: server.versionNumber });
    } finally {
      await Promise.all(sessions.map((session) => session.end()));
    }
  },
);

const NEWER = `
  CREATE TABLE kept (id int CONSTRAINT named NOT NULL, twice int GENERATED ALWAYS AS (id * 2) VIRTUAL);
  INSERT INTO kept SELECT generate_series(1, 50);
  GRANT SELECT, MAINTAIN ON kept TO pg_monitor;
  CREATE TABLE numbered (id uuid DEFAULT uuidv7(), n int);
  INSERT INTO numbered (n) VALUES (1), (2);
  CREATE VIEW over_numbered AS SELECT n FROM numbered`;

test.runIf(MAJORS_HERE.includes(16))(
  "what an older server cannot make is refused before anything is, and left out where that is agreed",
  async () => {
    const source = await createDatabase("newer");
    const target = await createDatabase("older", "", servers.of(16));
    await source.query(NEWER);
    const ref = await vault.backUp(source.url);
    const refused = await vault.restore(ref, target.url).catch((error: unknown) => error);
    expect(refused).toMatchObject({ name: "PreconditionError", code: "target-cannot-take" });
    expect(String(refused)).toMatch(
      /table public\.numbered:? calls uuidv7\(\), which is of PostgreSQL 18.*\(version-lacks\)/,
    );
    const anything =
      "SELECT relname AS name FROM pg_class WHERE oid >= 16384 UNION ALL SELECT nspname FROM pg_namespace WHERE oid >= 16384";
    expect(await target.query(anything)).toEqual([]);
    const { report, warnings } = await vault.restore(ref, target.url, { options: { leaveOut: true } });
    expect(report).toMatchObject({ identical: true });
    expect(warnings.join("\n")).toMatch(/left out: table public\.numbered:? calls uuidv7\(\)/);
    expect(warnings.join("\n")).toMatch(/left out: view public\.over_numbered/);
    expect(warnings.join("\n")).toMatch(
      /rewritten: .*public\.kept:? has virtual generated columns, .*: they are stored/,
    );
    const [row] = await target.query("SELECT count(*)::int AS rows, sum(twice)::int AS twice FROM kept");
    expect(row).toEqual({ rows: 50, twice: 2550 });
    await source.drop();
  },
);

test.runIf(MAJORS_HERE.includes(14))(
  "what only older servers allow comes back there: NULLs in a child alone, functions that name things without a schema",
  async () => {
    const source = await createDatabase("older", "", servers.of(14));
    const target = await createDatabase("older_copy", "", servers.of(14));
    await source.query(`
      CREATE TABLE parent (id int NOT NULL); CREATE TABLE child () INHERITS (parent);
      ALTER TABLE child ALTER id DROP NOT NULL; INSERT INTO child VALUES (NULL), (1);
      CREATE TABLE words (word text); INSERT INTO words VALUES ('a');
      CREATE FUNCTION known(text) RETURNS bool IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN EXISTS (SELECT FROM words WHERE word = $1); END';
      CREATE TABLE computed (word text, known bool GENERATED ALWAYS AS (known(word)) STORED); INSERT INTO computed VALUES ('a'), ('b');
      CREATE INDEX by_known ON words (known(word)); CREATE MATERIALIZED VIEW seen AS SELECT word, known(word) FROM words`);
    const ref = await vault.backUp(source.url);
    const { report, warnings } = await vault.restore(ref, target.url);
    expect(report).toMatchObject({ identical: true });
    expect(await differences(source.url, target.url, { database: false })).toEqual([]);
    expect(await target.query("SELECT word FROM computed WHERE known")).toEqual([{ word: "a" }]);
    for (const told of [/"child".*admits NULL/, /index public.by_known/, /materialized view "public"."seen"/]) {
      expect(warnings).toContainEqual(expect.stringMatching(told));
    }
  },
);

test.runIf(MAJORS_HERE.includes(15))(
  "roles and the database come without settings and memberships that an older server does not know, and that is told",
  async () => {
    const source = await createDatabase("settled");
    const [owner, plain, narrow] = ["owner", "plain", "narrow"].map((name) => `${name}_of_${source.name}`);
    await asAdmin((admin) =>
      admin.query(`
        CREATE ROLE ${owner}; CREATE ROLE ${plain}; CREATE ROLE ${narrow};
        ALTER ROLE ${plain} SET transaction_timeout = '1min'; ALTER ROLE ${plain} SET work_mem = '9MB';
        GRANT ${owner} TO ${plain} WITH ADMIN TRUE; GRANT ${owner} TO ${narrow} WITH INHERIT TRUE, SET FALSE;
        ALTER DATABASE ${source.name} SET transaction_timeout = '2min'; ALTER DATABASE ${source.name} SET work_mem = '8MB';
        ALTER ROLE ${plain} IN DATABASE ${source.name} SET io_combine_limit = '8'`),
    );
    await source.query(`CREATE TABLE t (a int); ALTER TABLE t OWNER TO ${owner}`);
    const ref = await vault.backUp(source.url);
    const { host, port, user, password } = servers.of(15);
    const server = `postgres://${user}:${password}@${host}:${port}/postgres?sslmode=disable`;
    const { report, warnings } = await vault.restore(ref, server, { options: { create: true, database: source.name } });
    expect(report).toMatchObject({ identical: true });
    const told = warnings.join("\n");
    expect(told).toMatch(
      /rewritten: database properties .*sets .*transaction_timeout.*, which PostgreSQL 15 does not know/,
    );
    expect(told).toMatch(/rewritten: role plain_.* sets transaction_timeout, which PostgreSQL 15 does not know/);
    expect(told).toMatch(/rewritten: role narrow_.* is a member of owner_.* without all rights of it/);
    const found = await asAdmin(async (admin) => {
      const members = `SELECT m.member::regrole::text AS member, m.admin_option FROM pg_auth_members m WHERE m.roleid = $1::regrole`;
      const settings =
        "SELECT setconfig FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase WHERE datname = $1";
      const rows = [await admin.query(members, [owner]), await admin.query(settings, [source.name])];
      return rows.map((result) => result.rows);
    }, servers.of(15));
    expect(found).toEqual([[{ member: plain, admin_option: true }], [{ setconfig: ["work_mem=8MB"] }]]);
    await source.drop();
    await asAdmin((admin) => admin.query(`DROP ROLE ${narrow}, ${plain}, ${owner}`));
  },
);

test.runIf(MAJORS_HERE.includes(14))(
  "a role without superuser is told beforehand that everybody may create in the schema public of 14, and its restore ends",
  async () => {
    const source = await createDatabase("closed");
    await source.query("CREATE TABLE t (a int)");
    const ref = await vault.backUp(source.url);
    const loader = `loader_of_${source.name}`;
    await asAdmin((admin) => admin.query(`CREATE ROLE ${loader} LOGIN CREATEDB PASSWORD 'local'`), servers.of(14));
    const { host, port } = servers.of(14);
    const connection = {
      host,
      port,
      tls: { mode: "disable" },
      user: loader,
      password: "local",
      database: "postgres",
    } as const;
    const options = { create: true, database: source.name, noOwner: true };
    const { report, warnings } = await vault.restore(ref, source.url, { connection, options });
    expect(report).toMatchObject({ identical: true });
    expect(warnings).toContainEqual(expect.stringMatching(/^rewritten: schema public:? is open to everybody/));
    await source.drop();
  },
);
