/**
 * After an execution that failed, timed out or was stopped: what no Catch has done is done here, as often as the event comes.
 * @module
 */
import type { RunKind } from "../catalog/index.ts";
import type { ErrorRecord } from "../errors.ts";
import { type EndContext, type Ended, endRun } from "./end.ts";
import { parseCause } from "./failure.ts";
import type { Execution } from "./identity.ts";

/** The status event of Step Functions, reduced to what is needed. */
export interface EndedExecution {
  readonly kind: RunKind;
  readonly execution: Execution;
  readonly status: "FAILED" | "TIMED_OUT" | "ABORTED";
  readonly input: unknown;
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
}

export interface CleanupContext extends EndContext {
  /** Ends uploads whose parts nobody will ever put together. */
  abortUploads(run: { readonly source: string; readonly restorePointId: string }): Promise<number>;
}

/** Marks the run failed (holders and workers let go when they read it), releases its lease, aborts its uploads, alerts. */
export async function cleanUp(event: EndedExecution, context: CleanupContext): Promise<Ended> {
  const request = { ...event, status: "failed", error: errorOf(event), isShown: isShown(event) } as const;
  const ended = await endRun(request, context);
  const run = ended.runId === "" ? undefined : await context.catalog.runs.get(ended.runId);
  if (run?.kind === "backup" && run.restorePointId !== undefined) {
    await context.abortUploads({ source: run.source, restorePointId: run.restorePointId });
  }
  return ended;
}

/** A Fail state shows the line that was told; any other cause is that of a state that failed on the way there. */
function isShown({ kind, status, cause }: EndedExecution): boolean {
  return status === "FAILED" && cause !== undefined && cause.startsWith(`${kind} of `);
}

function errorOf({ status, error, cause }: EndedExecution): ErrorRecord {
  if (status === "ABORTED") {
    return {
      name: "CancelledError",
      code: "execution-stopped",
      message: cause || "the execution was stopped",
      hint: "Somebody stopped it from outside; start it again when that is wanted.",
    };
  }
  if (status === "TIMED_OUT") {
    return {
      name: "States.Timeout",
      code: "run-timed-out",
      message: "the run took longer than a state machine may",
      hint: "Look at the last phase in the catalog for what it waited for.",
    };
  }
  return parseCause(error ?? "States.Runtime", cause);
}
