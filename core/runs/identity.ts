/**
 * Which run an execution is. Resolve, its retries, Record and Cleanup all derive it, so none has to be told.
 * @module
 */
import { createHash } from "node:crypto";
import { assertName, newRunId, RUN_ID_PATTERN } from "../ids.ts";

/** As Step Functions describes it: `$states.context.Execution`, and the status event alike. */
export interface Execution {
  readonly arn: string;
  readonly name: string;
  /** ISO 8601. */
  readonly startedAt: string;
}

/**
 * The execution's name where it is a run id of this source (started by the command); else an id derived from the
 * execution's start and ARN (started by a schedule, which names executions at random).
 * @throws ConfigurationError `invalid-id`
 */
export function runIdOf(execution: Execution, source: string): string {
  assertName("source", source);
  if (RUN_ID_PATTERN.test(execution.name) && execution.name.startsWith(`${source}-2`)) return execution.name;
  const digest = createHash("sha256").update(execution.arn).digest();
  return newRunId(source, new Date(execution.startedAt), (n) => digest.subarray(0, n));
}
