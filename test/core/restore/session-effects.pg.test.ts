import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseConnection } from "../../../core/postgres/connection.ts";
import { openLoadSession } from "../../../core/postgres/load/session.ts";
import { loadPointChunk } from "../../../core/restore/data.ts";
import { parseRestoreOptions } from "../../../core/restore/options.ts";
import { prepareTarget } from "../../../core/restore/prepare.ts";
import { openRestorePoint, readPhases } from "../../../core/restore/restore-point.ts";
import { runPhase } from "../../../core/restore/schema.ts";
import { chunkNumbers } from "../../../core/restore/work.ts";
import { asAdmin, createDatabase, type TestDatabase } from "../../support/postgres.ts";
import { createVault, type TestVault } from "./support.ts";

let vault: TestVault;
beforeAll(async () => {
  vault = await createVault();
});
afterAll(() => vault.remove());

async function restored(
  prepare: (source: TestDatabase) => Promise<void>,
  look: (target: TestDatabase) => Promise<void>,
) {
  const source = await createDatabase("effects");
  const target = await createDatabase("effected");
  try {
    await prepare(source);
    const ref = await vault.backUp(source.url);
    const result = await vault.restore(ref, target.url);
    expect(result.report).toMatchObject({ identical: true, level: "rows" });
    await look(target);
  } finally {
    await Promise.all([source.drop(), target.drop()]);
  }
}

test("rows that were checked under the source's time zone are taken, though it is none of ours", () =>
  restored(
    async (source) => {
      await source.query(`ALTER DATABASE ${source.name} SET timezone = 'Asia/Tokyo'`);
      await source.query(`
        SET timezone = 'Asia/Tokyo';
        CREATE TABLE visit (at timestamptz, day date, CHECK (day = at::date));
        INSERT INTO visit SELECT at, at::date FROM generate_series('2026-01-01'::timestamptz, '2026-01-03', '1 hour') at;
        RESET timezone`);
    },
    async (target) => {
      expect(await target.query("SELECT count(*)::int AS n FROM visit")).toEqual([{ n: 49 }]);
    },
  ));

test("an event trigger on login neither writes into what is compared nor shuts the restore out", () =>
  restored(
    async (source) => {
      await source.query(`
        CREATE TABLE login (at timestamptz DEFAULT now(), name text);
        CREATE FUNCTION note_login() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN
          INSERT INTO public.login (name) VALUES (current_setting('application_name'));
          IF current_setting('application_name') LIKE 'holdfast%' THEN RAISE 'no entry'; END IF;
        END$$;
        CREATE EVENT TRIGGER "x ON login" ON login EXECUTE FUNCTION note_login();
        COMMENT ON EVENT TRIGGER "x ON login" IS 'who came';
        CREATE FUNCTION note_drop() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
        CREATE EVENT TRIGGER " ON login " ON sql_drop EXECUTE FUNCTION note_drop();
        TRUNCATE login`);
    },
    async (target) => {
      const triggers = await target.query(
        "SELECT evtname, evtevent, obj_description(oid, 'pg_event_trigger') AS said FROM pg_event_trigger ORDER BY 1",
      );
      expect(triggers).toEqual([
        { evtname: " ON login ", evtevent: "sql_drop", said: null },
        { evtname: "x ON login", evtevent: "login", said: "who came" },
      ]);
      // Whoever has come since the last act is ourselves, here.
      expect(await target.query("SELECT DISTINCT name FROM login WHERE name LIKE 'holdfast%'")).toEqual([]);
    },
  ));

describe("large objects", () => {
  test("whose pieces lie in several chunks are whole, though the chunks are loaded at once", async () => {
    const source = await createDatabase("large");
    const target = await createDatabase("enlarged");
    await source.query(`
      SELECT lo_from_bytea(n, decode(repeat(md5(n::text), 20000 / 16), 'hex')) FROM generate_series(100, 115) n;
      SELECT lo_from_bytea(116, decode(repeat(md5('x'), 400000 / 16), 'hex'))`);
    const ref = await vault.backUp(source.url, { chunkBytes: 64 * 1024 });
    const point = await openRestorePoint(vault, ref);
    const settings = parseConnection(target.url);
    const options = parseRestoreOptions({});
    await prepareTarget({ point, target: { settings }, options, applicationName: "test" });
    const numbers = chunkNumbers(point.manifest);
    expect(numbers.length).toBeGreaterThan(4);
    const sessions = await Promise.all(numbers.map(() => openLoadSession(settings, { applicationName: "test" })));
    const [first] = sessions;
    if (first !== undefined) await runPhase(first, await readPhases(point, options), "preData");
    await Promise.all(sessions.map((session, at) => loadPointChunk(session, point, numbers[at] ?? 0)));
    await Promise.all(sessions.map((session) => session.end()));
    const contents = "SELECT oid::int, md5(lo_get(oid)) FROM pg_largeobject_metadata ORDER BY 1";
    expect(await target.query(contents)).toEqual(await source.query(contents));
    await Promise.all([source.drop(), target.drop()]);
  });
});

test("privileges end as they were, also those that somebody else granted", async () => {
  const suffix = randomBytes(4).toString("hex");
  const [owner, other] = [`giver_${suffix}`, `taker_${suffix}`];
  await asAdmin((admin) => admin.query(`CREATE ROLE ${owner}; CREATE ROLE ${other}`));
  const acl = "SELECT relname, relacl::text FROM pg_class WHERE relname IN ('note', 'secret') ORDER BY 1";
  let wanted: unknown[] = [];
  await restored(
    async (source) => {
      await source.query(`
        CREATE TABLE note (id int); CREATE TABLE secret (id int);
        REVOKE ALL ON secret FROM postgres;
        GRANT SELECT ON note TO ${owner} WITH GRANT OPTION;
        SET ROLE ${owner}; GRANT SELECT ON note TO ${other}, PUBLIC; RESET ROLE`);
      wanted = await source.query(acl);
    },
    async (target) => {
      expect(await target.query(acl)).toEqual(wanted);
      expect(JSON.stringify(wanted)).toContain(`${other}=r/${owner}`);
    },
  );
  await asAdmin((admin) => admin.query(`DROP ROLE ${owner}; DROP ROLE ${other}`));
});
