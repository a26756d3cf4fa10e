/** How long this invocation may still work. @module */
import type { Context } from "aws-lambda";
import type { Deadline } from "../../core/backup/deadline.ts";

/** The engine stops by itself this long before Lambda would: time to end sessions, write the catalog and answer. */
const RESERVE_MILLIS = 20_000;

export function deadlineOf(
  context: Pick<Context, "getRemainingTimeInMillis">,
  reserveMillis = RESERVE_MILLIS,
): Deadline {
  return { remainingMillis: () => Math.max(0, context.getRemainingTimeInMillis() - reserveMillis) };
}
