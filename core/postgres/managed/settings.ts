/**
 * Settings that the restoring role may give neither to a function nor to a role or a database.
 * @module
 */
import type { TargetFacts } from "../facts/types.ts";
import { administersSetting } from "../providers/index.ts";

/**
 * A superuser's, or one that the server does not know: with a dot in its name it may be an extension's that only a superuser may
 * set, so the server asks for one.
 */
export function settingDenied(name: string, facts: TargetFacts): boolean {
  if (facts.role.isSuperuser) return false;
  const setting = name.toLowerCase();
  if (administersSetting(facts, setting)) return false;
  const { denied, known } = facts.rights.settings;
  return denied.includes(setting) || (setting.includes(".") && !known.includes(setting));
}
