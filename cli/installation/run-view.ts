/**
 * A run for people: what is nobody's business but the run's own is left out.
 * @module
 */
import type { Run } from "../../core/catalog/index.ts";
import type { RunView } from "./port.ts";

export function asView(run: Run): RunView {
  const { runId, kind, source, status, phase, executionArn, startedAt } = run;
  const { finishedAt, restorePointId, reason, author, scheduledAt, error, line, findings } = run;
  const { rebuilt, parts } = run.notes ?? {};
  const optional = {
    ...(kind === "restore" && restoreNotes(run)),
    rebuilt,
    parts,
    finishedAt,
    restorePointId,
    reason,
    author,
    scheduledAt,
    error,
    line,
    findings,
  };
  const known = Object.entries(optional).filter(([, value]) => value !== undefined);
  return { runId, kind, source, status, phase, executionArn, startedAt, ...Object.fromEntries(known) };
}

/** A backup's plan is for its own states, and its warnings are its restore point's. */
function restoreNotes({ status, notes: { plan, warnings, leftBehind } = {} }: Run): Readonly<Record<string, unknown>> {
  return { plan, warnings, ...(status === "failed" && { leftBehind }) };
}
