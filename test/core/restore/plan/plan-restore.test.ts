import { describe, expect, test } from "vitest";
import type { TargetFacts } from "../../../../core/postgres/facts/index.ts";
import type { Role } from "../../../../core/postgres/roles/index.ts";
import { agreedToc } from "../../../../core/restore/plan/apply.ts";
import { firstRows, type PlanRow } from "../../../../core/restore/plan/rows.ts";
import { inputOf, LIMITED, type Made, ORDINARY, plan, tocOf, told } from "./support.ts";

const POSTGIS: readonly Made[] = [
  { desc: "EXTENSION", tag: "postgis", defn: "CREATE EXTENSION IF NOT EXISTS postgis WITH SCHEMA public;\n" },
  { desc: "COMMENT", tag: "EXTENSION postgis", dependencies: [1] },
  { desc: "TABLE", namespace: "public", tag: "place", dependencies: [1] },
  { desc: "INDEX", namespace: "public", tag: "place_idx", section: "post-data", dependencies: [3] },
  { desc: "TABLE", namespace: "public", tag: "note" },
  { desc: "VIEW", namespace: "public", tag: "places", dependencies: [3] },
];

function offering(name: string, more: Partial<TargetFacts["extensions"][number]> = {}): TargetFacts {
  const extension = { name, defaultVersion: "3.6", needsSuperuser: true, isTrusted: false, requires: [], ...more };
  return { ...ORDINARY, extensions: [extension] };
}

test("has nothing to say where everything can be restored as it is", () => {
  const { decisions, ...made } = plan([{ desc: "TABLE", tag: "a", namespace: "public" }]);
  expect(made).toEqual({ leftOut: [], rewritten: [], refusals: [] });
  expect(decisions.missingRoles).toEqual([]);
});

describe("an extension that the server does not offer", () => {
  test("is refused with what depends on it by name", () => {
    const { refusals, leftOut } = plan(POSTGIS);
    expect(told(refusals)).toEqual(["extension-unavailable extension postgis"]);
    expect(refusals[0]?.reason).toContain(
      "3 more need it: table public.place, index public.place_idx, view public.places",
    );
    expect(leftOut).toEqual([]);
  });

  test("is left out when that is agreed to, and each that depends on it is listed", () => {
    const { refusals, leftOut } = plan(POSTGIS, ORDINARY, { leaveOut: true });
    expect(refusals).toEqual([]);
    expect(leftOut.map(({ what, dumpId }) => [dumpId, what])).toEqual([
      [1, "extension postgis"],
      [2, "comment EXTENSION postgis"],
      [3, "table public.place"],
      [4, "index public.place_idx"],
      [6, "view public.places"],
    ]);
    expect(leftOut[0]?.sql).toBe("CREATE EXTENSION IF NOT EXISTS postgis WITH SCHEMA public;");
  });

  test("takes its own tables' rows along, which are told", () => {
    const relations = [{ schema: "public", name: "spatial_ref_sys" }];
    const { toc, manifest } = inputOf(POSTGIS);
    const table = { kind: "table", schema: "public", name: "spatial_ref_sys", rows: 7, chunks: [] };
    const tables = [table] as unknown as typeof manifest.tables;
    const needs = {
      version: 1 as const,
      extensions: [{ name: "postgis", schema: "public", relations }],
      collations: [],
      accessMethods: [],
    };
    const made = plan(POSTGIS, ORDINARY, { leaveOut: true }, { manifest: { ...manifest, tables }, needs });
    expect(made.decisions.relations).toEqual(relations);
    const denied = plan(
      POSTGIS,
      { ...offering("postgis"), role: LIMITED.role },
      { leaveOut: true },
      { manifest: { ...manifest, tables }, needs },
    );
    expect(denied.decisions.relations).toEqual(relations);
    expect(told(made.leftOut)).toContain("needs-left-out 7 rows of public.spatial_ref_sys");
    expect(toc.entries).toHaveLength(6);
  });

  test("takes along what is said about its own functions, which have no entry", () => {
    const said: Made = {
      desc: "ACL",
      namespace: "public",
      tag: "FUNCTION st_x()",
      defn: "GRANT …",
      dependencies: [99],
    };
    const needs = {
      version: 1 as const,
      extensions: [{ name: "postgis", schema: "public" }],
      collations: [],
      accessMethods: [],
    };
    const { leftOut } = plan([...POSTGIS, said], ORDINARY, { leaveOut: true }, { needs });
    expect(leftOut.map(({ what }) => what)).toContain("acl public.FUNCTION st_x()");
    const { leftOut: none } = plan([...POSTGIS, said], offering("postgis"), { leaveOut: true }, { needs });
    expect(none).toEqual([]);
  });

  test("is of no interest when it is skipped, but what needs it has to be agreed to as well", () => {
    const skipped = plan(POSTGIS, ORDINARY, { skipExtensions: ["postgis"] });
    expect(told(skipped.leftOut)).toEqual(["extension-skipped extension postgis"]);
    expect(told(skipped.refusals)).toEqual([
      "needs-left-out table public.place",
      "needs-left-out index public.place_idx",
      "needs-left-out view public.places",
    ]);
    const there = plan(POSTGIS, offering("postgis", { installedVersion: "3.5" }), { skipExtensions: ["postgis"] });
    expect(there.refusals).toEqual([]);
    expect(there.leftOut.map(({ dumpId }) => dumpId)).toEqual([1]);
  });
});

