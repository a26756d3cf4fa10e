import { afterAll, describe, expect, it } from "vitest";
import { classify, dumpSchema, parseArchive, plainSql } from "../../../../core/postgres/ddl/index.ts";
import { databasesOfThisFile } from "./support/databases.ts";
import { comparable, dump, exportSnapshot, restore, withSession } from "./support/round-trip.ts";

const { fresh, dropAll } = databasesOfThisFile();
const template = (encoding: string) => `ENCODING '${encoding}' LOCALE 'C' TEMPLATE template0`;

afterAll(dropAll);

describe("the schema of a database", () => {
  it.each(["LATIN1", "WIN1252", "EUC_JP"])("in %s survives with its names", async (encoding) => {
    const [source, target] = [await fresh(template(encoding)), await fresh(template(encoding))];
    const name = encoding === "EUC_JP" ? "日本" : "prix_été";
    await source.query(`CREATE TABLE "${name}" (a text DEFAULT '${name}'); COMMENT ON TABLE "${name}" IS '${name}'`);
    const original = await dump(source.name);
    expect(parseArchive(original.archive).entries.map(({ tag }) => tag)).toContain(name);
    await restore(original.archive, target.name);
    expect(comparable(parseArchive((await dump(target.name)).archive))).toEqual(
      comparable(parseArchive(original.archive)),
    );
  });

  it("without an encoding survives byte by byte, also where bytes are no text", async () => {
    const [source, target] = [await fresh(template("SQL_ASCII")), await fresh(template("SQL_ASCII"))];
    // E9 alone is é in LATIN1 and nothing in UTF-8; C3 A9 is é in UTF-8.
    const invalid = `convert_from('\\x7072e978'::bytea, 'SQL_ASCII')`;
    await source.query(`CREATE TABLE "é" (a text); DO $$BEGIN
      EXECUTE 'CREATE TABLE ' || ${invalid} || ' (a int DEFAULT length(''' || ${invalid} || '''))';
      EXECUTE 'COMMENT ON TABLE ' || ${invalid} || ' IS ''' || ${invalid} || '''';
      EXECUTE 'CREATE INDEX ON ' || ${invalid} || ' (a)';
    END$$`);
    const original = await dump(source.name);
    const toc = parseArchive(original.archive);
    expect(toc.encoding).toBe("SQL_ASCII");
    expect(toc.entries.map(({ tag }) => tag)).toEqual(expect.arrayContaining(["é", "pr\udce9x"]));
    expect(Buffer.from(plainSql(toc, "pre-data")).includes(Buffer.from("7072e978", "hex"))).toBe(true);
    await restore(original.archive, target.name);
    const restored = await dump(target.name);
    expect(comparable(parseArchive(restored.archive))).toEqual(comparable(toc));
    expect(classify(toc).indexes[0]?.table).toEqual({ schema: "public", name: "pr\udce9x" });
  });

  it("under a name that looks like a connection string is dumped, and not another one", async () => {
    const hostile = await fresh();
    await withSession("postgres", "write", (admin) =>
      admin.query(`ALTER DATABASE ${hostile.name} RENAME TO "host=nowhere dbname='x' ${hostile.name}"`),
    );
    const renamed = `host=nowhere dbname='x' ${hostile.name}`;
    try {
      const archive = await withSession(renamed, "read", (base) =>
        withSession(renamed, "read", async (session) => {
          const snapshotId = await exportSnapshot(base);
          return (await dumpSchema(session, { snapshotId })).archive;
        }),
      );
      expect(parseArchive(archive).databaseName).toBe(renamed);
    } finally {
      await withSession("postgres", "write", (admin) =>
        admin.query(`ALTER DATABASE "${renamed}" RENAME TO ${hostile.name}`),
      );
    }
  });
});
