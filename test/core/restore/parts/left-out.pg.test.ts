import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseConnection } from "../../../../core/postgres/connection.ts";
import { openSession } from "../../../../core/postgres/session.ts";
import { takeBase } from "../../../../core/postgres/snapshot/index.ts";
import { compareDatabase } from "../../../../core/restore/compare.ts";
import { expectationOf } from "../../../../core/restore/expectation.ts";
import { parseRestoreOptions } from "../../../../core/restore/options.ts";
import type { PlanRow } from "../../../../core/restore/plan/rows.ts";
import { openParts, openRestorePoint } from "../../../../core/restore/restore-point.ts";
import { asAdmin, createDatabase, type TestDatabase } from "../../../support/postgres.ts";
import { createVault, type TestVault, withTarget } from "../support.ts";
import { FILM_SCHEMA } from "./film-schema.ts";

let source: TestDatabase;
let vault: TestVault;

beforeAll(async () => {
  source = await createDatabase("left_out");
  await source.query(FILM_SCHEMA);
  await source.query(`
    CREATE SCHEMA secret; CREATE TABLE secret.key (id int PRIMARY KEY); CREATE FUNCTION secret.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
    CREATE FUNCTION app.count_languages() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM app.language; END;
    COMMENT ON FUNCTION app.count_languages() IS 'all of them';`);
  vault = await createVault();
});
afterAll(async () => {
  await source.drop();
  await vault.remove();
});

async function differences(ref: Parameters<TestVault["restore"]>[0], database: TestDatabase) {
  const whole = await openRestorePoint(vault, ref);
  const point = await openParts(whole, parseRestoreOptions({}));
  const expected = await expectationOf(point, { rows: true });
  const options = { rows: true, sessions: 2, applicationName: "test", ignoreDatabase: true };
  return compareDatabase(parseConnection(database.url), expected, options);
}

describe("parts left out at backup", () => {
  it("holds none of what is excluded, tells what had to go with it, and restores the rest whole", async () => {
    const parts = {
      exclude: { schemas: ["secret"], tables: ["app.language", "app.rental_2026", '"Odd.Schema"."Ta b""le*"'] },
      excludeData: { tables: ["*.audit_log"] },
    };
    const ref = await vault.backUp(source.url, { parts });
    const { manifest } = await openRestorePoint(vault, ref);
    const names = manifest.tables.map(({ schema, name }) => `${schema}.${name}`);
    expect(names).toContain("app.rental_2025");
    expect(names.filter((name) => /language|2026|secret|Odd/.test(name))).toEqual([]);
    expect(manifest.tables.find(({ name }) => name === "audit_log")).toMatchObject({
      rowsLeftOut: true,
      rows: 0,
      chunks: [],
    });
    expect(manifest.parts?.relations.map(({ schema, name }) => `${schema}.${name}`)).toEqual([
      'Odd.Schema.Ta b"le*',
      'Odd.Schema.Ta b"le*_I d_seq',
      "app.film_list",
      "app.language",
      "app.rental_2026",
      "secret.key",
    ]);
    expect(manifest.parts?.leftOut.map(({ what }) => what).toSorted()).toEqual([
      "fk constraint app.film film_language_id_fkey",
      "function app.count_languages()",
      "policy app.film some_only",
    ]);
    // The source is what the restore point says, as far as it says anything.
    expect(await differences(ref, source)).toMatchObject({ identical: true, level: "rows" });
    await withTarget(async (target) => {
      const planned: string[] = [];
      const onPlanned = async (rows: readonly PlanRow[]): Promise<void> =>
        void planned.push(...rows.flatMap(({ code, why }) => (code === "part-of-database" ? [why] : [])));
      const result = await vault.restore(ref, target.url, { onPlanned });
      // Before anything is done; and once among the warnings.
      expect(planned).toEqual([expect.stringContaining("without schemas secret; without tables app.language")]);
      expect(result.warnings.filter((warning) => warning.includes("parts of its database only"))).toHaveLength(1);
      expect(result).toMatchObject({ rows: 500 + 900 - (await rowsOf2026()) + 1, report: { identical: true } });
      expect(result.warnings.join("\n")).toMatch(/function app\.count_languages\(\).*told to leave out/);
      expect(await target.query("SELECT count(*)::int AS n FROM app.audit_log")).toEqual([{ n: 0 }]);
      await target.query("UPDATE app.film SET title = title || '!' WHERE film_id = 7");
      expect(await differences(ref, target)).toMatchObject({ identical: false });
    });
  });

  const rowsOf2026 = async (): Promise<number> =>
    (await source.query<{ n: number }>("SELECT count(*)::int AS n FROM app.rental_2026"))[0]?.n ?? 0;

  it("holds what is included, with the types and functions it needs, and no large object", async () => {
    const ref = await vault.backUp(source.url, { parts: { include: { tables: ["app.film", "app.language"] } } });
    await withTarget(async (target) => {
      const result = await vault.restore(ref, target.url);
      expect(result).toMatchObject({ rows: 502, report: { identical: true, level: "rows" } });
      expect(await target.query("SELECT count(*)::int AS n FROM pg_largeobject_metadata")).toEqual([{ n: 0 }]);
    });
  });

  it("leaves a foreign key not valid whose rows refer to rows that were left out, and says so", async () => {
    const ref = await vault.backUp(source.url, { parts: { excludeData: { tables: ["app.language"] } } });
    await withTarget(async (target) => {
      const result = await vault.restore(ref, target.url);
      expect(result.report).toMatchObject({ identical: true });
      expect(result.warnings.join("\n")).toContain("film_language_id_fkey");
      expect(
        await target.query("SELECT convalidated FROM pg_constraint WHERE conname = 'film_language_id_fkey'"),
      ).toEqual([{ convalidated: false }]);
    });
  });

  it("refuses a pattern that means nothing, and a table that cannot be without what is left out", async () => {
    const typo = vault.backUp(source.url, { parts: { exclude: { tables: ["app.adit_log"] } } });
    await expect(typo).rejects.toMatchObject({ code: "parts-unmatched" });
    const tied = vault.backUp(source.url, { parts: { exclude: { tables: ["app.ticket"] } } });
    await expect(tied).rejects.toMatchObject({ code: "parts-need-more" });
    await expect(tied).rejects.toThrow(/table "app"\."film"/);
  });

  it("asks for no right on what is left out, and does not lock it", async () => {
    const role = `narrow_${Date.now()}`;
    await asAdmin((admin) => admin.query(`CREATE ROLE ${role} LOGIN PASSWORD 'x'`));
    try {
      await source.query(`GRANT USAGE ON SCHEMA app TO ${role}; GRANT SELECT ON app.language TO ${role}`);
      const url = source.url.replace(/\/\/[^@]+@/, `//${role}:x@`);
      const ref = await vault.backUp(url, { parts: { include: { tables: ["app.language"] } } });
      expect((await openRestorePoint(vault, ref)).manifest.tables.map(({ rows }) => rows)).toEqual([2]);
      const holder = await openSession(parseConnection(url), { purpose: "read", applicationName: "test" });
      const choice = { schemas: [], tables: ["app.language"], excludeSchemas: [], excludeTables: [] };
      const { lockedOids } = await takeBase(holder, { choice });
      expect(lockedOids).toHaveLength(1);
      await holder.end();
    } finally {
      await source.query(`DROP OWNED BY ${role}`);
      await asAdmin((admin) => admin.query(`DROP ROLE ${role}`));
    }
  });
});
