import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseConnection } from "../../../core/postgres/connection.ts";
import { permittedStatements } from "../../../core/postgres/load/database.ts";
import { withLoadSession } from "../../../core/postgres/load/session.ts";
import { asAdmin, createDatabase, type TestDatabase } from "../../support/postgres.ts";
import { createVault, type TestVault } from "./support.ts";

const role = `last_act_${randomBytes(4).toString("hex")}`;

let vault: TestVault;
let source: TestDatabase;
let made: string;

beforeAll(async () => {
  vault = await createVault();
  source = await createDatabase("last_act");
  made = `${source.name}_made`;
  await source.query("CREATE TABLE item (id int PRIMARY KEY); INSERT INTO item VALUES (1)");
  await source.query("CREATE MATERIALIZED VIEW items AS TABLE item");
  await asAdmin((admin) => admin.query(`CREATE ROLE ${role} IN ROLE pg_read_all_data`));
});
afterAll(async () => {
  await asAdmin(async (admin) => {
    for (const name of [source.name, made]) await admin.query(`ALTER DATABASE ${name} IS_TEMPLATE false`);
    await admin.query(`DROP DATABASE ${made}`);
  });
  await source.drop();
  await asAdmin((admin) => admin.query(`DROP ROLE ${role}`));
  await vault.remove();
});

test("a database that makes another role of every session, few at a time, is compared and ended all the same", async () => {
  await asAdmin(async (admin) => {
    await admin.query(`ALTER DATABASE ${source.name} CONNECTION LIMIT 40 IS_TEMPLATE true`);
    await admin.query(`ALTER ROLE ${role} IN DATABASE ${source.name} SET role = '${role}'`);
    await admin.query(`ALTER DATABASE ${source.name} SET role = '${role}'`);
  });
  const ref = await vault.backUp(source.url);
  const server = source.url.replace(`/${source.name}?`, "/postgres?");
  const result = await vault.restore(ref, server, { options: { create: true, database: made } });
  expect(result.report).toMatchObject({ identical: true, level: "rows" });
  const { rows } = await asAdmin((admin) =>
    admin.query(
      `SELECT datconnlimit AS most, datistemplate AS template, (SELECT json_agg(setconfig) FROM pg_db_role_setting WHERE setdatabase = d.oid) AS settings
         FROM pg_database d WHERE datname = $1`,
      [made],
    ),
  );
  expect(rows).toEqual([{ most: 40, template: true, settings: [[`role=${role}`], [`role=${role}`]] }]);
});

test("what the server refuses of it is told and left out, the rest stays for the last act", async () => {
  const step = (what: string, sql: string) => ({ name: what, what, statements: [sql] });
  const steps = [
    step("foreign", `ALTER DATABASE postgres CONNECTION LIMIT 99`),
    step("own", `COMMENT ON TABLE public.mine IS 'tried'`),
  ];
  const target = await createDatabase("permitted");
  try {
    await target.query(`CREATE TABLE mine (); ALTER TABLE mine OWNER TO ${role}`);
    await withLoadSession(parseConnection(target.url), { applicationName: "test" }, async (session) => {
      await session.query(`SET ROLE ${role}`);
      const denied: string[] = [];
      const permitted = await permittedStatements(session, steps, ({ what }) => void denied.push(what));
      expect({ denied, permitted }).toEqual({ denied: ["foreign"], permitted: steps[1]?.statements });
      const said = await session.query("SELECT pg_catalog.obj_description('public.mine'::regclass) AS said");
      expect(said).toEqual([{ said: null }]);
      const wrong = permittedStatements(session, [step("wrong", "COMMENT ON TABLE no_such IS ''")]);
      await expect(wrong).rejects.toThrow(/^wrong: /);
    });
  } finally {
    await target.drop();
  }
});
