import { expect, test } from "vitest";
import type { TocEntry } from "../../../../core/postgres/ddl/index.ts";
import { mapRoleList, mapTocRoles } from "../../../../core/postgres/roles/map-roles.ts";
import { inOneOrder } from "../../../../core/postgres/roles/named-roles.ts";

const NAMES = { old: "new", "Odd Name": "user", to: "plain" };

function mapped(desc: string, defn: string, more: Partial<TocEntry> = {}): TocEntry | undefined {
  const entry = { dumpId: 1, desc, defn, tag: "", dependencies: [], section: "none", ...more } as unknown as TocEntry;
  const toc = { formatVersion: "1.16", encoding: "UTF8", standardConformingStrings: true, entries: [entry] };
  return mapTocRoles({ databaseName: "", serverVersion: "", dumpVersion: "", ...toc }, NAMES).entries[0];
}

test("names other roles in privileges, and nothing else that is called so", () => {
  const defn = `REVOKE ALL ON TABLE public."old" FROM old;
GRANT SELECT("to",old) ON TABLE public.old TO "to";
SET SESSION AUTHORIZATION "Odd Name";
GRANT ALL ON FUNCTION public.old(old text) TO old WITH GRANT OPTION;
RESET SESSION AUTHORIZATION;
GRANT USAGE ON SCHEMA "x;GRANT y TO old" TO PUBLIC;
`;
  expect(mapped("ACL", defn)?.defn).toBe(`REVOKE ALL ON TABLE public."old" FROM new;
GRANT SELECT("to",old) ON TABLE public.old TO plain;
SET SESSION AUTHORIZATION "user";
GRANT ALL ON FUNCTION public.old(old text) TO new WITH GRANT OPTION;
RESET SESSION AUTHORIZATION;
GRANT USAGE ON SCHEMA "x;GRANT y TO old" TO PUBLIC;
`);
});

test("names other roles in default privileges", () => {
  const defn = `ALTER DEFAULT PRIVILEGES FOR ROLE old IN SCHEMA old REVOKE ALL ON TABLES FROM old;\n`;
  const wanted = `ALTER DEFAULT PRIVILEGES FOR ROLE new IN SCHEMA old REVOKE ALL ON TABLES FROM new;\n`;
  expect(mapped("DEFAULT ACL", defn)?.defn).toBe(wanted);
});

test("names other roles in policies, not in what they ask", () => {
  const defn = `CREATE POLICY old ON public.old FOR SELECT TO old, "Odd Name" USING ((name = 'TO old'::text));\n`;
  const wanted = `CREATE POLICY old ON public.old FOR SELECT TO new, "user" USING ((name = 'TO old'::text));\n`;
  expect(mapped("POLICY", defn)?.defn).toBe(wanted);
});

test("names other roles in user mappings and in settings of a role in the database", () => {
  const mapping = mapped("USER MAPPING", "CREATE USER MAPPING FOR old SERVER old OPTIONS (\n    \"user\" 'old'\n);\n", {
    tag: "USER MAPPING old SERVER old",
  });
  expect(mapping?.defn).toBe("CREATE USER MAPPING FOR new SERVER old OPTIONS (\n    \"user\" 'old'\n);\n");
  expect(mapping?.tag).toBe("USER MAPPING new SERVER old");
  const properties =
    "ALTER DATABASE old SET search_path TO 'old';\nALTER ROLE old IN DATABASE old SET role TO 'old';\n";
  const wanted = "ALTER DATABASE old SET search_path TO 'old';\nALTER ROLE new IN DATABASE old SET role TO 'old';\n";
  expect(mapped("DATABASE PROPERTIES", properties)?.defn).toBe(wanted);
});

test("leaves bodies alone, and gives what was somebody's to somebody else", () => {
  const defn = "CREATE FUNCTION public.f() RETURNS text LANGUAGE sql AS $$ GRANT x TO old $$;\n";
  expect(mapped("FUNCTION", defn, { owner: "old" })).toMatchObject({ defn, owner: "new" });
  expect(mapped("FUNCTION", defn, { owner: "constructor" })).toMatchObject({ owner: "constructor" });
});

test("lists each role once, and none as a member of itself", () => {
  const role = (name: string, canLogin: boolean) => ({ name, canLogin }) as never;
  const member = { isAdmin: false, inherits: true, canSet: true };
  const list = {
    roles: [role("old", true), role("new", false), role("other", true)],
    memberships: [
      { role: "old", member: "new", ...member },
      { role: "other", member: "old", ...member },
    ],
  };
  expect(mapRoleList(list, NAMES)).toEqual({
    roles: [role("new", false), role("other", true)],
    memberships: [{ role: "other", member: "new", ...member }],
  });
});

test("reads the roles of a policy in one order, whatever the server's is", () => {
  const policy = (roles: string): string => `CREATE POLICY p ON public.t TO ${roles} USING (true);\n`;
  expect(inOneOrder("POLICY", policy('z, "B b", a'))).toBe(inOneOrder("POLICY", policy('a, z, "B b"')));
  expect(inOneOrder("POLICY", policy("a, b"))).not.toBe(inOneOrder("POLICY", policy("a, c")));
  expect(inOneOrder("ACL", "GRANT SELECT ON TABLE z TO b;\n")).toBe("GRANT SELECT ON TABLE z TO b;\n");
});
