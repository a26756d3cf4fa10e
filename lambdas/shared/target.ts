/** What the states that touch a target are given. @module */
import type { Context } from "aws-lambda";
import type { RestoreContext } from "../../core/restore/run/context.ts";
import { deadlineOf } from "./deadline.ts";
import { readConnection, vaultContext } from "./deps.ts";

export function targetContext(context: Pick<Context, "getRemainingTimeInMillis">): RestoreContext {
  return { ...vaultContext(), readConnection, deadline: AbortSignal.timeout(deadlineOf(context).remainingMillis()) };
}
