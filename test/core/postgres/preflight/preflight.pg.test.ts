import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { preflight } from "../../../../core/postgres/preflight/index.ts";
import type { Session } from "../../../../core/postgres/session.ts";
import { asAdmin } from "../../../support/postgres.ts";
import { createSource, type SourceDatabase } from "../support.ts";

const ROLE = "holdfast_preflight_reader";
let source: SourceDatabase;

beforeAll(async () => {
  source = await createSource("preflight");
  await source.query(`DROP ROLE IF EXISTS ${ROLE}; CREATE ROLE ${ROLE} LOGIN PASSWORD 'reader'`);
  await source.query(
    `CREATE SCHEMA app; CREATE TABLE app.t (id int); CREATE SEQUENCE app.s; CREATE TABLE app.u (id int)`,
  );
});
afterAll(async () => {
  await source.query(`DROP OWNED BY ${ROLE}`);
  await source.close();
  await asAdmin((admin) => admin.query(`DROP ROLE ${ROLE}`));
});

async function asReader<T>(work: (session: Session) => Promise<T>): Promise<T> {
  const { openSession } = await import("../../../../core/postgres/session.ts");
  const settings = { ...source.settings, user: ROLE, password: "reader" };
  const session = await openSession(settings, { purpose: "read", applicationName: "holdfast test" });
  try {
    return await work(session);
  } finally {
    await session.end();
  }
}

const refused = (code: string, message: RegExp) => ({
  name: "PreconditionError",
  code,
  message: expect.stringMatching(message),
});

describe("preflight", () => {
  it("tells which server and database it found", async () => {
    const session = await source.open();
    const { server } = await preflight(session, { workers: 4 });
    expect(server).toMatchObject({
      version: expect.stringMatching(/^18\./),
      versionNumber: expect.any(Number),
      walLevel: "logical",
      systemIdentifier: expect.stringMatching(/^\d{15,}$/),
      timeline: 1,
      databaseOid: expect.any(Number),
      databaseName: source.name,
      encoding: "UTF8",
      collation: expect.stringContaining("C.UTF-8"),
      settings: expect.objectContaining({ max_connections: "100", block_size: "8192" }),
    });
    await session.end();
  });

  it("refuses a role that cannot read every table, sequence and large object, and names them", async () => {
    await asReader(async (session) => {
      const missing = refused("privilege-missing", /"app"\."s", "app"\."t", "app"\."u"/);
      await expect(preflight(session, { workers: 1 })).rejects.toMatchObject(missing);
      await source.query(`GRANT USAGE ON SCHEMA app TO ${ROLE}; GRANT SELECT ON app.t, app.u TO ${ROLE}`);
      const sequence = refused("privilege-missing", /on "app"\."s"$/);
      await expect(preflight(session, { workers: 1 })).rejects.toMatchObject(sequence);
      await source.query(`GRANT SELECT ON app.s TO ${ROLE}; SELECT lo_from_bytea(4242, 'x')`);
      const object = refused("privilege-missing", /1 large objects, the first is 4242/);
      await expect(preflight(session, { workers: 1 })).rejects.toMatchObject(object);
      await source.query(`GRANT SELECT ON LARGE OBJECT 4242 TO ${ROLE}`);
      expect((await preflight(session, { workers: 1 })).server.databaseName).toBe(source.name);
    });
  });

  it("refuses row security that would hide rows", async () => {
    await source.query("ALTER TABLE app.t ENABLE ROW LEVEL SECURITY");
    const hides = refused("row-security-hides-rows", /on "app"\."t"$/);
    await asReader((session) => expect(preflight(session, { workers: 1 })).rejects.toMatchObject(hides));
    await source.query(`ALTER ROLE ${ROLE} BYPASSRLS`);
    await asReader((session) => preflight(session, { workers: 1 }));
    await source.query(`ALTER ROLE ${ROLE} NOBYPASSRLS; ALTER TABLE app.t OWNER TO ${ROLE}`);
    await asReader((session) => preflight(session, { workers: 1 }));
    await source.query("ALTER TABLE app.t FORCE ROW LEVEL SECURITY");
    await asReader((session) => expect(preflight(session, { workers: 1 })).rejects.toMatchObject(hides));
    await source.query("ALTER TABLE app.t DISABLE ROW LEVEL SECURITY");
  });

  it("refuses more tables than half the lock table holds, naming the setting and a value", async () => {
    await source.query(
      `DO $$ BEGIN FOR i IN 1..1100 LOOP EXECUTE format('CREATE TABLE many_%s ()', i); END LOOP; END $$`,
    );
    const session = await source.open();
    await expect(preflight(session, { workers: 1 })).rejects.toMatchObject({
      ...refused("lock-table-too-small", /1102 tables need 3306 locks, half the server's lock table is 3200/),
      hint: expect.stringContaining("max_locks_per_transaction to 67"),
    });
    await session.end();
    await source.query(
      `DO $$ BEGIN FOR i IN 1..1100 LOOP EXECUTE format('DROP TABLE many_%s', i); IF i % 100 = 0 THEN COMMIT; END IF; END LOOP; END $$`,
    );
  });

  it("refuses a server newer than its pg_dump, and reads 14 with a warning", async () => {
    const session = await source.open();
    const newer = refused("server-newer-than-pg-dump", /PostgreSQL 19/);
    await expect(preflight({ ...session, serverVersion: 190000 }, { workers: 1 })).rejects.toMatchObject(newer);
    const { warnings } = await preflight({ ...session, serverVersion: 140020 }, { workers: 1 });
    expect(warnings.map(({ code }) => code)).toContain("server-version-unsupported");
    await session.end();
  });

  it("warns of what will not come back as it was", async () => {
    await source.query(`CREATE UNLOGGED TABLE app.loose (id int); CREATE MATERIALIZED VIEW app.m AS SELECT 1 AS one WITH NO DATA;
      CREATE FOREIGN DATA WRAPPER nowhere; CREATE SERVER far FOREIGN DATA WRAPPER nowhere; CREATE FOREIGN TABLE app.remote (id int) SERVER far;
      CREATE TABLE app.copied AS SELECT oid, adbin FROM pg_attrdef`);
    const session = await source.open();
    const { warnings } = await preflight(session, { workers: 1 });
    expect(warnings.map(({ code, object }) => [code, object])).toEqual([
      ["table-unlogged", "app.loose"],
      ["table-foreign", "app.remote"],
      ["matview-not-populated", "app.m"],
      ["column-not-loadable", "app.copied.adbin"],
    ]);
    await session.end();
  });
});
