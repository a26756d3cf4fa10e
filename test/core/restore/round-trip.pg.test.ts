import { afterAll, beforeAll, expect, test } from "vitest";
import { parseConnection } from "../../../core/postgres/connection.ts";
import { compareDatabase, compareLive } from "../../../core/restore/compare.ts";
import { expectationOf } from "../../../core/restore/expectation.ts";
import { openRestorePoint } from "../../../core/restore/restore-point.ts";
import { asAdmin, createDatabase } from "../../support/postgres.ts";
import { createRichDatabase, dropRoles } from "./rich-schema.ts";
import { createVault, type TestVault } from "./support.ts";

let vault: TestVault;
let source: Awaited<ReturnType<typeof createRichDatabase>>;

beforeAll(async () => {
  vault = await createVault();
  source = await createRichDatabase();
});

afterAll(async () => {
  await source.drop();
  await dropRoles(source.roles);
  await vault.remove();
});

test("restores a database of every kind of object to identity", async () => {
  const target = await createDatabase("restored");
  const ref = await vault.backUp(source.url);
  const result = await vault.restore(ref, target.url);
  expect(result.report).toMatchObject({ identical: true, level: "rows", differences: [] });
  const options = { rows: true, sessions: 2, applicationName: "test compare", ignoreDatabase: true };
  const report = await compareLive(parseConnection(source.url), parseConnection(target.url), options);
  expect(report.differences).toEqual([]);
  const touched = "SELECT FROM pg_db_role_setting s JOIN pg_database d ON d.oid = setdatabase WHERE datname = $1";
  expect(await target.query(touched, [target.name])).toEqual([]);
  expect(await target.query("SELECT to_regnamespace('holdfast_restore') AS marker")).toEqual([{ marker: null }]);
  await target.drop();
});

test("compares rows by the vault's own bytes when none were hashed as they were dumped", async () => {
  const target = await createDatabase("unhashed");
  const ref = await vault.backUp(source.url, { rowHash: false });
  const result = await vault.restore(ref, target.url);
  expect(result.report).toMatchObject({ identical: true, level: "rows" });
  await target.query("UPDATE shop.log SET happened = 'x' WHERE ctid = '(0,1)'");
  const point = await openRestorePoint(vault, ref);
  const options = { rows: true, sessions: 2, applicationName: "test compare", ignoreDatabase: true };
  const report = await compareDatabase(parseConnection(target.url), await expectationOf(point, options), options);
  expect(report.differences).toMatchObject([{ kind: "table", object: '"shop"."log"', aspect: "row-hash" }]);
  await target.drop();
});

test("creates the target database with the source's properties", async () => {
  const ref = await vault.backUp(source.url);
  const name = `${source.name}_created`;
  const server = source.url.replace(`/${source.name}?`, "/postgres?");
  const result = await vault.restore(ref, server, { options: { create: true, database: name } });
  expect(result.database).toBe(name);
  const url = source.url.replace(`/${source.name}?`, `/${name}?`);
  const options = { rows: true, sessions: 2, applicationName: "test compare" };
  const report = await compareLive(parseConnection(source.url), parseConnection(url), options);
  expect(report.differences).toEqual([]);
  await asAdmin((admin) => admin.query(`DROP DATABASE ${name}`));
});