test("an extension of another version is told, and one for superusers refused to others", () => {
  const needs = {
    version: 1 as const,
    extensions: [{ name: "postgis", schema: "public", version: "3.4" }],
    collations: [],
    accessMethods: [],
  };
  const made = plan(POSTGIS, offering("postgis"), {}, { needs });
  expect(told(made.rewritten)).toEqual(["extension-other-version extension postgis"]);
  const limited = plan(POSTGIS, { ...offering("postgis"), role: LIMITED.role }, { noOwner: true });
  expect(told(limited.refusals)).toEqual(["needs-superuser extension postgis"]);
  const needing = plan(POSTGIS, offering("postgis", { requires: ["plpython3u"] }));
  expect(needing.refusals[0]?.reason).toContain("needs plpython3u");
});

describe("roles", () => {
  const owned: Made = { desc: "TABLE", namespace: "public", tag: "item", owner: "shop_owner" };
  const grants = 'GRANT SELECT ON TABLE public.item TO "Odd; role";\nGRANT INSERT ON TABLE public.item TO app;\n';
  const acl: Made = {
    desc: "ACL",
    namespace: "public",
    tag: "TABLE item",
    owner: "shop_owner",
    defn: grants,
    dependencies: [1],
  };
  const policy: Made = {
    desc: "POLICY",
    namespace: "public",
    tag: "item own",
    defn: "CREATE POLICY own ON public.item TO app USING (true);\n",
  };
  const role = (name: string) => ({
    name,
    isSuperuser: false,
    canSet: false,
    isInherited: false,
    canAdminister: false,
  });
  const described = (name: string) =>
    ({ name, isPredefined: false, isReferenced: true, settings: [] as string[] }) as unknown as Role;

  test("that are missing are made by who may, and refused with SQL to run where nobody may", () => {
    const roles = { roles: ["shop_owner", "app", "Odd; role"].map(described), memberships: [] };
    expect(plan([owned, acl, policy], ORDINARY, {}, { roles }).refusals).toEqual([]);
    const { refusals } = plan([owned, acl, policy], LIMITED, {}, { roles });
    expect(told(refusals)).toEqual([
      "role-missing role Odd; role",
      "role-missing role app",
      "role-missing role shop_owner",
    ]);
    expect(refusals[0]).toMatchObject({ sql: 'CREATE ROLE "Odd; role" NOLOGIN;' });
    expect(refusals[2]?.reason).toContain("it owns table public.item");
    expect(told(plan([owned, acl, policy], ORDINARY, { skipRoles: true }, { roles }).refusals)).toHaveLength(3);
  });

  test("that are missing are left out of privileges, each statement by itself, and what they own is the restoring role's", () => {
    const facts = { ...LIMITED, roles: [role("app")] };
    const made = plan([owned, acl, policy], facts, { leaveOut: true });
    expect(made.decisions).toMatchObject({ restoringRole: "loader", missingRoles: ["Odd; role", "shop_owner"] });
    const { entries } = agreedToc(tocOf([owned, acl, policy]), made);
    expect(entries.map(({ desc, owner, defn }) => [desc, owner, defn])).toEqual([
      ["TABLE", "loader", undefined],
      ["ACL", "loader", "GRANT INSERT ON TABLE public.item TO app;\n"],
      ["POLICY", undefined, policy.defn],
    ]);
    const none = agreedToc(tocOf([owned, acl, policy]), plan([owned, acl, policy], LIMITED, { leaveOut: true }));
    expect(none.entries.map(({ desc }) => desc)).toEqual(["TABLE"]);
  });

  test("that the connecting role may not act as cannot own anything, unless owners are left out", () => {
    const facts = { ...LIMITED, roles: [role("shop_owner"), role("app"), role("Odd; role")] };
    const { refusals } = plan([owned, acl], facts);
    expect(refusals).toMatchObject([{ code: "owner-out-of-reach", sql: 'GRANT "shop_owner" TO "loader";' }]);
    expect(plan([owned, acl], facts, { noOwner: true }).refusals).toEqual([]);
    const agreed = plan([owned, acl], facts, { leaveOut: true });
    expect(agreedToc(tocOf([owned]), agreed).entries[0]?.owner).toBe("loader");
  });

  test("of another version of PostgreSQL can be made by nobody", () => {
    const granted: Made = { ...acl, defn: "GRANT SELECT ON TABLE public.item TO pg_maintain;\n" };
    const roles = {
      roles: [{ name: "pg_maintain", isPredefined: true, settings: [] as string[] } as unknown as Role],
      memberships: [],
    };
    const { refusals } = plan([owned, granted], { ...ORDINARY, roles: [role("shop_owner")] }, {}, { roles });
    expect(told(refusals)).toEqual(["role-missing role pg_maintain"]);
    expect(refusals[0]?.sql).toBeUndefined();
  });
});

