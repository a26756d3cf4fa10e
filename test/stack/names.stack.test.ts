import pg from "pg";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { parseConnection } from "../../core/postgres/connection.ts";
import { quoteName } from "../../core/postgres/sql.ts";
import { compareLive } from "../../core/restore/compare.ts";
import { hostileObjects, hostileRoles } from "../support/hostile-names.ts";
import { asAdmin } from "../support/postgres.ts";
import { runMachine, storeConnection } from "../support/stack.ts";
import { backUp } from "./sources.ts";
import { vaultOf } from "./vault.ts";

/** No suffix: these roles are called as they look. */
const SUFFIX = "";
const SOURCE = `--all "it's" \\ ../%2e\n\u202e{% $states %}\t;\u{1f4a9}`;
const COPY = "\u001b[31m__proto__;'\"\r\n$" + "{Resolve} cafe\u0301 caf\u00e9";

const urlOf = (database: string): string => {
  const { user, password, host, port } = inject("postgres");
  return `postgres://${user}:${password}@${host}:${port}/${encodeURIComponent(database)}?sslmode=disable`;
};

async function run(database: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ ...inject("postgres"), database });
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

beforeAll(async () => {
  const roles = hostileRoles(SUFFIX).map((role) => `CREATE ROLE ${quoteName(role)}`);
  await run("postgres", [`CREATE DATABASE ${quoteName(SOURCE)}`, ...roles]);
  await run(SOURCE, hostileObjects(SUFFIX, SOURCE));
  await storeConnection("named-read", SOURCE, "read");
  // Grants in the name of others take a superuser.
  const { user: username, password } = inject("postgres");
  await storeConnection("named-write", "postgres", "write", { username, password });
});
afterAll(() =>
  asAdmin(async (admin) => {
    for (const database of [SOURCE, COPY]) await admin.query(`DROP DATABASE IF EXISTS ${quoteName(database)}`);
    for (const role of hostileRoles(SUFFIX)) await admin.query(`DROP ROLE ${quoteName(role)}`);
  }),
);

it("names that break whatever is careless come back as they were, from backup to comparison, and are in no key", async () => {
  const { outcome, cause } = await backUp("named");
  expect({ status: outcome?.status, cause }).toEqual({ status: "succeeded", cause: undefined });
  const { restorePointId } = outcome ?? {};
  const options = { target: "named", restorePointId, database: COPY, create: true, compare: "rows" };
  const restored = await runMachine("restore", { source: "named", options });
  expect({ status: restored.status, cause: restored.cause }).toEqual({ status: "SUCCEEDED", cause: undefined });
  const [source, copy] = [parseConnection(urlOf(SOURCE)), parseConnection(urlOf(COPY))];
  expect(
    (await compareLive(source, copy, { rows: true, sessions: 2, applicationName: "test compare" })).differences,
  ).toEqual([]);
  for (const prefix of ["v1/meta/named/", "v1/data/named/"]) {
    for await (const { key } of vaultOf().list(prefix)) expect(key).toMatch(/^v1\/[a-z]+\/named\/[a-zA-Z0-9/._-]+$/);
  }
});
