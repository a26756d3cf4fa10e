import { randomBytes } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { parseConnection } from "../../../core/postgres/connection.ts";
import { quoteName } from "../../../core/postgres/sql.ts";
import { compareLive } from "../../../core/restore/compare.ts";
import { hostileObjects, hostileRoles, withSuffix } from "../../support/hostile-names.ts";
import { asAdmin } from "../../support/postgres.ts";
import { createVault, type TestVault } from "./support.ts";

const suffix = randomBytes(3).toString("hex");
const source = withSuffix(`--all "it's" \\ ../%2e\n\u202e{% $states %}`, `!${suffix}`);
const copy = withSuffix("\u001b[31m__proto__;'\"\n$" + "{Resolve}", `?${suffix}`);
let vault: TestVault;

const urlOf = (database: string): string => {
  const { user, password, host, port } = inject("postgres");
  return `postgres://${user}:${password}@${host}:${port}/${encodeURIComponent(database)}?sslmode=disable`;
};

async function run(database: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ ...inject("postgres"), database });
  await client.connect();
  try {
    for (const statement of statements) {
      await client.query(statement).catch((error: unknown) => {
        throw new Error(`${statement}: ${error}`);
      });
    }
  } finally {
    await client.end();
  }
}

beforeAll(async () => {
  vault = await createVault();
  await run("postgres", [
    `CREATE DATABASE ${quoteName(source)}`,
    ...hostileRoles(suffix).map((role) => `CREATE ROLE ${quoteName(role)}`),
  ]);
  await run(source, hostileObjects(suffix, source));
});
afterAll(async () => {
  await asAdmin(async (admin) => {
    for (const database of [source, copy]) await admin.query(`DROP DATABASE IF EXISTS ${quoteName(database)}`);
    for (const role of hostileRoles(suffix)) await admin.query(`DROP ROLE ${quoteName(role)}`);
  });
  await vault.remove();
});

test("every name comes back as it was, whatever it looks like, also those of the databases", async () => {
  const ref = await vault.backUp(urlOf(source));
  const result = await vault.restore(ref, urlOf("postgres"), { options: { create: true, database: copy } });
  expect(result.warnings).toEqual([]);
  expect(result.report).toMatchObject({ identical: true, level: "rows" });
  const options = { rows: true, sessions: 2, applicationName: "test compare" };
  const report = await compareLive(parseConnection(urlOf(source)), parseConnection(urlOf(copy)), options);
  expect(report.differences).toEqual([]);
}, 60_000);
