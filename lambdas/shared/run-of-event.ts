/** Which run a function is called for, by whatever its event says of it. @module */
import { RUN_ID_PATTERN } from "../../core/ids.ts";
import { type Execution, runIdOf } from "../../core/runs/identity.ts";

/** @returns undefined where no run can be made out; what is not a run's id is never taken for one. */
export function runIdOfEvent(event: unknown): string | undefined {
  if (typeof event !== "object" || event === null) return undefined;
  const { runId, restart, execution, input } = event as Readonly<Record<string, unknown>>;
  for (const id of [runId, restart]) if (typeof id === "string" && RUN_ID_PATTERN.test(id)) return id;
  const source = (input as { source?: unknown } | null | undefined)?.source;
  if (typeof source !== "string" || typeof execution !== "object" || execution === null) return undefined;
  try {
    return runIdOf(execution as Execution, source);
  } catch {
    // Not one of ours: the function's own parser says what is wrong with it.
    return undefined;
  }
}
