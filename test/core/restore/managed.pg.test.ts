import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ConnectionSettings, parseConnection } from "../../../core/postgres/connection.ts";
import { quoteName } from "../../../core/postgres/sql.ts";
import type { RestorePointRef } from "../../../core/vault/keys.ts";
import { differences } from "../../support/identical.ts";
import { asAdmin, createDatabase, type TestDatabase } from "../../support/postgres.ts";
import { EVERYTHING } from "../postgres/managed/everything.ts";
import { MANAGED_SCHEMA, type Staff } from "./managed-schema.ts";
import { dropRoles } from "./rich-schema.ts";
import { createVault, type TestVault } from "./support.ts";

const suffix = randomBytes(4).toString("hex");
const loader = `loader_${suffix}`;
/** Inherits nothing by itself. */
const stiff = `stiff_${suffix}`;
const staff: Staff = { keeper: `keeper_${suffix}`, clerk: `clerk_${suffix}`, app: `app_${suffix}` };
let vault: TestVault;
let source: TestDatabase;
let ref: RestorePointRef;

beforeAll(async () => {
  vault = await createVault();
  source = await createDatabase("managed");
  await asAdmin((admin) =>
    admin.query(`
      CREATE ROLE ${loader} LOGIN CREATEDB CREATEROLE PASSWORD 'local';
      CREATE ROLE ${stiff} LOGIN CREATEDB CREATEROLE NOINHERIT PASSWORD 'local';
      CREATE ROLE ${staff.keeper}; CREATE ROLE ${staff.clerk}; CREATE ROLE ${staff.app};
      GRANT ${staff.keeper}, ${staff.clerk}, ${staff.app} TO ${loader}`),
  );
  await source.query(MANAGED_SCHEMA(staff, source.name));
  ref = await vault.backUp(source.url);
});
afterAll(async () => {
  await source.drop();
  await dropRoles([loader, stiff, ...Object.values(staff)]);
  await vault.remove();
});

const connectionTo = (database: string, user = loader): ConnectionSettings => {
  const { host, port, tls } = parseConnection(source.url);
  return { host, port, tls, user, password: "local", database };
};
const drop = (database: string): Promise<unknown> => asAdmin((admin) => admin.query(`DROP DATABASE ${database}`));

test("restores an ordinary database to identity by a role that has CREATEROLE, CREATEDB and its owners' memberships", async () => {
  const name = `${source.name}_copy`;
  const connection = connectionTo("postgres");
  const result = await vault.restore(ref, source.url, { connection, options: { create: true, database: name } });
  expect(result.warnings.filter((told) => !told.startsWith("rewritten: forced row security of"))).toEqual([]);
  expect(await differences(source.url, source.url.replace(`/${source.name}?`, `/${name}?`))).toEqual([]);
  await drop(name);
});

test("restores into a database that is there, of which what it has itself stays", async () => {
  const target = await createDatabase("there");
  await asAdmin((admin) => admin.query(`ALTER DATABASE ${target.name} OWNER TO ${loader}`));
  await vault.restore(ref, target.url, { connection: connectionTo(target.name) });
  expect(await differences(source.url, target.url, { database: false })).toEqual([]);
  await target.drop();
});

test("names roles otherwise wherever they are named: owners, grantees, grantors, policies, default privileges", async () => {
  const name = `${source.name}_mapped`;
  const roles = { [staff.keeper]: `user ${suffix}`, [staff.clerk]: `"clerk" ${suffix}` };
  const rename = (from: string, to: string): string => `ALTER ROLE ${quoteName(from)} RENAME TO ${quoteName(to)};`;
  const pairs = Object.entries(roles);
  await asAdmin((admin) => admin.query(pairs.map(([old, to]) => rename(old, to)).join("")));
  try {
    const options = { create: true, database: name, roles };
    await vault.restore(ref, source.url, { connection: connectionTo("postgres"), options });
    expect(await differences(source.url, source.url.replace(`/${source.name}?`, `/${name}?`))).toEqual([]);
    await drop(name);
  } finally {
    await asAdmin((admin) => admin.query(pairs.map(([old, to]) => rename(to, old)).join("")));
  }
});

test("makes the roles that are missing, without login, and gives them what is theirs", async () => {
  const name = `${source.name}_made`;
  const roles = {
    [staff.keeper]: `keeper of ${suffix}`,
    [staff.clerk]: `clerk of ${suffix}`,
    [staff.app]: `app of ${suffix}`,
  };
  const options = { create: true, database: name, roles };
  await vault.restore(ref, source.url, { connection: connectionTo("postgres", stiff), options });
  const made = Object.values(roles);
  const { rows } = await asAdmin((admin) =>
    admin.query("SELECT rolname FROM pg_roles WHERE rolname = ANY ($1) AND NOT rolcanlogin", [made]),
  );
  expect(rows).toHaveLength(made.length);
  await drop(name);
  await dropRoles(made.map(quoteName));
});

/** A few; all of them are in the test of `superuserOnly`. */
const LEFT_OUT = [
  ["event trigger watch", "only a superuser"],
  ['setting "log_statement" of the database', "only a superuser"],
  ['setting "my.setting" of the database', "only a superuser"],
  ["publication all_of_it", "only a superuser"],
  ["server far", "it needs something that is left out"],
  ["foreign table shop.distant", "it needs something that is left out"],
] as const;

test("refuses by name what only a superuser can make, and with leaveOut restores all the rest", async () => {
  const everything = await createDatabase("everything");
  const name = `${everything.name}_copy`;
  const role = { friend: staff.clerk, stranger: staff.app };
  const dropSubscriptions = "DROP SUBSCRIPTION sub; DROP SUBSCRIPTION sub_bare; DROP SUBSCRIPTION sub_open";
  await everything.query(`${EVERYTHING(role)}
    ALTER DATABASE ${everything.name} SET log_statement TO 'none'; ALTER DATABASE ${everything.name} SET my.setting TO 'x';
    ALTER DATABASE ${everything.name} SET work_mem TO '8MB'`);
  try {
    const all = await vault.backUp(everything.url);
    const connection = connectionTo("postgres");
    const options = { create: true, database: name, roles: { postgres: loader } };
    await expect(vault.restore(all, everything.url, { connection, options })).rejects.toMatchObject({
      code: "target-cannot-take",
    });
    const result = await vault.restore(all, everything.url, { connection, options: { ...options, leaveOut: true } });
    expect(result.report?.identical).toBe(true);
    const left = result.warnings.filter((told) => told.startsWith("left out: "));
    for (const [what, code] of LEFT_OUT)
      expect(left.some((told) => told.startsWith(`left out: ${what}: ${code}`))).toBe(true);
    await drop(name);
  } finally {
    await everything.query(dropSubscriptions);
    await everything.drop();
  }
});
