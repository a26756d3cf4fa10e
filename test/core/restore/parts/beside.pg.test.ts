import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PlanRow } from "../../../../core/restore/plan/rows.ts";
import type { RestorePointRef } from "../../../../core/vault/keys.ts";
import { nativeTools, pgDump } from "../../../support/native.ts";
import { asAdmin, createDatabase, type TestDatabase } from "../../../support/postgres.ts";
import { createVault, type TestVault } from "../support.ts";
import { FILM_SCHEMA } from "./film-schema.ts";

let source: TestDatabase;
let vault: TestVault;
let ref: RestorePointRef;

beforeAll(async () => {
  source = await createDatabase("parts");
  await source.query(FILM_SCHEMA);
  vault = await createVault();
  ref = await vault.backUp(source.url);
  await nativeTools();
}, 300_000);
afterAll(async () => {
  await source.drop();
  await vault.remove();
});

const COLUMNS = `SELECT string_agg(column_name || ' ' || coalesce(column_default, '-') || ' ' || is_identity || is_generated, ', ' ORDER BY ordinal_position) AS text
  FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2`;

/** As a role that may make a schema, and no more than the tables need. */
async function asPlainRole(use: (url: string, role: string) => Promise<void>): Promise<void> {
  const role = `plain_${source.name}`;
  await asAdmin((admin) => admin.query(`CREATE ROLE ${role} LOGIN PASSWORD 'x'`));
  try {
    await source.query(`GRANT CREATE ON DATABASE ${source.name} TO ${role}; GRANT USAGE ON SCHEMA app TO ${role};
      GRANT USAGE ON SEQUENCE app.ticket TO ${role}`);
    await use(source.url.replace(/\/\/[^@]+@/, `//${role}:x@`), role);
  } finally {
    await source.query(`DROP OWNED BY ${role}`);
    await asAdmin((admin) => admin.query(`DROP ROLE ${role}`));
  }
}

