/**
 * What the commands ask of a deployed stack: read its catalog, start and describe executions, store a connection.
 * @module
 */
import type { AuditEntry, AuditRange } from "../../core/audit/index.ts";
import type { Progress, RestorePoint, Run } from "../../core/catalog/index.ts";
import type { InstallationParameter } from "../../core/config/environment.ts";
import type { Rebuilt } from "../../core/rebuild/judge.ts";
import type { PlanRow } from "../../core/restore/plan/rows.ts";

export type MachineName = "backup" | "restore" | "verify" | "compare" | "rebuild";

export interface Installation {
  readonly parameter: InstallationParameter;
  readonly catalog: CatalogView;
  /** Starts an execution under the run's id, in the caller's name. @returns its ARN. @throws PreconditionError `machine-missing` */
  start(machine: MachineName, runId: string, input: Readonly<Record<string, unknown>>): Promise<string>;
  describe(executionArn: string): Promise<ExecutionView>;
  /** What the functions have logged, in the order it arrived. @throws PreconditionError `no-log-group` */
  logs(query: LogQuery): Promise<FoundLogs>;
  /** Oldest first. */
  audit(range: AuditRange): Promise<readonly AuditEntry[]>;
}

export interface LogQuery {
  readonly from: Date;
  readonly to: Date | undefined;
  /** An id, without quotes: lines that have it anywhere. */
  readonly containing: string;
}

export interface LogEvent {
  readonly at: Date;
  readonly message: string;
  /** One container of one function. */
  readonly stream: string;
}

export interface FoundLogs {
  readonly events: readonly LogEvent[];
  readonly isCut: boolean;
}

/** Where connections are stored; usable before the first deployment, whose schedules will want them. */
export interface ConnectionStore {
  readonly installation: string;
  readonly isDeployed: boolean;
  /** What the deployed configuration connects by, where that is known. */
  readonly used: readonly string[] | undefined;
  /** Creates the secret, or replaces its value if that is allowed. @throws PreconditionError `connection-exists` */
  store(name: string, secret: string, mayReplace: boolean): Promise<StoredConnection>;
}

export interface StoredConnection {
  readonly secretName: string;
  readonly isReplaced: boolean;
}

export interface ExecutionView {
  readonly status: "running" | "succeeded" | "failed" | "timed-out" | "aborted";
  /** JSON text, once it has succeeded. */
  readonly output?: string;
  /** ASL's error name and cause, once it has failed. */
  readonly error?: string;
  readonly cause?: string;
}

/** The catalog as the commands see it. */
export interface CatalogView {
  /** Newest first. */
  restorePoints(source: string | undefined): Promise<readonly RestorePoint[]>;
  restorePoint(restorePointId: string, source: string | undefined): Promise<RestorePoint | undefined>;
  /** Newest first. */
  runs(source: string | undefined, limit: number, filter?: RunFilter): Promise<readonly RunView[]>;
  run(runId: string): Promise<RunView | undefined>;
  progress(runId: string): Promise<Progress | undefined>;
}

/** What is not given is not asked for. */
export interface RunFilter {
  readonly status?: Run["status"] | undefined;
  readonly kind?: Run["kind"] | undefined;
  readonly since?: Date | undefined;
}

/** A run without its settings and notes, which are for its own states. */
export type RunView = Pick<Run, "runId" | "kind" | "source" | "status" | "phase" | "executionArn" | "startedAt"> &
  Partial<
    Pick<Run, "finishedAt" | "restorePointId" | "reason" | "author" | "scheduledAt" | "error" | "line" | "findings">
  > & {
    /** What a rebuild of the catalog came to. */
    readonly rebuilt?: Rebuilt;
    /** Of a restore that was not asked for everything: what it was asked for. */
    readonly parts?: string;
    /** Of a restore that was asked for its plan only. */
    readonly plan?: readonly PlanRow[];
    /** Of a restore: what was left out, refused by the server or made otherwise. */
    readonly warnings?: readonly string[];
    /** Of a restore that has failed: what is in the target now, and how to be rid of it. */
    readonly leftBehind?: string;
  };
