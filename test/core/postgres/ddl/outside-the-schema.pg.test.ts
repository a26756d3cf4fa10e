import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  databaseProperties,
  databaseStatements,
  largeObjectStatements,
  listLargeObjects,
} from "../../../../core/postgres/ddl/index.ts";
import { asAdmin } from "../../../support/postgres.ts";
import { databasesOfThisFile } from "./support/databases.ts";
import { withSession } from "./support/round-trip.ts";

const { fresh, dropAll } = databasesOfThisFile();
const suffix = randomBytes(4).toString("hex");
const owner = `"own""er ${suffix}"`;
const reader = `reader_${suffix}`;

beforeAll(() => asAdmin((admin) => admin.query(`CREATE ROLE ${owner}; CREATE ROLE ${reader}`)));
afterAll(async () => {
  await dropAll();
  await asAdmin((admin) => admin.query(`DROP ROLE ${owner}; DROP ROLE ${reader}`));
});

describe("large objects", () => {
  it("have the same owners, privileges and comments after a restore, also the empty ones", async () => {
    const [source, target] = [await fresh(), await fresh()];
    await source.query(`
      SELECT lo_create(4000000000), lo_from_bytea(11, 'bytes'), lo_create(12), lo_create(13);
      SELECT lo_create(n) FROM generate_series(10001, 11200) AS n;
      ALTER LARGE OBJECT 11 OWNER TO ${owner};
      GRANT SELECT ON LARGE OBJECT 11 TO ${reader} WITH GRANT OPTION;
      GRANT SELECT, UPDATE ON LARGE OBJECT 12 TO PUBLIC;
      REVOKE ALL ON LARGE OBJECT 13 FROM postgres;
      COMMENT ON LARGE OBJECT 11 IS 'it''s; one\\n';`);
    const before = await withSession(source.name, "read", listLargeObjects);
    expect(before.groups.flatMap(({ oids }) => oids)).toHaveLength(1204);
    expect(before.groups.find(({ oids }) => oids.includes(13))?.grants).toEqual([]);
    await withSession(target.name, "write", async (session) => {
      await session.query("SELECT lo_from_bytea(11, 'bytes')");
      for (let time = 0; time < 2; time += 1) {
        for (const statement of largeObjectStatements(before)) await session.query(statement);
      }
    });
    const after = await withSession(target.name, "read", listLargeObjects);
    expect(after).toEqual(before);
    expect(await target.query("SELECT convert_from(lo_get(11), 'UTF8') AS text")).toEqual([{ text: "bytes" }]);
  });
});

describe("a database's own properties", () => {
  it.each([
    "",
    "ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0",
    "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' TEMPLATE template0",
  ])("are those of a database made by their statements (%s)", async (options) => {
    const source = await fresh(options);
    await asAdmin((admin) =>
      admin.query(`
        ALTER DATABASE ${source.name} SET search_path TO "$user", app, public;
        ALTER DATABASE ${source.name} SET "TimeZone" TO 'Europe/Berlin';
        ALTER ROLE ${reader} IN DATABASE ${source.name} SET work_mem TO '5MB';
        ALTER DATABASE ${source.name} CONNECTION LIMIT 77;
        ALTER DATABASE ${source.name} IS_TEMPLATE true;
        COMMENT ON DATABASE ${source.name} IS 'it''s ours';
        REVOKE CONNECT ON DATABASE ${source.name} FROM PUBLIC;
        GRANT TEMPORARY ON DATABASE ${source.name} TO ${reader};
        ALTER DATABASE ${source.name} OWNER TO ${owner}`),
    );
    const before = await withSession(source.name, "read", databaseProperties);
    const copy = `copy "of" ${source.name}`;
    const { create, configure } = databaseStatements(before, copy);
    const quotedCopy = `"${copy.replaceAll('"', '""')}"`;
    await asAdmin(async (admin) => {
      await admin.query(create);
      for (const { sql } of configure) await admin.query(sql);
    });
    try {
      expect(await withSession(copy, "read", databaseProperties)).toEqual({ ...before, name: copy });
      expect(before).toMatchObject({ connectionLimit: 77, comment: "it's ours", isTemplate: true });
      expect(before.settings).toHaveLength(3);
    } finally {
      await asAdmin(async (admin) => {
        for (const name of [quotedCopy, source.name]) await admin.query(`ALTER DATABASE ${name} IS_TEMPLATE false`);
        await admin.query(`DROP DATABASE ${quotedCopy}`);
      });
    }
  });
});
