import { expect, test } from "vitest";
import type { TocEntry } from "../../../../core/postgres/ddl/archive/toc.ts";
import { repaired } from "../../../../core/postgres/ddl/restore/repairs/index.ts";

const entry = (dumpId: number, desc: string, defn: string, dependencies: readonly number[] = []): TocEntry => ({
  ...{ dumpId, desc, defn, dependencies, tag: "tag", namespace: "public", section: "pre-data", hasData: false },
  ...{ catalogOid: 0, oid: 0, owner: "owner", dropStmt: "DROP …", copyStmt: undefined, relkind: undefined },
  ...{ tablespace: undefined, tableAccessMethod: undefined },
});
const definitions = (...entries: TocEntry[]) => repaired(entries).map(({ defn }) => defn);

const CYCLE = (marks: string): string =>
  `CREATE VIEW public.v AS\n WITH RECURSIVE t(id) AS (…) CYCLE id, "x y" SET looped ${marks} USING path`;

test("marks of a CYCLE clause are constants of their type, as the grammar takes them", () => {
  expect(
    definitions(entry(1, "VIEW", CYCLE("TO 'it''s'::character varying(3) DEFAULT E'\\\\n'::public.\"m m\""))),
  ).toEqual([CYCLE("TO character varying(3) 'it''s' DEFAULT public.\"m m\" E'\\\\n'")]);
});

test.each([
  CYCLE("TO true DEFAULT false"),
  "CREATE VIEW public.v AS SELECT ' CYCLE id SET looped TO ''y''::text DEFAULT ''n''::text USING path'",
  `CREATE VIEW public.v AS SELECT 1 AS " CYCLE id SET a TO 'y'::text DEFAULT 'n'::text USING path"`,
])("what only looks like such marks stays as it is", (defn) => {
  expect(definitions(entry(1, "VIEW", defn))).toEqual([defn]);
});

const f =
  "CREATE FUNCTION public.f(n integer DEFAULT length('RETURN '::text)) RETURNS integer\n    LANGUAGE sql IMMUTABLE\n    ";
const g = "CREATE FUNCTION public.g(n integer) RETURNS integer\n    LANGUAGE sql\n    ";

test("a routine that is called before it is made is made with an empty body first", () => {
  const [caller, called] = [`${g}RETURN (public.f(1) + public.g(2));\n`, `${f}RETURN public.g(n);\n`];
  const again = (defn: string): string => defn.replace("CREATE ", "CREATE OR REPLACE ");
  const found = definitions(entry(1, "FUNCTION", caller), entry(2, "FUNCTION", called));
  expect(found).toEqual([`${f}AS '';\n${g}AS '';\n${again(caller)}`, again(called)]);
});

test("a routine of a name that is in a literal only, or whose signature needs what is not there yet, is left alone", () => {
  const one = entry(1, "FUNCTION", `${g}RETURN length('public.f('::text);\n`);
  const other = entry(2, "FUNCTION", `${f}RETURN 1;\n`);
  expect(repaired([one, other])).toEqual([one, other]);
  const caller = entry(1, "FUNCTION", `${g}RETURN public.f('x'::text);\n`);
  const type = entry(2, "TYPE", "CREATE TYPE public.later AS (a integer);\n");
  const overload = entry(3, "FUNCTION", `${f.replace("n integer", "n public.later")}RETURN 1;\n`, [2]);
  expect(repaired([caller, type, overload])).toEqual([caller, type, overload]);
});

const constraint = (table: string, name: string, rest: string): string =>
  `ALTER TABLE ONLY ${table}\n    ADD CONSTRAINT ${name} ${rest};\n`;

test("an exclusion constraint of a partitioned table is made for all of it, its partitions' get their names, what follows stays", () => {
  const rest = 'EXCLUDE USING gist (";\n" WITH =)';
  const [whole, part] = repaired([
    entry(1, "CONSTRAINT", constraint("public.p", '"w w"', rest)),
    entry(2, "CONSTRAINT", `${constraint("public.p1", "c", rest)}COMMENT;\n`),
    entry(3, "INDEX ATTACH", 'ALTER INDEX public."w w" ATTACH PARTITION public.c;\n', [2, 1]),
  ]);
  expect(whole?.defn).toMatch(
    /^ALTER TABLE public\.p\n {4}ADD CONSTRAINT "w w" EXCLUDE[\s\S]*;\nDO '[\s\S]*pg_partition_tree\(''public\."w w"''/,
  );
  expect(part?.defn).toMatch(/^DO '[\s\S]*''public\.p1''[\s\S]*, ''c''\);\nEND';\nCOMMENT;\n$/);
  expect(part?.dependencies).toEqual([1]);
});

test("other constraints of partitioned tables are tied together as they are", () => {
  const entries = [
    entry(1, "CONSTRAINT", constraint("public.p", "w", "PRIMARY KEY (id)")),
    entry(2, "CONSTRAINT", constraint("public.p1", "c", 'UNIQUE (id, "a WITHOUT OVERLAPS) b")'), [1]),
    entry(3, "INDEX ATTACH", "ALTER INDEX public.w ATTACH PARTITION public.c;\n", [2, 1]),
  ];
  expect(repaired(entries)).toEqual(entries);
});