describe("the target's server and database", () => {
  test("are refused where nothing can be written, or not by whom we believe to be", () => {
    const database = { ...LIMITED.database, canCreate: false, settings: ["role=app"] } as TargetFacts["database"];
    expect(told(plan([], { ...LIMITED, isStandby: true }).refusals)).toEqual(["target-is-standby the target's server"]);
    expect(told(plan([], { ...LIMITED, database }, { leaveOut: true }).refusals)).toEqual([
      "target-forbids-creating database target",
      "target-sets-role database target",
    ]);
    expect(told(plan([], { ...LIMITED, database: undefined }).refusals)).toEqual([
      "target-forbids-creating the new database",
    ]);
  });

  test("are told where text is sorted or written otherwise, and refused where it cannot be converted", () => {
    const database = { ...ORDINARY.database, encoding: "EUC_JP", canConvert: false, collate: "de_DE", ctype: "de_DE" };
    const odd = { ...ORDINARY, database } as TargetFacts;
    const source = { ...database, collate: "C", ctype: "C" } as never;
    const made = plan([], odd, { leaveOut: true }, { database: source });
    expect(told(made.refusals)).toEqual(["encoding-not-convertible encoding UTF8"]);
    expect(made.rewritten).toMatchObject([{ code: "collation-differs", what: "default collation libc C" }]);
    const converted = plan([], { ...odd, database: { ...database, canConvert: true } } as TargetFacts);
    expect(told(converted.rewritten)).toEqual(["encoding-converted encoding UTF8"]);
  });

  test("are told where the server is older than the source's", () => {
    expect(told(plan([], { ...ORDINARY, serverVersion: 150010 }).rewritten)).toContain("server-older PostgreSQL 18");
  });
});

