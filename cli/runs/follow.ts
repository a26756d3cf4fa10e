/**
 * Watches an execution until it ends, the patience does, or the operator leaves. Never stops the run.
 * @module
 */
import type { Progress } from "../../core/catalog/index.ts";
import { InterruptedError, WaitTimeoutError } from "../errors.ts";
import type { ExecutionView, Installation, MachineName } from "../installation/port.ts";
import { formatBytes, formatDuration } from "../output/units.ts";
import type { Session } from "../session.ts";

/** DescribeExecution allows 15 calls a second for the account; one each second leaves room for fourteen other operators. */
const POLL_MILLIS = 1_000;

export type RunEnd =
  | { readonly kind: "ended"; readonly execution: ExecutionView; readonly finishedAt: string }
  | { readonly kind: "left"; readonly reason: WaitTimeoutError | InterruptedError };

export interface FollowedRun {
  readonly runId: string;
  readonly executionArn: string;
  readonly machine: MachineName;
}

export async function followRun(
  session: Session,
  installation: Installation,
  run: FollowedRun,
  timeoutMillis: number | undefined,
): Promise<RunEnd> {
  const { world, progress } = session;
  const begunAt = world.clock().getTime();
  const hint = `The run goes on; \`holdfast show ${run.runId}\` tells how it stands, with --follow how it ends.`;
  for (;;) {
    const execution = await installation.describe(run.executionArn);
    if (execution.status !== "running") {
      return { kind: "ended", execution, finishedAt: world.clock().toISOString() };
    }
    const elapsed = world.clock().getTime() - begunAt;
    if (world.interrupted.aborted) {
      const reason = new InterruptedError("interrupted", `stopped following ${run.runId}`, hint);
      return { kind: "left", reason };
    }
    if (timeoutMillis !== undefined && elapsed >= timeoutMillis) {
      const message = `${run.runId} is still running after ${formatDuration(elapsed)}`;
      return { kind: "left", reason: new WaitTimeoutError("still-running", message, hint) };
    }
    progress.update(progressText(run, await installation.catalog.progress(run.runId), elapsed));
    await world.pause(POLL_MILLIS);
  }
}

/** `backup shop-… · dumping · chunk 5 of 14 · 120 MiB · 12 s` */
export function progressText(run: FollowedRun, view: Progress | undefined, elapsedMillis: number): string {
  const parts = [`${run.machine} ${run.runId}`];
  if (view === undefined) parts.push("starting");
  else {
    parts.push(view.phase);
    if (view.chunksTotal > 0) parts.push(`${view.chunksDone} of ${view.chunksTotal} chunks`);
    if (view.bytesDone > 0) parts.push(formatBytes(view.bytesDone));
  }
  return [...parts, formatDuration(elapsedMillis)].join(" · ");
}
