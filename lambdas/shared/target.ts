/** What the states that touch a target are given. @module */
import type { Context } from "aws-lambda";
import type { RestoreContext } from "../../core/restore/run/context.ts";
import { deadlineOf } from "./deadline.ts";
import { mintToken, readConnection, vaultContext } from "./deps.ts";

export function targetContext(context: Pick<Context, "getRemainingTimeInMillis">): RestoreContext {
  const deadline = AbortSignal.timeout(deadlineOf(context).remainingMillis());
  return { ...vaultContext(), readConnection, mintToken, deadline };
}
