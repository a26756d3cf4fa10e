/**
 * Why a run ended as it did: the catalog's own record first, because it carries code and hint; else what Step Functions says.
 * @module
 */
import type { ErrorRecord } from "../../core/errors.ts";
import { lineOf } from "../../core/runs/failure.ts";
import type { ExecutionView, Installation, MachineName, RunView } from "../installation/port.ts";
import type { RunEnd } from "./follow.ts";
import type { RunReport } from "./start.ts";

type Outcome = Omit<RunReport, "runId" | "executionArn" | "startedAt">;

export interface EndedRun {
  readonly runId: string;
  readonly machine: MachineName;
  readonly source: string;
}

export async function outcomeOf(installation: Installation, ended: EndedRun, end: RunEnd): Promise<Outcome> {
  if (end.kind === "left") return { status: "running", error: end.reason };
  const { runId, machine: kind, source } = ended;
  const run = await installation.catalog.run(runId);
  const output = parseOutput(end.execution.output);
  const error = errorOf(end.execution, output, run);
  const status = end.execution.status === "succeeded" && error === undefined ? "succeeded" : statusAfter(output, error);
  // Of a run that could not be recorded nobody has made the line yet.
  const line = run?.line ?? lineOf({ kind, source, status, ...(error === undefined ? {} : { error }) });
  return {
    status,
    line,
    finishedAt: end.finishedAt,
    ...definedId(run?.restorePointId ?? output.restorePointId),
    ...(error === undefined ? {} : { error }),
    ...(run === undefined ? {} : { run }),
  };
}

interface MachineOutput {
  readonly status?: string;
  readonly restorePointId?: string;
  readonly error?: ErrorRecord;
}

function statusAfter(output: MachineOutput, error: ErrorRecord | undefined): Exclude<RunReport["status"], "running"> {
  if (output.status === "skipped" || error?.name === "LeaseHeldError") return "skipped";
  return error === undefined ? "succeeded" : "failed";
}

function errorOf(execution: ExecutionView, output: MachineOutput, run: RunView | undefined): ErrorRecord | undefined {
  if (execution.status === "succeeded") {
    if (output.status === undefined || output.status === "succeeded") return undefined;
    return (
      output.error ?? run?.error ?? { name: "Error", code: output.status, message: `the run ended as ${output.status}` }
    );
  }
  if (run?.error !== undefined) return run.error;
  if (execution.status === "aborted") {
    return { name: "CancelledError", code: "execution-stopped", message: "the execution was stopped" };
  }
  if (execution.status === "timed-out") {
    const hint = "The limit is `limits.longestRunMinutes` of the configuration.";
    return { name: "States.Timeout", code: "run-timed-out", message: "the run took longer than allowed", hint };
  }
  return { name: execution.error ?? "Error", code: "unexpected", message: messageOf(execution.cause) };
}

/** The cause of a failed Lambda task is JSON with an `errorMessage`; a Fail state's is the text itself. */
function messageOf(cause: string | undefined): string {
  if (cause === undefined || cause === "") return "the execution failed without a cause";
  const parsed = parseObject(cause);
  const message = parsed?.errorMessage ?? parsed?.message;
  return typeof message === "string" ? message : cause;
}

function parseOutput(text: string | undefined): MachineOutput {
  return (text === undefined ? undefined : parseObject(text)) ?? {};
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** A run that was skipped before it had one says so by an empty id: a state machine's output always has the field. */
function definedId(restorePointId: string | undefined): { restorePointId?: string } {
  return restorePointId ? { restorePointId } : {};
}
