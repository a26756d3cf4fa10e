import { expect, test } from "vitest";
import type { TargetFacts } from "../../../../core/postgres/facts/index.ts";
import type { Role } from "../../../../core/postgres/roles/index.ts";
import { LIMITED, type Made, plan, told } from "./support.ts";

const OWNED: Made = {
  desc: "TABLE",
  tag: "item",
  namespace: "public",
  owner: "shop_owner",
  dropStmt: "DROP TABLE public.item;\n",
};
const FOUND = { name: "shop_owner", isSuperuser: false, canSet: true, isInherited: false, canAdminister: false };
const listed = (name: string) => ({
  roles: { roles: [{ name, isPredefined: false, settings: [] as string[] } as unknown as Role], memberships: [] },
});

test("asks that the connecting role has the rights of owners that are there, not only that it may act as them", () => {
  const { refusals } = plan([OWNED], { ...LIMITED, roles: [FOUND] });
  expect(refusals).toMatchObject([{ code: "owner-out-of-reach", sql: expect.stringContaining("WITH INHERIT TRUE") }]);
});

test("before version 16 asks that it inherits those of roles that are made", () => {
  const older = { ...LIMITED, serverVersion: 150000, role: { ...LIMITED.role, inherits: false, canCreateRole: true } };
  const { refusals } = plan([OWNED], older, {}, listed("shop_owner"));
  expect(refusals).toMatchObject([
    { code: "owner-out-of-reach", sql: expect.stringMatching(/^ALTER ROLE .* INHERIT;$/) },
  ]);
  expect(plan([OWNED], { ...older, serverVersion: 160000 }, {}, listed("shop_owner")).refusals).toEqual([]);
});

test("has the connecting role in place of a provider's that is not there, and tells it", () => {
  const { refusals, leftOut, decisions } = plan([{ ...OWNED, owner: "rdsadmin" }], LIMITED, {}, listed("rdsadmin"));
  expect(refusals).toEqual([]);
  expect(leftOut.map(({ what, code }) => `${code} ${what}`)).toEqual(["role-of-provider role rdsadmin"]);
  expect(decisions.missingRoles).toEqual(["rdsadmin"]);
});

const administrator = (provider: string, name: string): TargetFacts => ({
  ...LIMITED,
  provider,
  roles: [{ ...FOUND, name, isInherited: true }],
});

test("lets a provider's administrators make what only superusers may elsewhere", () => {
  const trigger: Made = {
    desc: "EVENT TRIGGER",
    tag: "watch",
    defn: "CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION public.f();\n",
  };
  const all: Made = { desc: "PUBLICATION", tag: "p", defn: "CREATE PUBLICATION p FOR ALL TABLES;\n" };
  const refused = (facts: TargetFacts) => told(plan([trigger, all], facts).refusals);
  expect(refused(LIMITED)).toEqual(["needs-superuser event trigger watch", "needs-superuser publication p"]);
  expect(refused(administrator("rds", "rds_superuser"))).toEqual(["needs-superuser publication p"]);
  expect(refused(administrator("neon", "neon_superuser"))).toEqual([]);
  expect(refused(administrator("neon", "somebody"))).toHaveLength(2);
});
