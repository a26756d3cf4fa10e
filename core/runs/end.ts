/**
 * The end of every run: recorded once, told to people and programs, its lease given back.
 * @module
 */
import { type AuditLog, endOfRun } from "../audit/index.ts";
import {
  type Catalog,
  type Finding,
  type Run,
  type RunKind,
  type RunStatus,
  runEnded,
  type Settings,
  sourceKey,
} from "../catalog/index.ts";
import { type ErrorRecord, HoldfastError } from "../errors.ts";
import { printable } from "../text.ts";
import { abandonedUntold } from "./abandoned.ts";
import { isPlanOnly, lineOf } from "./failure.ts";
import { figuresOf, type RunFigures } from "./figures.ts";
import { type Execution, runIdOf } from "./identity.ts";

export interface EndRequest {
  readonly kind: RunKind;
  readonly execution: Execution;
  /** As the state machine was started; may be anything when that is what the run failed for. */
  readonly input: unknown;
  readonly status: Exclude<RunStatus, "running">;
  readonly error?: ErrorRecord;
  readonly findings?: readonly Finding[];
  /** The execution came as far as to show its line: then people have been told. Of a run that is filed the catalog knows. */
  readonly isShown?: boolean;
}

export interface EndContext {
  readonly catalog: Catalog;
  readonly installation: string;
  readonly audit: AuditLog;
  sendAlert(subject: string, message: string): Promise<void>;
  sendEvent(detailType: string, detail: Settings): Promise<void>;
  /** Figures of a run that has ended; may be given twice when a function ended between telling and noting that it told. */
  measure(figures: RunFigures): void;
}

/** The output of every state machine; the line is what its Fail state shows. */
export interface Ended {
  readonly runId: string;
  readonly restorePointId: string;
  readonly status: Exclude<RunStatus, "running">;
  readonly error?: ErrorRecord;
  readonly line: string;
}

const VERBS: Readonly<Record<EndRequest["status"], string>> = {
  succeeded: "completed",
  failed: "failed",
  skipped: "skipped",
};

/**
 * Idempotent: the first end counts and is returned ever after; alert and event are sent again until they were sent once, and the audit
 * record is written until it is there: a run whose record cannot be written has ended in the catalog as it did, and its execution fails.
 * @throws CancelledError `run-ended` when a run that has ended otherwise was to be recorded as succeeded
 */
export async function endRun(request: EndRequest, context: EndContext): Promise<Ended> {
  const run = await ensureRun(request, context.catalog);
  if (run === undefined) {
    if (request.isShown !== true) await tell(request, undefined, context);
    await context.audit.write(endOfRun(request, undefined, context.installation));
    return endedOf(request, undefined);
  }
  const { status, error, findings } = request;
  await context.catalog.runs.finish(run.runId, {
    status,
    line: lineOf({ ...request, source: run.source, isPlanOnly: isPlanOnly(run) }),
    ...(error === undefined ? {} : { error }),
    ...(findings === undefined ? {} : { findings }),
  });
  const ended = await context.catalog.runs.expect(run.runId);
  // As the catalog has it: what a later call says of its error is not why the run ended.
  const { kind, execution, input } = request;
  const end: EndRequest = { kind, execution, input, ...endOf(ended) };
  await tellOnce(end, ended, context);
  // Last, when all else is safe: written again by every call, which makes one record.
  await context.audit.write(endOfRun(end, ended, context.installation));
  for (const abandoned of await abandonedUntold(ended.source, context.catalog)) {
    const { kind, executionArn: arn, startedAt } = abandoned;
    const execution = { arn, name: arn.split(":").at(-1) ?? "", startedAt };
    const request = { kind, execution, input: undefined, ...endOf(abandoned) };
    // First, for who was told of is not found again.
    await context.audit.write(endOfRun(request, abandoned, context.installation));
    await tellOnce(request, abandoned, context);
  }
  // The machine's output would say so in spite of the catalog, of alerts and of events.
  if (status === "succeeded" && ended.status !== "succeeded") throw runEnded(ended.runId);
  return endedOf(end, ended);
}

async function tellOnce(request: EndRequest, run: Run, context: EndContext): Promise<void> {
  if (run.toldAt !== undefined) return;
  await tell(request, run, context);
  await context.catalog.runs.markTold(run.runId);
}

/** The run, or one made just to be ended when Resolve failed before it could; none when there is no source to file it under. */
async function ensureRun({ kind, execution, input }: EndRequest, catalog: Catalog): Promise<Run | undefined> {
  const source = (input as { source?: unknown } | null)?.source;
  if (typeof source !== "string") return undefined;
  try {
    const runId = runIdOf(execution, source);
    const known = await catalog.runs.get(runId);
    // Another execution's of the same name: that one goes on.
    if (known !== undefined && known.executionArn !== execution.arn) return undefined;
    if (known !== undefined) return known;
    // Resolve may have died between taking the lease and beginning the run: the end gives back what is this execution's.
    const lease = kind === "backup" ? { leaseOn: sourceKey(source) } : {};
    return await catalog.runs.begin({
      runId,
      kind,
      phase: "refused",
      executionArn: execution.arn,
      settings: {},
      ...lease,
    });
  } catch (error) {
    if (error instanceof HoldfastError && error.code === "invalid-id") return undefined;
    throw error;
  }
}

