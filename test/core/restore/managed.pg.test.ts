import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseConnection } from "../../../core/postgres/connection.ts";
import { differences } from "../../support/identical.ts";
import { asAdmin, createDatabase, type TestDatabase } from "../../support/postgres.ts";
import { MANAGED_SCHEMA, type Staff } from "./managed-schema.ts";
import { dropRoles } from "./rich-schema.ts";
import { createVault, type TestVault } from "./support.ts";

const suffix = randomBytes(4).toString("hex");
const loader = `loader_${suffix}`;
const staff: Staff = { keeper: `keeper_${suffix}`, clerk: `clerk_${suffix}`, app: `app_${suffix}` };
let vault: TestVault;
let source: TestDatabase;

beforeAll(async () => {
  vault = await createVault();
  source = await createDatabase("managed");
  await asAdmin((admin) =>
    admin.query(`
      CREATE ROLE ${loader} LOGIN CREATEDB CREATEROLE PASSWORD 'local';
      CREATE ROLE ${staff.keeper}; CREATE ROLE ${staff.clerk}; CREATE ROLE ${staff.app};
      GRANT ${staff.keeper}, ${staff.clerk}, ${staff.app} TO ${loader}`),
  );
  await source.query(MANAGED_SCHEMA(staff, source.name));
});
afterAll(async () => {
  await source.drop();
  await dropRoles([loader, ...Object.values(staff)]);
  await vault.remove();
});

test("restores an ordinary database to identity by a role that has CREATEROLE, CREATEDB and its owners' memberships", async () => {
  const ref = await vault.backUp(source.url);
  const name = `${source.name}_copy`;
  const { host, port, tls } = parseConnection(source.url);
  const connection = { host, port, tls, user: loader, password: "local", database: "postgres" };
  const result = await vault.restore(ref, source.url, { connection, options: { create: true, database: name } });
  expect(result.warnings).toEqual([]);
  expect(await differences(source.url, source.url.replace(`/${source.name}?`, `/${name}?`))).toEqual([]);
  await asAdmin((admin) => admin.query(`DROP DATABASE ${name}`));
});
