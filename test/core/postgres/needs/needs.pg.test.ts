import { afterAll, beforeAll, expect, test } from "vitest";
import { dumpLiveSchema } from "../../../../core/postgres/compare/index.ts";
import { parseConnection } from "../../../../core/postgres/connection.ts";
import { parseArchive } from "../../../../core/postgres/ddl/index.ts";
import { needsOfArchive, readNeeds } from "../../../../core/postgres/needs/index.ts";
import { openSession } from "../../../../core/postgres/session.ts";
import { createDatabase, type TestDatabase } from "../../../support/postgres.ts";

let source: TestDatabase;

beforeAll(async () => {
  source = await createDatabase("needs");
  await source.query(`
    CREATE SCHEMA "odd; ""schema"; CREATE EXTENSION hstore SCHEMA "odd; ""schema"; CREATE EXTENSION bloom;
    CREATE COLLATION own (provider = icu, locale = 'de');
    CREATE TABLE named (a text COLLATE "en-x-icu", b text COLLATE own, c text COLLATE "C", d text COLLATE unicode);
    CREATE VIEW sorted AS SELECT a COLLATE "und-x-icu" AS a FROM named;
    CREATE ACCESS METHOD own_heap TYPE TABLE HANDLER heap_tableam_handler;
    CREATE TABLE stored (id int) USING own_heap; CREATE INDEX ON stored USING bloom (id)`);
});
afterAll(() => source.drop());

test("are read from the database", async () => {
  const session = await openSession(parseConnection(source.url), { purpose: "read", applicationName: "test" });
  const needs = await readNeeds(session).finally(() => session.end());
  expect(needs.extensions).toEqual([
    { name: "bloom", schema: "public", version: expect.stringMatching(/^\d/), relations: [] },
    { name: "hstore", schema: 'odd; "schema', version: expect.stringMatching(/^\d/), relations: [] },
  ]);
  const names = needs.collations.map(({ name, provider }) => [name, provider]);
  expect(names).toEqual(["en-x-icu", "und-x-icu", "unicode"].map((name) => [name, "icu"]));
  expect(needs.collations[0]?.collationVersion).toMatch(/\d/);
  expect(needs.accessMethods).toEqual([
    { name: "bloom", extension: "bloom" },
    { name: "own_heap", extension: null },
  ]);
  expect(needs.databaseBytes).toBeGreaterThan(1_000_000);
});

test("are told from an archive as far as it knows them", async () => {
  const toc = parseArchive(await dumpLiveSchema(parseConnection(source.url), "test"));
  const { extensions, collations } = needsOfArchive(toc);
  expect(extensions.toSorted((a, b) => a.name.localeCompare(b.name))).toEqual([
    { name: "bloom", schema: "public" },
    { name: "hstore", schema: 'odd; "schema' },
  ]);
  expect(collations).toEqual([{ name: "en-x-icu" }, { name: "und-x-icu" }, { name: "unicode" }]);
});