describe("one table back into a database in use", () => {
  it("comes under its own name into another schema, and nothing else is touched", async () => {
    await source.query("DELETE FROM app.rental WHERE film_id < 250; DELETE FROM app.film WHERE film_id < 250");
    const result = await vault.restore(ref, source.url, { options: { tables: ["app.film"], intoSchema: "recovered" } });
    expect(result).toMatchObject({ tables: 1, ofTables: 9, rows: 500, report: { identical: true, level: "rows" } });
    expect(result.warnings.join("\n")).toContain("fk constraint app.film film_language_id_fkey");
    const rows = await source.query("SELECT count(*)::int AS n, bool_or(touched) AS fired FROM recovered.film");
    expect(rows).toEqual([{ n: 500, fired: false }]);
    const [columns] = await source.query<{ text: string }>(COLUMNS, ["recovered", "film"]);
    expect(columns?.text).toContain("film_id nextval('recovered.film_film_id_seq'::regclass)");
    expect(columns?.text).toContain("ticket nextval('app.ticket'::regclass)");
    expect(await source.query("SELECT count(*)::int AS n FROM app.film")).toEqual([{ n: 251 }]);
    expect(await source.query("SELECT to_regnamespace('holdfast_restore') AS marker")).toEqual([{ marker: null }]);
    expect(await source.query("SELECT nextval('recovered.film_film_id_seq') AS next")).toEqual([{ next: "501" }]);
    const kinds = await source.query(
      `SELECT relkind, count(*)::int AS n FROM pg_class WHERE relnamespace = 'recovered'::regnamespace GROUP BY 1 ORDER BY 1`,
    );
    expect(kinds).toEqual([
      { relkind: "S", n: 2 },
      { relkind: "i", n: 4 },
      { relkind: "r", n: 1 },
    ]);
  });

  it("is the same by PostgreSQL's own pg_dump, but for its schema and what acts on tables in use", async () => {
    const linesOf = async (table: string): Promise<string[]> =>
      (await pgDump(source.url, ["--schema-only", `--table=${table}`]))
        .toString()
        .split("\n")
        .filter((line) => line !== "" && !/^(--|\\(un)?restrict)/.test(line))
        .map((line) => line.replaceAll("recovered.", "app."));
    const [was, is] = [await linesOf("app.film"), await linesOf("recovered.film")];
    expect(is.filter((line) => !was.includes(line))).toEqual([]);
    expect(was.filter((line) => !is.includes(line))).toEqual([
      expect.stringMatching(/^CREATE TRIGGER touching/),
      expect.stringMatching(/ADD CONSTRAINT film_language_id_fkey FOREIGN KEY/),
      expect.stringMatching(/^CREATE POLICY some_only/),
      expect.stringMatching(/^ {3}FROM app\.language/),
    ]);
  });

  it("comes under another name into its own schema", async () => {
    const result = await vault.restore(ref, source.url, { options: { tables: ["app.film"], as: "film_old" } });
    expect(result).toMatchObject({ tables: 1, rows: 500, report: { identical: true } });
    const names = await source.query<{ relname: string }>(
      `SELECT relname FROM pg_class WHERE relnamespace = 'app'::regnamespace AND relname LIKE 'film_old%' ORDER BY 1`,
    );
    expect(names.map(({ relname }) => relname)).toEqual([
      "film_old",
      "film_old_by_year",
      "film_old_film_id_seq",
      "film_old_lower",
      "film_old_pkey",
      "film_old_serial_no_seq",
      "film_old_title_key",
    ]);
    const said = await source.query(`SELECT obj_description('app.film_old'::regclass) AS on_table,
      col_description('app.film_old'::regclass, 2) AS on_column, has_table_privilege('pg_monitor', 'app.film_old', 'SELECT') AS granted`);
    expect(said).toEqual([{ on_table: "films's table; not app.film", on_column: "as in app.film", granted: true }]);
  });

  it("brings a partitioned table with its partitions", async () => {
    const result = await vault.restore(ref, source.url, { options: { tables: ["app.rental"], as: "rental_was" } });
    expect(result).toMatchObject({ tables: 4, rows: 900, report: { identical: true } });
    expect(await source.query("SELECT count(*)::int AS n FROM app.rental_was_2025")).toEqual([{ n: 213 }]);
    const parts = await source.query("SELECT count(*)::int AS n FROM pg_partition_tree('app.rental_was')");
    expect(parts).toEqual([{ n: 4 }]);
  });

  it("tells by name of what was chosen and is no table's", async () => {
    const options = { tables: ["app.language", "app.ticket"], intoSchema: "more" };
    const { tables, warnings } = await vault.restore(ref, source.url, { options });
    expect(tables).toBe(1);
    expect(
      warnings.filter((warning) => warning.startsWith("left out: sequence app.ticket: tables alone")),
    ).toHaveLength(1);
  });

  it("refuses names that are taken, by name, and touches nothing", async () => {
    const refused = vault.restore(ref, source.url, { options: { tables: ["app.film"], intoSchema: "app" } });
    await expect(refused).rejects.toMatchObject({ code: "parts-names-taken" });
    await expect(refused).rejects.toThrow(/table "app"."film"/);
    const planned: string[] = [];
    const options = { tables: ["app.film"], intoSchema: "app", plan: true };
    const onPlanned = async (rows: readonly PlanRow[]): Promise<void> => {
      planned.push(...rows.flatMap(({ verdict, code }) => (verdict === "refused" ? [code ?? ""] : [])));
    };
    await vault.restore(ref, source.url, { options, onPlanned });
    expect(planned).toEqual(["parts-names-taken"]);
    expect(await source.query("SELECT to_regnamespace('holdfast_restore') AS marker")).toEqual([{ marker: null }]);
  });

  it("sends nothing to subscribers: refuses a schema or a database that is published to somebody", async () => {
    const options = { tables: ["app.language"], intoSchema: "sent" };
    const restore = () => vault.restore(ref, source.url, { options });
    await source.query("CREATE SCHEMA sent; CREATE PUBLICATION sending FOR TABLES IN SCHEMA sent");
    const slot = `slot_${source.name}`;
    await source.query("SELECT pg_create_logical_replication_slot($1, 'pgoutput')", [slot]);
    try {
      await expect(restore()).rejects.toMatchObject({ code: "parts-would-be-published" });
      await source.query("DROP PUBLICATION sending; CREATE PUBLICATION sending FOR ALL TABLES");
      await expect(restore()).rejects.toThrow(/publication "sending" of database/);
      await expect(restore()).rejects.toThrow(new RegExp(`through replication slot "${slot}" `));
      await asPlainRole(async (url) => {
        const refused = vault.restore(ref, url, { options: { ...options, noOwner: true, noPrivileges: true } });
        await expect(refused).rejects.toMatchObject({ code: "parts-would-be-published" });
      });
      const rows = (table: string) => vault.restore(ref, source.url, { options: { tables: [table], dataOnly: true } });
      await expect(rows("app.audit_log")).rejects.toMatchObject({ code: "parts-would-be-published" });
      const sends = async (what: string): Promise<void> => {
        await source.query(`DROP PUBLICATION sending; CREATE PUBLICATION sending FOR ${what}`);
      };
      for (const what of ["TABLE app.audit_log", "TABLES IN SCHEMA app"]) {
        await sends(what);
        await expect(rows("app.audit_log")).rejects.toThrow(/publication "sending" of database/);
      }
      await sends("TABLE app.rental");
      await expect(rows("app.rental_2025")).rejects.toMatchObject({ code: "parts-would-be-published" });
      await expect(rows("app.audit_log")).rejects.toMatchObject({ code: "rows-are-there" });
      await sends("ALL TABLES");
    } finally {
      await source.query("SELECT pg_drop_replication_slot($1)", [slot]);
    }
    expect(await restore()).toMatchObject({ tables: 1, report: { identical: true } });
    await source.query("DROP PUBLICATION sending");
  });

  it("refuses a target that lacks what the table uses, by name", async () => {
    const target = await createDatabase("lacking");
    await target.query("CREATE TABLE in_use (id int)");
    const refused = vault.restore(ref, target.url, { options: { tables: ["app.film"], intoSchema: "app" } });
    await expect(refused).rejects.toMatchObject({ code: "parts-lack-objects" });
    await expect(refused).rejects.toThrow(/app\.rating/);
    await target.drop();
  });

  it("comes with names of any characters", async () => {
    const options = { tables: ['"Odd.Schema"."Ta b""le*"'], intoSchema: 'new "one"', as: "o'ther.name" };
    const result = await vault.restore(ref, source.url, { options });
    expect(result).toMatchObject({ tables: 1, rows: 1, report: { identical: true } });
    expect(await source.query(`SELECT "I d", "sel ect" FROM "new ""one"""."o'ther.name"`)).toEqual([
      { "I d": 1, "sel ect": "it's" },
    ]);
  });
});

