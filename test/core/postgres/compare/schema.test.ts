import { describe, expect, test } from "vitest";
import { schemaDifferences } from "../../../../core/postgres/compare/index.ts";
import type { Toc, TocEntry } from "../../../../core/postgres/ddl/index.ts";

type Entry = Pick<TocEntry, "desc" | "tag" | "defn"> & Partial<Pick<TocEntry, "namespace" | "owner">>;

function toc(entries: readonly Entry[], serverVersion = "18.4"): Toc {
  return { serverVersion, entries: entries.map((entry) => ({ owner: "o", ...entry })) } as unknown as Toc;
}

const database = (name: string, quoted: string, comment: string): Entry[] => [
  { desc: "DATABASE", tag: name, defn: `CREATE DATABASE ${quoted};` },
  { desc: "COMMENT", tag: `DATABASE ${quoted}`, defn: `COMMENT ON DATABASE ${quoted} IS '${comment}';` },
];

describe("two schemas", () => {
  const [mine, theirs] = [toc(database("My Db", '"My Db"', "hello")), toc(database("copy", "copy", "hello"))];

  test("are the same when only the database's name differs, be it one that needs quotes", () => {
    expect(schemaDifferences(mine, theirs)).toEqual([]);
  });

  test("differ by the comment on the database, unless the database itself is left out", () => {
    const other = toc(database("copy", "copy", "other"));
    expect(schemaDifferences(mine, other)).toMatchObject([{ object: "comment DATABASE (database)" }]);
    expect(schemaDifferences(mine, other, { ignoreDatabase: true })).toEqual([]);
    expect(schemaDifferences(mine, toc([]), { ignoreDatabase: true })).toEqual([]);
  });

  test("differ by a view that is called like what is said about the database", () => {
    const named = toc([
      ...database("copy", "copy", "hello"),
      { desc: "VIEW", tag: "DATABASE copy", defn: "CREATE VIEW" },
    ]);
    expect(schemaDifferences(named, theirs, { ignoreDatabase: true })).toMatchObject([
      { object: "view DATABASE copy", aspect: "presence", got: "missing" },
    ]);
  });

  test("do not differ by the owner of what the server itself has brought", () => {
    const granted = {
      desc: "ACL",
      tag: "FUNCTION pg_sleep(double precision)",
      defn: "GRANT …",
      namespace: "pg_catalog",
    };
    const theirs = { ...granted, owner: "rdsadmin" };
    expect(schemaDifferences(toc([granted]), toc([theirs]))).toEqual([]);
    const own = { namespace: "public" };
    expect(schemaDifferences(toc([{ ...granted, ...own }]), toc([{ ...theirs, ...own }]))).toHaveLength(1);
  });

  test("do not differ by the order in which a server lists a database's settings", () => {
    const statements = ["ALTER ROLE a IN DATABASE d SET x TO '1';", "ALTER ROLE b IN DATABASE d SET x TO '1';"];
    const properties = (lines: readonly string[]): Toc =>
      toc([...database("d", "d", "x"), { desc: "DATABASE PROPERTIES", tag: "d", defn: lines.join("\n") }]);
    expect(schemaDifferences(properties(statements), properties(statements.toReversed()))).toEqual([]);
    expect(schemaDifferences(properties(statements), properties(statements.slice(1)))).toHaveLength(1);
  });

  test("do not differ, before a restore's last act, by what comes with it, and by nothing else less", () => {
    const last = [
      "ALTER DATABASE d CONNECTION LIMIT = 5;",
      "ALTER DATABASE d SET role TO 'a';",
      "ALTER ROLE a IN DATABASE d SET \"role\" TO 'b';",
    ];
    const properties = (lines: readonly string[]): Toc =>
      toc([...database("d", "d", "x"), { desc: "DATABASE PROPERTIES", tag: "d", defn: lines.join("\n") }]);
    const bare = toc(database("d", "d", "x"));
    const other = "ALTER DATABASE d SET role.x TO 'a';";
    expect(schemaDifferences(properties(last), bare)).toHaveLength(1);
    expect(schemaDifferences(properties(last), bare, { ignoreLastAct: true })).toEqual([]);
    expect(schemaDifferences(properties([...last, other]), properties([other]), { ignoreLastAct: true })).toEqual([]);
    expect(schemaDifferences(properties([...last, other]), bare, { ignoreLastAct: true })).toHaveLength(1);
  });

  test("differ by a password without telling either, and by a column that is called so in its words", () => {
    const mapping = (password: string): Toc =>
      toc([{ desc: "USER MAPPING", tag: "USER MAPPING a SERVER s", defn: `OPTIONS (password '${password}');` }]);
    const told = schemaDifferences(mapping("hunter1"), mapping("hunter2"));
    expect(told).toMatchObject([{ aspect: "definition" }]);
    expect(JSON.stringify(told)).not.toContain("hunter");
    const body = (password: string): Toc =>
      toc([{ desc: "FUNCTION", tag: "f()", defn: `dblink('password=${password}')` }]);
    expect(JSON.stringify(schemaDifferences(body("hunter1"), body("hunter2")))).not.toContain("hunter");
    const table = (type: string): Toc => toc([{ desc: "TABLE", tag: "t", defn: `CREATE TABLE t (token ${type});` }]);
    expect(schemaDifferences(table("text"), table("bytea"))).toMatchObject([{ got: "CREATE TABLE t (token bytea);" }]);
  });

  test("differ by default privileges that are missing, though another role's were left out", () => {
    const defaults = (owner: string): Entry => ({
      desc: "DEFAULT ACL",
      tag: "DEFAULT PRIVILEGES FOR TABLES",
      namespace: "public",
      owner,
      defn: `ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} IN SCHEMA public GRANT SELECT ON TABLES TO a;`,
    });
    const { entries: leftOut } = toc([defaults("platform")]);
    const expected = toc([defaults("mine")]);
    expect(schemaDifferences(expected, toc([]), { leftOut })).toMatchObject([{ aspect: "presence", got: "missing" }]);
    expect(schemaDifferences(expected, toc([defaults("mine"), defaults("platform")]), { leftOut })).toEqual([]);
  });

  test("differ by quotes inside a literal", () => {
    const table = (defn: string): Toc => toc([{ desc: "DEFAULT", tag: "t a", defn }]);
    const [one, other] = [table(`SET DEFAULT '{"a":1}'`), table("SET DEFAULT '{a:1}'")];
    expect(schemaDifferences(one, other)).toHaveLength(1);
  });

  test("differ by a view's words within a major version only, for each writes stored queries in its own", () => {
    const view = (defn: string): Entry[] => [{ desc: "VIEW", tag: "v", defn }];
    const [old, changed] = [view("SELECT t.a FROM t"), view("SELECT a FROM t")];
    expect(schemaDifferences(toc(old, "18.1"), toc(changed, "18.4 (Debian 18.4-1)"))).toHaveLength(1);
    expect(schemaDifferences(toc(old, "15.12"), toc(changed, "18.4"))).toEqual([]);
    expect(schemaDifferences(toc(old, "15.12"), toc([], "18.4"))).toHaveLength(1);
  });
});
