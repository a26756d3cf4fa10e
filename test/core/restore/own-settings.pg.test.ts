import { afterAll, beforeAll, expect, test } from "vitest";
import { parseConnection } from "../../../core/postgres/connection.ts";
import { compareLive } from "../../../core/restore/compare.ts";
import { asAdmin, createDatabase, type TestDatabase } from "../../support/postgres.ts";
import { createVault, type TestVault } from "./support.ts";

let vault: TestVault;
beforeAll(async () => {
  vault = await createVault();
});
afterAll(() => vault.remove());

const options = { rows: true, sessions: 1, applicationName: "test compare" };

async function copied(
  source: TestDatabase,
): Promise<{ differences: unknown; query: TestDatabase["query"]; drop(): Promise<void> }> {
  const target = await createDatabase("own_target");
  await vault.restore(await vault.backUp(source.url), target.url);
  const report = await compareLive(parseConnection(source.url), parseConnection(target.url), {
    ...options,
    ignoreDatabase: true,
  });
  return { differences: report.differences, query: target.query, drop: target.drop };
}

test("materialized views are computed under the database's own settings, not under those of the restore", async () => {
  const source = await createDatabase("own_settings");
  await asAdmin((admin) =>
    admin.query(`
      ALTER DATABASE ${source.name} SET timezone = 'Europe/Berlin';
      ALTER DATABASE ${source.name} SET default_text_search_config = 'pg_catalog.german';
      ALTER DATABASE ${source.name} SET "app.rate" = '7'`),
  );
  await source.query(`
    CREATE TABLE visit (at timestamptz, body text);
    INSERT INTO visit VALUES ('2026-01-01 23:30:00Z', 'die Häuser der Kinder');
    CREATE MATERIALIZED VIEW per_day AS
      SELECT at::date AS day, to_tsvector(body) AS words, current_setting('app.rate', true) AS rate FROM visit`);
  const copy = await copied(source);
  expect(copy.differences).toEqual([]);
  expect(await copy.query("SELECT day::text, rate FROM per_day")).toEqual([{ day: "2026-01-02", rate: "7" }]);
  await copy.drop();
  await source.drop();
});

test("a database's event triggers neither stop the end of its restore nor see it", async () => {
  const source = await createDatabase("own_triggers");
  await source.query(`
    CREATE TABLE audit (what text);
    CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'drops are forbidden'; END$$;
    CREATE FUNCTION note() RETURNS event_trigger LANGUAGE plpgsql
      AS $$BEGIN INSERT INTO public.audit VALUES (tg_tag); END$$;
    CREATE EVENT TRIGGER "No drop" ON sql_drop EXECUTE FUNCTION refuse();
    CREATE EVENT TRIGGER note ON ddl_command_end EXECUTE FUNCTION note();
    ALTER EVENT TRIGGER note ENABLE ALWAYS;
    TRUNCATE audit`);
  const copy = await copied(source);
  expect(copy.differences).toEqual([]);
  expect(await copy.query("SELECT evtname, evtenabled FROM pg_event_trigger ORDER BY evtname")).toEqual([
    { evtname: "No drop", evtenabled: "O" },
    { evtname: "note", evtenabled: "A" },
  ]);
  expect(await copy.query("SELECT to_regnamespace('holdfast_restore')::text AS marker")).toEqual([{ marker: null }]);
  await copy.drop();
  await source.drop();
});
