/**
 * The beginning of every run: its input checked, its lease taken, its settings frozen in the catalog.
 * @module
 */
import { type AuditLog, startOfRun } from "../audit/index.ts";
import {
  type Catalog,
  type Run,
  type RunKind,
  runEnded,
  type Settings,
  type Subject,
  sourceKey,
} from "../catalog/index.ts";
import { type HoldfastConfig, PUBLIC_NETWORK, type WorkersByNetwork } from "../config/index.ts";
import { ConfigurationError, PreconditionError } from "../errors.ts";
import type { Clock, RandomBytes } from "../ids.ts";
import { endAbandoned } from "./abandoned.ts";
import { type Execution, runIdOf } from "./identity.ts";

/** The contract of every state machine. */
export interface RunInput {
  readonly source: string;
  readonly reason?: string | undefined;
  /** Who started it, as they say. */
  readonly author?: string | undefined;
  /** Set by schedules: the same moment delivered twice is one run. */
  readonly scheduledAt?: string | undefined;
  readonly options?: Readonly<Record<string, unknown>> | undefined;
}

export interface BeginContext {
  readonly catalog: Catalog;
  readonly config: HoldfastConfig;
  readonly workers: WorkersByNetwork;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly audit: AuditLog;
}

/** What a kind of run makes of its input: the rest is the same for all. */
export interface Prepared {
  /** Frozen for the whole run. */
  readonly settings: Settings;
  readonly restorePointId: string;
  /** Whose workers the run needs; absent: none, `public` for no network. */
  readonly network?: string;
  /** Only one run at a time may hold it. */
  readonly leaseOn?: Subject;
}

/** @throws ConfigurationError, PreconditionError */
export type Prepare = (input: RunInput, context: BeginContext) => Promise<Prepared> | Prepared;

/** What states hand on: some hundred bytes. */
export interface Begun {
  readonly runId: string;
  readonly source: string;
  readonly restorePointId: string;
  readonly epoch: number;
  /** Verb → function version, of the network in question. */
  readonly workers: Readonly<Record<string, string>>;
}

/**
 * Idempotent per execution: of two at once both go on with the run that the first has begun. The lease is taken last, so that
 * what is refused for its input never blocks another run; a call that comes after the run's end gives it back at once.
 * @throws LeaseHeldError; CancelledError `run-ended`; PreconditionError `run-id-taken`; ConfigurationError `unknown-source`, `unknown-network`; what `prepare` throws.
 */
export async function beginRun(
  request: { readonly kind: RunKind; readonly execution: Execution; readonly input: RunInput },
  prepare: Prepare,
  context: BeginContext,
): Promise<Begun> {
  const { kind, execution, input } = request;
  const { catalog } = context;
  const runId = runIdOf(execution, input.source);
  const known = await catalog.runs.get(runId);
  if (known !== undefined) assertOurs(known, execution);
  const prepared = known === undefined ? await prepare(input, context) : preparedBefore(known);
  const workers = workersOf(prepared.network, context.workers);
  const { settings, restorePointId, leaseOn, network } = prepared;
  const optional = {
    ...(leaseOn === undefined ? {} : { leaseOn }),
    ...(input.reason === undefined ? {} : { reason: input.reason }),
    ...(input.author === undefined ? {} : { author: input.author }),
    ...(input.scheduledAt === undefined ? {} : { scheduledAt: input.scheduledAt }),
  };
  if (leaseOn !== undefined) {
    await endAbandoned(leaseOn, execution.arn, catalog, context.clock);
    const moment = input.scheduledAt === undefined ? {} : { scheduledAt: input.scheduledAt };
    await catalog.leases.take({ subject: leaseOn, runId, owner: execution.arn, ...moment });
  }
  const run = await catalog.runs.begin({
    runId,
    kind,
    phase: "preparing",
    executionArn: execution.arn,
    settings: network === undefined ? settings : { ...settings, network },
    restorePointId,
    ...optional,
  });
  try {
    assertOurs(run, execution);
  } catch (error) {
    if (leaseOn !== undefined) await catalog.leases.release(leaseOn, execution.arn);
    throw error;
  }
  // Nothing is done that is not on record: a run whose beginning cannot be written ends here.
  await context.audit.write(startOfRun(run, context.config.installation));
  return begunOf(run, workers);
}

function assertOurs(run: Run, execution: Execution): void {
  if (run.executionArn !== execution.arn) {
    throw new PreconditionError("run-id-taken", `run ${run.runId} belongs to execution ${run.executionArn}`, {
      hint: "Start the execution again under another name, or without one.",
    });
  }
  if (run.status !== "running") throw runEnded(run.runId);
}

export function begunOf(run: Run, workers: Readonly<Record<string, string>>): Begun {
  const { runId, source, epoch } = run;
  return { runId, source, epoch, restorePointId: run.restorePointId ?? "", workers };
}

/** @throws ConfigurationError `unknown-network` when nothing is deployed for it. */
export function workersOf(network: string | undefined, all: WorkersByNetwork): Readonly<Record<string, string>> {
  if (network === undefined) return {};
  const workers = Object.hasOwn(all, network) ? all[network] : undefined;
  if (workers !== undefined) return workers;
  const allowed = Object.keys(all).join(", ") || "none";
  throw new ConfigurationError("unknown-network", `network is ${network}, deployed are ${allowed}`, {
    hint: "Deploy the configuration that names this network.",
  });
}

/** The source as configured. @throws ConfigurationError `unknown-source` */
export function sourceOf(config: HoldfastConfig, id: string) {
  const source = Object.hasOwn(config.sources, id) ? config.sources[id] : undefined;
  if (source === undefined) {
    const allowed = Object.keys(config.sources).join(", ") || "none";
    throw new ConfigurationError("unknown-source", `source is ${id}, configured are ${allowed}`, {
      hint: "Add it to holdfast.config.ts and deploy, or correct the name.",
    });
  }
  return { ...source, network: source.network ?? PUBLIC_NETWORK };
}

function preparedBefore(run: Run): Prepared {
  const { network } = run.settings;
  return {
    settings: run.settings,
    restorePointId: run.restorePointId ?? "",
    ...(typeof network === "string" ? { network } : {}),
    ...(run.leaseOn === undefined ? {} : { leaseOn: sourceKeyOrTarget(run.leaseOn) }),
  };
}

function sourceKeyOrTarget(subject: string): Subject {
  return subject.startsWith("TARGET#") ? `TARGET#${subject.slice(7)}` : sourceKey(subject.slice(7));
}
