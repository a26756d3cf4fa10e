import { expect, test } from "vitest";
import { splitForcing, unforcing } from "../../../core/postgres/ddl/restore/row-security.ts";
import { dumpedName } from "../../../core/postgres/keywords.ts";
import { nameOfToken, tokens } from "../../../core/postgres/tokens.ts";

const told = (sql: string): string[] => tokens(sql).map(({ kind, text }) => `${kind} ${text}`);

test("finds words and names outside strings, bodies and comments", () => {
  expect(told(`SET a.b TO 'it''s; "x"', E'\\'y' -- 'no\n/* "nor" */ "q""o";`)).toEqual([
    ...["word SET", "word a", "other .", "word b", "word TO", `string 'it''s; "x"'`, "other ,", "string E'\\'y'"],
    ...[`name "q""o"`, "other ;"],
  ]);
  expect(told("AS $_$ BEGIN $$ LANGUAGE c $$; END $_$ IMMUTABLE")).toEqual([
    ...["word AS", "string $_$ BEGIN $$ LANGUAGE c $$; END $_$", "word IMMUTABLE"],
  ]);
  expect(told("sträße$1 U&\"d!0061\" b'01'")).toEqual(["word sträße$1", 'name U&"d!0061"', "string b'01'"]);
});

test("reads a name as PostgreSQL does", () => {
  expect(tokens('Foo "Foo" "a""b"').map(nameOfToken)).toEqual(["foo", "Foo", 'a"b']);
});

test("writes a name as pg_dump does", () => {
  expect(["shop", "user", "Shop", "a b", "_x1", "authorization"].map(dumpedName)).toEqual([
    ...["shop", '"user"', '"Shop"', '"a b"', "_x1", '"authorization"'],
  ]);
});

test("takes the forcing of row security out of a table's definition, and nothing that reads like it", () => {
  const made = `CREATE TABLE public."FORCE ROW LEVEL SECURITY" (
    note text DEFAULT '; ALTER TABLE x FORCE ROW LEVEL SECURITY;'::text
);
`;
  const forcing = 'ALTER TABLE ONLY public."FORCE ROW LEVEL SECURITY" FORCE ROW LEVEL SECURITY;';
  expect(splitForcing(`${made}\n${forcing}\n`)).toEqual({ rest: made, forcing });
  expect(splitForcing(made)).toEqual({ rest: made, forcing: undefined });
  expect(unforcing(forcing)).toBe('ALTER TABLE ONLY public."FORCE ROW LEVEL SECURITY" NO FORCE ROW LEVEL SECURITY;');
});
