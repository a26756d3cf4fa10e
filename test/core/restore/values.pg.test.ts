import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseConnection } from "../../../core/postgres/connection.ts";
import { compareLive } from "../../../core/restore/compare.ts";
import { differences } from "../../support/identical.ts";
import { nativeTools } from "../../support/native.ts";
import { asAdmin, createDatabase, type TestDatabase } from "../../support/postgres.ts";
import { dropThemed, makeThemed, urlOf } from "../../support/themed.ts";
import { otherEncodings } from "../../themes/encodings.ts";
import { createVault, type TestVault } from "./support.ts";

let vault: TestVault;
beforeAll(async () => {
  await nativeTools();
  vault = await createVault();
});
afterAll(() => vault.remove());

const inEncoding = (encoding: string): string => `ENCODING '${encoding}' LOCALE 'C' TEMPLATE template0`;

async function between(
  source: string,
  target: string,
  work: (source: TestDatabase, target: TestDatabase) => Promise<void>,
): Promise<void> {
  const [from, to] = [await createDatabase("from", source), await createDatabase("to", target)];
  await work(from, to).finally(() => Promise.all([from.drop(), to.drop()]));
}

describe("a value that is not the same is noticed", () => {
  /** Of a type: what it is, and what the copy has instead. */
  const changed: readonly (readonly [type: string, was: string, is: string])[] = [
    ["float8", "'-0'", "'0'"],
    ["float4", "'1.0000001'", "'1'"],
    ["numeric", "'1.50'", "'1.5'"],
    ["text", "''", "NULL"],
    ["text", "E'\\\\N'", "NULL"],
    ["text", "'a'", "'a '"],
    ["text", "E'\\r\\n'", "E'\\n'"],
    ["char(3)", "'a'", "'b'"],
    ["bytea", "'\\x00'", "'\\x0000'"],
    ["timestamptz", "'infinity'", "'294276-01-01'"],
    ["date", "'0001-01-01 BC'", "'0001-01-01'"],
    ["timetz", "'12:00:00+01'", "'11:00:00+00'"],
    ["interval", "'1 mon'", "'30 days'"],
    ["int4[]", "'[0:1]={1,2}'", "'{1,2}'"],
    ["int4[]", "'{NULL}'", "'{}'"],
    ["json", "'{\"a\":1}'", "'{\"a\": 1}'"],
    ["jsonb", "'1.0'", "'1.00'"],
    ["bit varying", "B''", "B'0'"],
    ["regclass", "'pg_class'", "'pg_proc'"],
    ['"char"', "''", "'x'"],
  ];

  test.each(["UTF8", "SQL_ASCII"])("in %s", async (encoding) => {
    await between(inEncoding(encoding), inEncoding(encoding), async (source, target) => {
      await source.query(
        changed.map(([type, was], n) => `CREATE TABLE t${n} AS SELECT ${was}::${type} AS v`).join("; "),
      );
      await source.query("SELECT lo_from_bytea(42, '\\x00ff'); CREATE SEQUENCE s");
      const ref = await vault.backUp(source.url, { rowHash: false });
      expect((await vault.restore(ref, target.url)).report).toMatchObject({ identical: true, level: "rows" });
      await target.query(changed.map(([type, , is], n) => `UPDATE t${n} SET v = ${is}::${type}`).join("; "));
      await target.query("SELECT lo_put(42, 1, '\\xfe'), setval('s', 1, true)");
      const tables = changed.map((_, n) => `t${n}`).toSorted();
      const judged = await differences(source.url, target.url, { database: false });
      const names = judged.filter((line) => line.startsWith("+")).map((line) => line.split(":")[0]);
      expect(names.toSorted()).toEqual(
        [
          ...tables.map((name) => `+ rows of "public"."${name}"`),
          "+ large object 42",
          '+ sequence "public"."s"',
        ].toSorted(),
      );
      const { differences: found } = await compareLive(parseConnection(source.url), parseConnection(target.url), {
        ...{ rows: true, sessions: 2, applicationName: "test compare", ignoreDatabase: true },
      });
      expect(found.filter(({ kind }) => kind === "table").map(({ object }) => object)).toEqual(
        tables.map((name) => `"public"."${name}"`),
      );
      expect(found.filter(({ kind }) => kind !== "table")).toHaveLength(2);
    });
  });
});

