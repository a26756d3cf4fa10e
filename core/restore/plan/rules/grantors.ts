import { nameOfEntry } from "../../../postgres/ddl/index.ts";
import type { TargetFacts } from "../../../postgres/facts/index.ts";
import { someNames } from "../describe.ts";
import { grantorsOf } from "../grants.ts";
import type { Finding, PlanInput, PlanOptions } from "./types.ts";

/** Roles that are there, have granted something that is not theirs, and are none that the connecting role may act as. */
export function grantors({ toc }: PlanInput, facts: TargetFacts, { noPrivileges }: PlanOptions): Finding[] {
  if (noPrivileges || facts.role.isSuperuser) return [];
  const outOfReach = new Set(
    facts.roles.filter(({ name, canSet }) => !canSet && name !== facts.role.name).map(({ name }) => name),
  );
  const granted = new Map<string, string[]>();
  for (const entry of toc.entries.filter(({ desc }) => desc === "ACL")) {
    for (const name of grantorsOf(entry)) {
      if (outOfReach.has(name)) granted.set(name, [...(granted.get(name) ?? []), nameOfEntry(entry)]);
    }
  }
  return [...granted].map(([name, entries]) => ({
    verdict: "trouble",
    what: `role ${name} as grantor`,
    code: "grantor-out-of-reach",
    reason: `${facts.role.name} may not act as it: what it granted is granted in the owner's name; ${someNames(entries)}`,
    hint: "Make the connecting role a member of it to have it as grantor.",
    leaving: { decisions: { foreignGrantors: [name] } },
    isAgreed: true,
  }));
}
