import { nameOfEntry } from "../../../postgres/ddl/index.ts";
import type { TargetFacts } from "../../../postgres/facts/index.ts";
import { superuserOnly } from "../../../postgres/managed/index.ts";
import { sqlOfEntry } from "../describe.ts";
import type { Finding, PlanInput, PlanOptions } from "./types.ts";

/** What the connecting role may not make, and what comes otherwise than it was by its kind. */
export function kinds({ toc }: PlanInput, facts: TargetFacts, options: PlanOptions): Finding[] {
  const { skipExtensions = [], noPrivileges } = options;
  const installed = new Set(
    facts.extensions.filter(({ installedVersion }) => installedVersion !== undefined).map(({ name }) => name),
  );
  const archive = new Map(toc.entries.map((entry) => [entry.dumpId, entry]));
  return toc.entries.flatMap((entry): Finding[] => {
    const { desc, tag, dumpId } = entry;
    const what = nameOfEntry(entry);
    if (desc === "EXTENSION" && (installed.has(tag) || skipExtensions.includes(tag) || !isOffered(facts, tag)))
      return [];
    if (noPrivileges && (desc === "ACL" || desc === "DEFAULT ACL")) return [];
    const reason = superuserOnly(entry, facts, archive);
    if (reason !== undefined) {
      const hint = "Restore with a superuser, or with --leave-out, and have it made by somebody who may.";
      const trouble = { verdict: "trouble", what, code: "needs-superuser", reason, hint } as const;
      // A comment on what is not ours is nothing to be asked about.
      const isAgreed = desc === "COMMENT";
      return [{ ...trouble, isAgreed, leaving: { entries: [dumpId] }, ...sqlOfEntry(entry) }];
    }
    if (desc !== "SUBSCRIPTION") return [];
    const comes =
      "comes back disabled and without contacting its publisher; ALTER SUBSCRIPTION … ENABLE is yours to say";
    return [{ verdict: "told", what, code: "subscription-disabled", reason: comes }];
  });
}

/** Otherwise that is what is wrong with it. */
function isOffered({ extensions }: TargetFacts, name: string): boolean {
  return extensions.some((extension) => extension.name === name && extension.defaultVersion !== undefined);
}