describe("text in another encoding", () => {
  test("is converted, and compared as it was", async () => {
    await between(inEncoding("LATIN1"), inEncoding("UTF8"), async (source, target) => {
      await source.query(`CREATE TABLE "é" (n int, v text, list text[])`);
      await source.query(
        `INSERT INTO "é" SELECT n, 'a' || chr(n), ARRAY[chr(n), NULL] FROM generate_series(1, 255) AS n`,
      );
      for (const rowHash of [false, true]) {
        const ref = await vault.backUp(source.url, { rowHash });
        const { report } = await vault.restore(ref, target.url, { options: { confirm: true } });
        expect(report).toMatchObject({ identical: true, level: "rows" });
      }
      const rows = await target.query(`SELECT count(*)::int AS n FROM "é" WHERE v = 'a' || chr(n)`);
      expect(rows).toEqual([{ n: 255 }]);
      const compared = async (): Promise<unknown> => {
        const options = { rows: true, sessions: 1, applicationName: "test compare", ignoreDatabase: true };
        return (await compareLive(parseConnection(source.url), parseConnection(target.url), options)).differences;
      };
      expect(await compared()).toEqual([]);
      await target.query(`UPDATE "é" SET v = 'aê' WHERE n = 233`);
      expect(await compared()).toMatchObject([{ object: '"public"."é"', aspect: "row-hash" }]);
      await target.query(`UPDATE "é" SET v = 'a日' WHERE n = 233`);
      expect(await compared()).toMatchObject([{ object: '"public"."é"', aspect: "encoding" }]);
    });
  });

  test("from a database without one goes where its bytes are text, and is refused with the table's name elsewhere", async () => {
    await between(inEncoding("SQL_ASCII"), inEncoding("UTF8"), async (source, target) => {
      await source.query("CREATE TABLE t (v text); INSERT INTO t VALUES ('日本'), ('')");
      const { report } = await vault.restore(await vault.backUp(source.url), target.url);
      expect(report).toMatchObject({ identical: true, level: "rows" });
      expect(await target.query("SELECT length(v) AS n FROM t ORDER BY 1")).toEqual([{ n: 0 }, { n: 2 }]);
      await source.query("INSERT INTO t SELECT convert_from('\\xe9'::bytea, 'SQL_ASCII')");
      const ref = await vault.backUp(source.url);
      await expect(vault.restore(ref, target.url, { options: { confirm: true } })).rejects.toMatchObject({
        code: "postgres-22021",
        message: expect.stringContaining('"public"."t"'),
      });
      expect(await target.query("SELECT FROM t")).toEqual([]);
    });
  });

  test.each(["EUC_JP"])("comes back as it was in %s", async (encoding) => {
    const theme = otherEncodings[encoding];
    if (theme === undefined) throw new Error("no such theme");
    const source = await makeThemed(theme);
    const copy = `${source.name}_copy`;
    const ref = await vault.backUp(source.url);
    await vault.restore(ref, urlOf(source, "postgres"), { options: { create: true, database: copy } });
    expect(await differences(source.url, urlOf(source, copy), theme.judging)).toEqual([]);
    await dropThemed(theme, source, copy);
  });
});

test("large objects are brought back by a role without superuser, with owners, rights and comments, under any oid", async () => {
  const suffix = randomBytes(4).toString("hex");
  const [loader, owner, reader] = ["loader", "owner", "reader"].map((role) => `${role}_${suffix}`);
  const source = await createDatabase("objects");
  const copy = `${source.name}_copy`;
  await asAdmin((admin) =>
    admin.query(`CREATE ROLE ${loader} LOGIN CREATEDB PASSWORD 'local'; CREATE ROLE ${owner}; CREATE ROLE ${reader};
      GRANT ${owner} TO ${loader}; ALTER DATABASE ${source.name} OWNER TO ${owner}`),
  );
  await source.query(`
    SELECT lo_from_bytea(2147483648, '\\x00ff'), lo_create(4294967295), lo_from_bytea(50000, '\\x01'), lo_create(50001);
    SELECT lo_put(50001, 3000000, '\\x5c');
    DO $$DECLARE o oid; BEGIN FOR o IN SELECT oid FROM pg_largeobject_metadata LOOP
      EXECUTE format('ALTER LARGE OBJECT %s OWNER TO ${owner}', o); END LOOP; END$$;
    GRANT SELECT ON LARGE OBJECT 2147483648 TO ${reader} WITH GRANT OPTION; GRANT ALL ON LARGE OBJECT 50000 TO PUBLIC;
    COMMENT ON LARGE OBJECT 4294967295 IS 'nothing'`);
  const ref = await vault.backUp(source.url, { chunkBytes: 1024 * 1024 });
  const connection = { ...parseConnection(source.url), user: loader ?? "", password: "local", database: "postgres" };
  const { report } = await vault.restore(ref, source.url, { connection, options: { create: true, database: copy } });
  expect(report).toMatchObject({ identical: true });
  expect(await differences(source.url, urlOf(source, copy))).toEqual([]);
  await asAdmin((admin) => admin.query(`DROP DATABASE ${copy}`));
  await source.drop();
  await asAdmin((admin) => admin.query(`DROP ROLE ${loader}, ${owner}, ${reader}`));
});