describe("what is kept elsewhere", () => {
  const table: Made = {
    desc: "TABLE",
    namespace: "public",
    tag: "big",
    tablespace: "fast",
    tableAccessMethod: "columnar",
  };

  test("takes the default tablespace and says so, or the same one where that is asked for and there", () => {
    const facts = { ...ORDINARY, accessMethods: ["heap", "columnar"] };
    expect(told(plan([table], facts).rewritten)).toEqual(["tablespace-default tablespace fast"]);
    const keep = { tablespaces: "keep" } as const;
    expect(told(plan([table], facts, keep).refusals)).toEqual(["tablespace-missing tablespace fast"]);
    const there = { ...facts, tablespaces: [{ name: "fast", canCreate: true }] };
    expect(plan([table], there, keep)).toMatchObject({ refusals: [], rewritten: [] });
    const agreed = plan([table], facts, { ...keep, leaveOut: true });
    expect(agreedToc(tocOf([table]), agreed).entries[0]?.tablespace).toBe("");
  });

  test("is stored in the default way, rows and all, where its access method is missing and that is agreed to", () => {
    expect(told(plan([table]).refusals)).toEqual(["access-method-missing access method columnar"]);
    const agreed = plan([table], ORDINARY, { leaveOut: true });
    const { entries } = agreedToc(tocOf([table]), agreed);
    expect(entries).toMatchObject([{ tag: "big", tableAccessMethod: undefined }]);
  });
});

test("names what uses a collation that is missing, and labels of a provider that is not loaded", () => {
  const needs = { version: 1 as const, extensions: [], collations: [{ name: "tlh_XX" }], accessMethods: [] };
  const entries: readonly Made[] = [
    {
      desc: "TABLE",
      namespace: "public",
      tag: "a",
      defn: 'CREATE TABLE public.a (x text COLLATE pg_catalog."tlh_XX");',
    },
    {
      desc: "TABLE",
      namespace: "public",
      tag: "b",
      defn: "CREATE TABLE public.b (x text DEFAULT 'COLLATE \"tlh_XX\"');",
    },
    {
      desc: "SECURITY LABEL",
      tag: "TABLE b",
      defn: "SECURITY LABEL FOR \"se;linux\" ON TABLE public.b IS 'x';",
      dependencies: [2],
    },
  ];
  const { refusals } = plan(entries, ORDINARY, {}, { needs });
  expect(told(refusals)).toEqual([
    "collation-missing collation tlh_XX",
    "label-provider-missing security labels of provider se;linux",
  ]);
  expect(refusals[0]?.reason).toContain("it is named by table public.a");
  const { leftOut } = plan(entries, ORDINARY, { leaveOut: true }, { needs });
  expect(leftOut.flatMap(({ dumpId }) => dumpId ?? [])).toEqual([1, 3]);
});

test("says what makes it of what is left out, but of nothing that may hold a secret", () => {
  const entries: readonly Made[] = [
    { desc: "EXTENSION", tag: "fdw", defn: "CREATE EXTENSION fdw;" },
    ...[
      ["VIEW", "CREATE VIEW public.plain AS SELECT 1;"],
      ["VIEW", "CREATE VIEW public.far AS SELECT * FROM public.dblink('host=a password=hidden');"],
      ["FUNCTION", "CREATE FUNCTION public.call() … AS $$ SELECT get('https://me:hidden@example.com') $$;"],
      ["FOREIGN TABLE", "CREATE FOREIGN TABLE public.sheet (a text) SERVER s OPTIONS (key 'hidden');"],
    ].map(([desc = "", defn = ""]) => ({ desc, tag: defn.slice(0, 30), namespace: "public", defn, dependencies: [1] })),
  ];
  const { leftOut } = plan(entries, ORDINARY, { leaveOut: true });
  expect(leftOut).toHaveLength(5);
  expect(leftOut.flatMap(({ sql }) => sql ?? [])).toEqual([
    "CREATE EXTENSION fdw;",
    "CREATE VIEW public.plain AS SELECT 1;",
  ]);
});

test("says of a plan that has no room how much of it is missing, and where it is", () => {
  const rows = Array.from({ length: 5 }, (_, n): PlanRow => ({ what: `table t${n}`, verdict: "left out", why: "x" }));
  const size = Buffer.byteLength(JSON.stringify(rows[0]));
  const { shown, rest } = firstRows(rows, 2 * size, "in the vault");
  expect(shown).toEqual(rows.slice(0, 2));
  expect(rest).toEqual([{ what: "3 more", verdict: "left out", why: "in the vault" }]);
  expect(firstRows(rows, 5 * size, "in the vault")).toEqual({ shown: rows, rest: [] });
});
