/**
 * One run from its start to its end, as the operator sees it.
 * @module
 */
import type { ErrorRecord } from "../../core/errors.ts";
import { newRunId } from "../../core/ids.ts";
import { UsageError } from "../errors.ts";
import type { Installation, MachineName, RunView } from "../installation/port.ts";
import { parseDuration } from "../output/units.ts";
import type { Session } from "../session.ts";
import { followRun } from "./follow.ts";
import { outcomeOf } from "./outcome.ts";

export interface RunRequest {
  readonly machine: MachineName;
  readonly source: string;
  readonly input: Readonly<Record<string, unknown>>;
}

export interface RunOptions {
  /** `90s`, `30m`, `2h`; absent: as long as it takes. */
  readonly timeout?: string;
  /** False by `--no-wait`. */
  readonly wait: boolean;
}

/** How a run has ended, or that it goes on. */
export interface RunReport {
  readonly runId: string;
  readonly executionArn: string;
  readonly status: "succeeded" | "failed" | "skipped" | "running";
  readonly startedAt: string;
  readonly finishedAt?: string;
  readonly restorePointId?: string;
  readonly error?: ErrorRecord;
  /** How it has ended and what to do, as the catalog, the alert and the execution's cause have it. */
  readonly line?: string;
  readonly run?: RunView;
}

/**
 * Starts the machine under a new run id and follows it to its end.
 * @throws UsageError `invalid-timeout`. A failed, timed-out or interrupted wait is a report, not an error.
 */
export async function startRun(
  session: Session,
  installation: Installation,
  request: RunRequest,
  options: RunOptions,
): Promise<RunReport> {
  const timeoutMillis = readTimeout(options.timeout);
  const { world } = session;
  const startedAt = world.clock();
  const runId = newRunId(request.source, startedAt, world.random);
  const executionArn = await installation.start(request.machine, runId, { source: request.source, ...request.input });
  const begun = { runId, executionArn, startedAt: startedAt.toISOString() };
  if (!options.wait) return { ...begun, status: "running" };
  const { machine, source } = request;
  const end = await followRun(session, installation, { ...begun, machine }, timeoutMillis);
  return { ...begun, ...(await outcomeOf(installation, { runId, machine, source }, end)) };
}

/** Follows a run that somebody else has started, a schedule for example. */
export async function joinRun(
  session: Session,
  installation: Installation,
  run: RunView,
  timeout: string | undefined,
): Promise<RunReport> {
  const { runId, executionArn, startedAt, source, kind: machine } = run;
  const end = await followRun(session, installation, { runId, executionArn, machine }, readTimeout(timeout));
  const { finishedAt, ...outcome } = await outcomeOf(installation, { runId, machine, source }, end);
  const endedAt = outcome.run?.finishedAt ?? finishedAt;
  return { runId, executionArn, startedAt, ...outcome, ...(endedAt === undefined ? {} : { finishedAt: endedAt }) };
}

function readTimeout(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const millis = parseDuration(text);
  if (millis !== undefined && millis > 0) return millis;
  throw new UsageError(
    "invalid-timeout",
    `--timeout is ${JSON.stringify(text)}, allowed is a number with s, m, h or d`,
  );
}
