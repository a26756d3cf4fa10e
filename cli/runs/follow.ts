/**
 * Watches an execution until it ends, the patience does, or the operator leaves. Never stops the run.
 * @module
 */
import type { Progress } from "../../core/catalog/index.ts";
import { type ErrorRecord, StoreThrottledError } from "../../core/errors.ts";
import { InterruptedError, WaitTimeoutError } from "../errors.ts";
import type { ExecutionView, Installation, MachineName } from "../installation/port.ts";
import { formatBytes, formatDuration } from "../output/units.ts";
import { toCommandError } from "../result.ts";
import type { Session } from "../session.ts";

/** DescribeExecution allows 15 calls a second for the account; one each second leaves room for fourteen other operators. */
const POLL_MILLIS = 1_000;
/** Long enough for a network to come back, short enough for a script. */
const UNREACHABLE_MILLIS = 60_000;

export type RunEnd =
  | { readonly kind: "ended"; readonly execution: ExecutionView; readonly finishedAt: string }
  /** The command knows no more; the run goes on. */
  | { readonly kind: "left"; readonly reason: ErrorRecord };

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
  const left = (error: Error): RunEnd => ({ kind: "left", reason: { ...toCommandError(error), hint } });
  let answeredAt = begunAt;
  for (;;) {
    const state = await ask(installation, run);
    const now = world.clock().getTime();
    if (state instanceof Error) {
      // A laptop that moves to another network should not lose sight of a restore.
      if (!(state instanceof StoreThrottledError) || now - answeredAt >= UNREACHABLE_MILLIS) return left(state);
    } else {
      answeredAt = now;
      const { execution, progress: view } = state;
      if (execution.status !== "running") return { kind: "ended", execution, finishedAt: world.clock().toISOString() };
      progress.update(progressText(run, view, now - begunAt));
    }
    if (world.interrupted.aborted) return left(new InterruptedError("interrupted", `stopped following ${run.runId}`));
    if (timeoutMillis !== undefined && now - begunAt >= timeoutMillis) {
      const message = `${run.runId} is still running after ${formatDuration(now - begunAt)}`;
      return left(new WaitTimeoutError("still-running", message));
    }
    await world.pause(POLL_MILLIS);
  }
}

interface RunState {
  readonly execution: ExecutionView;
  readonly progress: Progress | undefined;
}

async function ask(installation: Installation, run: FollowedRun): Promise<RunState | Error> {
  try {
    const execution = await installation.describe(run.executionArn);
    if (execution.status !== "running") return { execution, progress: undefined };
    return { execution, progress: await installation.catalog.progress(run.runId) };
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** `backup shop-… · dumping · chunk 5 of 14 · 120 MiB · 12 s` */
export function progressText(run: FollowedRun, view: Progress | undefined, elapsedMillis: number): string {
  const parts = [`${run.machine} ${run.runId}`];
  if (view === undefined) parts.push("starting");
  else {
    parts.push(view.phase);
    if (view.chunksTotal > 0) parts.push(`${view.chunksDone} of ${view.chunksTotal} ${unitOf(run)}`);
    if (view.bytesDone > 0) parts.push(formatBytes(view.bytesDone));
  }
  return [...parts, formatDuration(elapsedMillis)].join(" · ");
}

/** A rebuild has no chunks: its groups are of restore points. */
function unitOf({ machine }: FollowedRun): string {
  return machine === "rebuild" ? "groups" : "chunks";
}
