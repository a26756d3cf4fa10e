import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RestorePointRef } from "../../../../core/vault/keys.ts";
import { differences } from "../../../support/identical.ts";
import { nativeTools } from "../../../support/native.ts";
import { asAdmin, createDatabase, type TestDatabase } from "../../../support/postgres.ts";
import { createVault, type TestVault, withTarget } from "../support.ts";
import { FILM_SCHEMA } from "./film-schema.ts";

let source: TestDatabase;
let vault: TestVault;
let ref: RestorePointRef;

beforeAll(async () => {
  source = await createDatabase("chosen");
  await source.query(FILM_SCHEMA);
  vault = await createVault();
  ref = await vault.backUp(source.url);
  await nativeTools();
}, 300_000);
afterAll(async () => {
  await source.drop();
  await vault.remove();
});

const RELATIONS = `SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname IN ('app', 'Odd.Schema') AND c.relkind IN ('r', 'p', 'v', 'm', 'S') ORDER BY 1`;

async function relations(target: TestDatabase): Promise<string[]> {
  return (await target.query<{ name: string }>(RELATIONS)).map(({ name }) => name);
}

describe("parts into a database of their own", () => {
  it("brings a table with what it needs and what hangs on it, and says what it leaves out", async () => {
    await withTarget(async (target) => {
      const result = await vault.restore(ref, target.url, { options: { tables: ["app.film"] } });
      expect(result).toMatchObject({ tables: 1, ofTables: 9, rows: 500, report: { identical: true, level: "rows" } });
      expect(await relations(target)).toEqual([
        "app.film",
        "app.film_film_id_seq",
        "app.film_serial_no_seq",
        "app.ticket",
      ]);
      const told = result.warnings.join("\n");
      expect(told).toMatch(/fk constraint app\.film film_language_id_fkey: it needs table app\.language/);
      expect(told).toMatch(/policy app\.film some_only/);
      expect(told).toMatch(/publication table app\.films film/);
      await target.query("INSERT INTO app.film (title) VALUES ('new')");
      expect(await target.query("SELECT film_id, ticket, touched FROM app.film WHERE title = 'new'")).toEqual([
        { film_id: 501, ticket: "600", touched: true },
      ]);
    });
  });

  it("leaves out what is excluded, and views upon it, which it says", async () => {
    await withTarget(async (target) => {
      const options = { excludeTables: ["*.audit_*", "app.rental_2026"], excludeSchemas: ['"Odd.Schema"'] };
      const result = await vault.restore(ref, target.url, { options });
      expect(result.report).toMatchObject({ identical: true, level: "rows" });
      const names = await relations(target);
      expect(names).toContain("app.rental_2025");
      expect(names).toContain("app.film_count");
      expect(names.filter((name) => /audit|2026|Odd/.test(name))).toEqual([]);
      expect(await target.query("SELECT count(*)::int AS n FROM pg_largeobject_metadata")).toEqual([{ n: 1 }]);
      const without = vault.restore(ref, target.url, { options: { excludeTables: ["app.language"] } });
      await expect(without)
        .rejects.toMatchObject({ code: "target-incomplete" })
        .catch(() => {});
      await expect(without).rejects.toThrow(/drops nothing/);
    });
    await withTarget(async (target) => {
      const result = await vault.restore(ref, target.url, { options: { excludeTables: ["app.language"] } });
      expect(result.warnings.join("\n")).toMatch(/view app\.film_list.*needs table app\.language/);
    });
  });

  it("brings definitions alone, then rows alone", async () => {
    await withTarget(async (target) => {
      const made = await vault.restore(ref, target.url, { options: { schemaOnly: true } });
      expect(made).toMatchObject({ rows: 0, report: { identical: true } });
      expect(await target.query("SELECT count(*)::int AS n FROM app.film")).toEqual([{ n: 0 }]);
      expect(await target.query("SELECT last_value, is_called FROM app.film_film_id_seq")).toEqual([
        { last_value: "1", is_called: false },
      ]);
      const filled = await vault.restore(ref, target.url, { options: { dataOnly: true } });
      expect(filled.report).toMatchObject({ identical: true, level: "rows" });
      expect(await target.query("SELECT count(*)::int AS n, bool_or(touched) AS fired FROM app.film")).toEqual([
        { n: 500, fired: false },
      ]);
      expect(await target.query("SELECT last_value, is_called FROM app.film_film_id_seq")).toEqual([
        { last_value: "500", is_called: true },
      ]);
      expect(await target.query("SELECT lo_get(4711) IS NOT NULL AS there")).toEqual([{ there: true }]);
      await target.query("REFRESH MATERIALIZED VIEW app.film_count");
      expect(await differences(source.url, target.url, { database: false })).toEqual([]);
      const again = vault.restore(ref, target.url, { options: { dataOnly: true } });
      await expect(again).rejects.toMatchObject({ code: "rows-are-there" });
    });
  });

  it("brings rows of one table, whatever its chunk shares with others, and refuses a table that does not fit", async () => {
    await withTarget(async (target) => {
      await target.query("CREATE SCHEMA app; CREATE TABLE app.language (id int, name text, more int DEFAULT 7)");
      const result = await vault.restore(ref, target.url, { options: { dataOnly: true, tables: ["app.language"] } });
      expect(result).toMatchObject({ rows: 2, report: { identical: true, level: "rows" } });
      await target.query("TRUNCATE app.language; ALTER TABLE app.language RENAME name TO called");
      const unfit = vault.restore(ref, target.url, { options: { dataOnly: true, tables: ["app.language"] } });
      await expect(unfit).rejects.toMatchObject({ code: "rows-do-not-fit" });
      await expect(unfit).rejects.toThrow(/no column name/);
    });
  });

  it("leaves a sequence alone that a table shares with others, and sets those that it owns", async () => {
    await withTarget(async (target) => {
      await vault.restore(ref, target.url, { options: { tables: ["app.film"], schemaOnly: true } });
      await target.query("SELECT setval('app.ticket', 5000)");
      await vault.restore(ref, target.url, { options: { tables: ["app.film"], dataOnly: true } });
      expect(await target.query("SELECT nextval('app.ticket'), nextval('app.film_film_id_seq') AS own")).toEqual([
        { nextval: "5001", own: "501" },
      ]);
    });
  });

  it("refuses rows that triggers or foreign keys would meet where the role may not let them rest, saying which right it lacks", async () => {
    const role = `plain_${source.name}`;
    await asAdmin((admin) => admin.query(`CREATE ROLE ${role} LOGIN PASSWORD 'x'`));
    const target = await createDatabase("plain", `OWNER ${role}`);
    try {
      const url = target.url.replace(/\/\/[^@]+@/, `//${role}:x@`);
      await target.query(`CREATE SCHEMA app AUTHORIZATION ${role}; SET ROLE ${role};
        CREATE TABLE app.language (id int PRIMARY KEY, name text);
        CREATE TABLE app.film_2 (language_id int REFERENCES app.language)`);
      const free = await vault.restore(ref, url, { options: { dataOnly: true, tables: ["app.language"] } });
      expect(free).toMatchObject({ rows: 2, report: { identical: true } });
      await target.query(`SET ROLE ${role}; TRUNCATE app.language CASCADE;
        CREATE FUNCTION app.no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
        CREATE TRIGGER none BEFORE INSERT ON app.language FOR EACH ROW EXECUTE FUNCTION app.no()`);
      const met = vault.restore(ref, url, { options: { dataOnly: true, tables: ["app.language"] } });
      await expect(met).rejects.toMatchObject({ code: "rows-meet-triggers" });
      await expect(met).rejects.toThrow(/trigger "?none"? on app\.language/);
    } finally {
      await target.drop();
      await asAdmin((admin) => admin.query(`DROP ROLE ${role}`));
    }
  });

  it("refuses a pattern that means nothing, by name, and a part that cannot be without another", async () => {
    await withTarget(async (target) => {
      const typo = vault.restore(ref, target.url, { options: { tables: ["app.flim"] } });
      await expect(typo).rejects.toMatchObject({ code: "parts-unmatched" });
      await expect(typo).rejects.toThrow(/app\.flim/);
      const view = vault.restore(ref, target.url, { options: { tables: ["app.film_list"] } });
      await expect(view).rejects.toMatchObject({ code: "parts-need-more" });
      await target.query("CREATE TABLE in_use ()");
      const beside = vault.restore(ref, target.url, { options: { tables: ["app.film"] } });
      await expect(beside).rejects.toMatchObject({ code: "target-not-empty" });
    });
  });
});
