/** A database brought back by docs/recover-by-hand.md, with the offline recipient's key and a copy of the vault. */
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { parseConnection } from "../../../core/postgres/connection.ts";
import { compareLive } from "../../../core/restore/compare.ts";
import { type RestorePointRef, vaultKeys } from "../../../core/vault/keys.ts";
import { createRichDatabase, dropRoles } from "../../core/restore/rich-schema.ts";
import { createVault, type TestVault } from "../../core/restore/support.ts";
import { asAdmin, createDatabase } from "../../support/postgres.ts";
import { type Attempt, type Followed, follow, prepareTools } from "./page.ts";

let vault: TestVault;
let source: Awaited<ReturnType<typeof createRichDatabase>>;
let ref: RestorePointRef;

beforeAll(async () => {
  await prepareTools();
  vault = await createVault();
  source = await createRichDatabase();
  ref = await vault.backUp(source.url);
}, 5 * 60_000);

afterAll(async () => {
  await source.drop();
  await dropRoles(source.roles);
  await vault.remove();
});

const recover = (database: string, changes: Partial<Attempt> = {}): Promise<Followed> =>
  follow({
    ref,
    vault: { directory: vault.directory },
    key: { offlinePem: vault.privateKeyPem },
    schema: "sql",
    database,
    server: inject("postgres"),
    ...changes,
  });

test.each(["sql", "archive"] as const)("is the source's equal, with the schema from %s", async (schema) => {
  const database = `by hand ${schema} "quoted" ${source.name}`;
  const { exitCode, printed, errors } = await recover(database, { schema });
  expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: "" });
  expect(printed.get("4. Decrypt")).toMatch(/^24 tables, \d+ chunks of shop as of /);
  expect(printed.get("7. See that it is all there")?.trim()).toBe("");
  const options = { rows: true, sessions: 2, applicationName: "test compare" };
  const settings = parseConnection(source.url);
  const report = await compareLive(settings, { ...settings, database }, options);
  expect(report).toMatchObject({ differences: [], identical: true, level: "rows" });
  await asAdmin((admin) => admin.query(`DROP DATABASE "${database.replaceAll('"', '""')}"`));
});

test("is the source's equal in another encoding and under names that nobody would choose", async () => {
  const odd = await createDatabase("latin", "ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'");
  await odd.query(String.raw`
    CREATE SCHEMA "-- a
b";
    CREATE TABLE "-- a
b"."it's \. $$ ""x"" %I :name" ("a\tb" text, "select" text);
    INSERT INTO "-- a
b"."it's \. $$ ""x"" %I :name" VALUES (E'\\.', 'Müßiggang'), (E'line\nfeed\ttab', NULL), ('', E'\r');
    CREATE SEQUENCE "q""'; s"; SELECT nextval('"q""''; s"')`);
  const oddRef = await vault.backUp(odd.url);
  const database = `${odd.name} it's by hand`;
  const { exitCode, printed, errors } = await recover(database, { ref: oddRef });
  expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: "" });
  expect(printed.get("7. See that it is all there")?.trim()).toBe("");
  const options = { rows: true, sessions: 2, applicationName: "test compare" };
  const settings = parseConnection(odd.url);
  const report = await compareLive(settings, { ...settings, database }, options);
  expect(report).toMatchObject({ differences: [], tables: 1, level: "rows" });
  await asAdmin((admin) => admin.query(`DROP DATABASE "${database}"`));
  await odd.drop();
});

test("is refused by the name of the object, where one bit of it was changed", async () => {
  const key = vaultKeys.schemaKey(ref, "pre-data.sql");
  const file = path.join(vault.directory, key);
  const bytes = await readFile(file);
  const changed = Buffer.from(bytes);
  changed.writeUInt8(changed.readUInt8(changed.length - 1) ^ 1, changed.length - 1);
  await writeFile(file, changed);
  const { exitCode, errors } = await recover("never_made").finally(() => writeFile(file, bytes));
  expect(exitCode).not.toBe(0);
  expect(errors).toContain(`NOT AS IT WAS WRITTEN: ${key}`);
});
