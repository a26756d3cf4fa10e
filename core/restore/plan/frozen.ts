/**
 * The plan as the target's marker keeps it.
 * @module
 */
import { readMarkerPlan } from "../../postgres/load/marker.ts";
import type { Session } from "../../postgres/session.ts";
import { type FrozenPlan, NO_DECISIONS, NO_PLAN } from "./types.ts";

/**
 * Without refusals, since with one there is nothing to be frozen, and without SQL, which was told with the plan: each step of the
 * restore reads this anew.
 */
export function freeze({ leftOut, rewritten, decisions }: FrozenPlan): string {
  const brief = leftOut.map((item) => ({ ...item, sql: undefined }));
  const frozen = { leftOut: brief, rewritten, decisions };
  return JSON.stringify(frozen);
}

/** What this target's restore was begun with; nothing is left out where no restore is under way, or an older version began it. */
export async function readFrozenPlan(session: Session): Promise<FrozenPlan> {
  const text = await readMarkerPlan(session);
  if (text === undefined) return NO_PLAN;
  const frozen = JSON.parse(text) as FrozenPlan;
  return { ...frozen, decisions: { ...NO_DECISIONS, ...frozen.decisions } };
}
