import type { TargetFacts } from "../../../postgres/facts/index.ts";
import { settingDenied } from "../../../postgres/managed/index.ts";
import { settingName } from "../../../postgres/roles/setting.ts";
import { quoteName } from "../../../postgres/sql.ts";
import type { Finding, PlanInput, PlanOptions } from "./types.ts";

/** Settings of a database that is made, which the connecting role may not give to it. */
export function settings({ database }: PlanInput, facts: TargetFacts, { create }: PlanOptions): Finding[] {
  if (!create || database === undefined) return [];
  const names = new Set(database.settings.map(({ setting }) => settingName(setting)));
  return [...names]
    .filter((name) => settingDenied(name, facts))
    .map((name) => ({
      verdict: "trouble",
      what: `setting ${quoteName(name)} of the database`,
      code: "needs-superuser",
      reason: "only a superuser may give it, or who was granted SET on it",
      hint: "Restore with a superuser, or with --leave-out, and have it set by somebody who may.",
      leaving: { decisions: { settings: [name] } },
    }));
}
