/**
 * What the commands ask of a deployed stack: read its catalog, start and describe executions, store a connection.
 * @module
 */
import type { Progress, RestorePoint, Run } from "../../core/catalog/index.ts";
import type { InstallationParameter } from "../../core/config/environment.ts";
import type { Rebuilt } from "../../core/rebuild/judge.ts";

export type MachineName = "backup" | "restore" | "verify" | "compare" | "rebuild";

export interface Installation {
  readonly parameter: InstallationParameter;
  readonly catalog: CatalogView;
  /** Starts an execution under the run's id. @returns its ARN. @throws PreconditionError `machine-missing` */
  start(machine: MachineName, runId: string, input: Readonly<Record<string, unknown>>): Promise<string>;
  describe(executionArn: string): Promise<ExecutionView>;
}

/** Where connections are stored; usable before the first deployment, whose schedules will want them. */
export interface ConnectionStore {
  readonly installation: string;
  readonly isDeployed: boolean;
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
  runs(source: string | undefined, limit: number): Promise<readonly RunView[]>;
  run(runId: string): Promise<RunView | undefined>;
  progress(runId: string): Promise<Progress | undefined>;
}

/** A run without its settings and notes, which are for its own states. */
export type RunView = Pick<Run, "runId" | "kind" | "source" | "status" | "phase" | "executionArn" | "startedAt"> &
  Partial<Pick<Run, "finishedAt" | "restorePointId" | "reason" | "scheduledAt" | "error" | "findings">> & {
    /** What a rebuild of the catalog came to. */
    readonly rebuilt?: Rebuilt;
  };