describe("a restore beside a database in use that does not end", () => {
  it("goes on where it stopped, is in the way of a restore that would drop, and can be given up", async () => {
    const options = { tables: ["app.film"], intoSchema: "half" };
    const stop = new AbortController();
    const onProgress = ({ phase }: { readonly phase: string }): void => {
      if (phase === "data") stop.abort(new Error("stopped"));
    };
    await source.query("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO pg_monitor");
    await expect(vault.restore(ref, source.url, { options, onProgress, signal: stop.signal })).rejects.toThrow();
    await source.query("ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM pg_monitor");
    // What the restore point grants comes last; what the database in use would have granted, not for a moment in which there are rows.
    const read = `SELECT has_table_privilege('pg_monitor', oid, 'SELECT') AS early, relrowsecurity AS hidden
      FROM pg_class WHERE oid = 'half.film'::regclass`;
    expect(await source.query(read)).toEqual([{ early: false, hidden: true }]);
    expect(await source.query("SELECT to_regclass('half.film') IS NOT NULL AS there")).toEqual([{ there: true }]);
    const replacing = vault.restore(ref, source.url, { options: { confirm: true } });
    await expect(replacing).rejects.toMatchObject({ code: "target-in-use" });
    const other = vault.restore(ref, source.url, { options: { tables: ["app.rental"], intoSchema: "half" } });
    await expect(other).rejects.toMatchObject({ code: "target-in-use" });
    expect(await vault.restore(ref, source.url, { options })).toMatchObject({ rows: 500, report: { identical: true } });
    expect(await source.query("SELECT to_regnamespace('holdfast_restore') AS marker")).toEqual([{ marker: null }]);
  });

  it("takes no more than a role that may create a schema, without owners and privileges", async () => {
    await asPlainRole(async (url, role) => {
      await source.query(`ALTER DEFAULT PRIVILEGES FOR ROLE ${role} GRANT SELECT ON TABLES TO pg_monitor`);
      const options = { tables: ["app.film"], intoSchema: "mine", noOwner: true, noPrivileges: true };
      expect(await vault.restore(ref, url, { options })).toMatchObject({ rows: 500, report: { identical: true } });
      const read = "SELECT has_table_privilege('pg_monitor', 'mine.film', 'SELECT') AS granted";
      expect(await source.query(read)).toEqual([{ granted: false }]);
    });
  });

  it("takes what the database's own default privileges grant back, and leaves the rest as it was", async () => {
    await source.query("ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT ALL ON TABLES TO PUBLIC");
    const result = await vault.restore(ref, source.url, { options: { tables: ["app.language"], as: "tongue" } });
    expect(result).toMatchObject({ rows: 2, report: { identical: true } });
    expect(
      await source.query(
        "SELECT relacl IS NULL OR relacl::text NOT LIKE '{=%' AS kept FROM pg_class WHERE oid = 'app.tongue'::regclass",
      ),
    ).toEqual([{ kept: true }]);
  });
});
