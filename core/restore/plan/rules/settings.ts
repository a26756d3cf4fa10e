import type { TargetFacts } from "../../../postgres/facts/index.ts";
import { settingDenied } from "../../../postgres/managed/index.ts";
import { settingName } from "../../../postgres/roles/setting.ts";
import { quoteName } from "../../../postgres/sql.ts";
import { knowsSetting } from "../../../postgres/versions/index.ts";
import type { Finding, PlanInput, PlanOptions } from "./types.ts";

/** Settings of a database that is made, which the server does not know, or the connecting role may not give to it. */
export function settings({ database }: PlanInput, facts: TargetFacts, { create }: PlanOptions): Finding[] {
  if (!create || database === undefined) return [];
  const names = new Set(database.settings.map(({ setting }) => settingName(setting)));
  return [...unknown([...names], facts), ...denied([...names], facts)];
}

const NEVER_SHOWN: ReadonlySet<string> = new Set(["role", "seed", "session_authorization"]);

/** A provider's own, say. Those that are of another version are known to be, and no trouble; one with a dot may be anybody's. */
function unknown(names: readonly string[], { rights, role, serverVersion }: TargetFacts): Finding[] {
  const { shown } = rights.settings;
  // From others a server hides some.
  if (shown === undefined || !role.isSuperuser) return [];
  return names
    .filter((name) => !name.includes(".") && !NEVER_SHOWN.has(name) && !shown.includes(name.toLowerCase()))
    .filter((name) => knowsSetting(name, Math.floor(serverVersion / 10_000)))
    .map((name) => ({
      verdict: "trouble",
      what: `setting ${quoteName(name)} of the database`,
      code: "setting-unknown",
      reason: "the server knows none of that name",
      hint: "Reset it in the source, or restore with --leave-out.",
      leaving: { decisions: { settings: [name] } },
    }));
}

function denied(names: readonly string[], facts: TargetFacts): Finding[] {
  return names
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