function endOf(run: Run): Pick<EndRequest, "status" | "error"> {
  const status = run.status === "running" ? "failed" : run.status;
  return run.error === undefined ? { status } : { status, error: run.error };
}

/** Each whatever becomes of the others: an event bus that refuses keeps no alert from people. @throws what the first of them threw */
async function tell(request: EndRequest, run: Run | undefined, context: EndContext): Promise<void> {
  const told = await Promise.allSettled([
    alert(request, run, context),
    announce(request, run, context),
    figuresOf(request, run, context.catalog).then((figures) => context.measure(figures)),
  ]);
  for (const result of told) if (result.status === "rejected") throw result.reason;
}

async function alert(request: EndRequest, run: Run | undefined, context: EndContext): Promise<void> {
  const { kind, status } = request;
  if (status === "failed") await context.sendAlert(subjectOf(request, run, context.installation), bodyOf(request, run));
  const urgent = urgentOf(run);
  const [first] = urgent;
  if (status === "succeeded" && first !== undefined) {
    const subject = `Holdfast ${context.installation}: ${kind} of ${run?.source} succeeded, ${first.code}`;
    const codes = [...new Set(urgent.map(({ code }) => code))].join(", ");
    const messages = urgent.map(({ message }) => message).join("\n");
    await context.sendAlert(subject, `${messages}\n\nrun: ${run?.runId}\nWhat to do: docs/RUNBOOK.md, ${codes}`);
  }
}

async function announce(request: EndRequest, run: Run | undefined, context: EndContext): Promise<void> {
  const { kind, status, error } = request;
  const verb = status === "succeeded" && run !== undefined && isPlanOnly(run) ? "planned" : VERBS[status];
  await context.sendEvent(`holdfast.${kind}.${verb}`, {
    installation: context.installation,
    kind,
    status,
    source: run?.source,
    runId: run?.runId,
    restorePointId: run?.restorePointId,
    error,
    line: lineOfEnd(request, run),
  });
}

interface Told {
  readonly code: string;
  readonly message: string;
}

/** What people have to see of a backup although it has succeeded. */
const URGENT: ReadonlySet<unknown> = new Set(["another-database", "restore-point-missing", "manifest-missing"]);

function urgentOf(run: Run | undefined): readonly Told[] {
  const warnings = (run?.notes?.warnings ?? []) as readonly Told[];
  return [...warnings, ...(run?.findings ?? [])].filter(({ code }) => URGENT.has(code));
}

function subjectOf({ kind, error }: EndRequest, run: Run | undefined, installation: string): string {
  return `Holdfast ${installation}: ${kind} of ${run?.source ?? "an unknown source"} failed, ${error?.code ?? "unknown"}`;
}

/** As the catalog has it. */
function lineOfEnd(request: EndRequest, run: Run | undefined): string {
  return run?.line ?? lineOf({ ...request, source: run?.source });
}

/** Names of databases are others'. */
function textOf(note: unknown): string | undefined {
  return typeof note === "string" ? printable(note) : undefined;
}

/** The line first: a telephone shows no more of a message. */
function bodyOf(request: EndRequest, run: Run | undefined): string {
  const { execution, error } = request;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ["source", run?.source],
    ["run", run?.runId],
    ["phase", run?.phase],
    ["begun", run?.startedAt ?? execution.startedAt],
    ["ended", run?.finishedAt],
    ["execution", execution.arn],
    ["left behind", textOf(run?.notes?.leftBehind)],
  ];
  return [
    lineOfEnd(request, run),
    "",
    ...facts.filter(([, value]) => value !== undefined).map(([name, value]) => `${name}: ${value}`),
    "",
    ...alsoFound(request, run),
    ...(run === undefined
      ? ["There is no run in the catalog, for the input named no source that could be one."]
      : [`More: holdfast show ${run.runId}`, `Logs: holdfast logs ${run.runId} --errors`]),
    `What to do: docs/RUNBOOK.md, section ${error?.code ?? "unexpected"}`,
  ].join("\n");
}

/** What a backup has found of others before it failed: no later run tells of it again. */
function alsoFound({ kind, error }: EndRequest, run: Run | undefined): string[] {
  if (kind !== "backup") return [];
  const others = urgentOf(run).filter(({ message }) => error?.message.includes(message) !== true);
  return others.map(({ code, message }) => `also: ${message} (${code})`);
}

function endedOf(request: EndRequest, run: Run | undefined): Ended {
  const { status, error } = request;
  const line = lineOfEnd(request, run);
  const ended = { runId: run?.runId ?? "", restorePointId: run?.restorePointId ?? "", status, line };
  return error === undefined ? ended : { ...ended, error };
}
