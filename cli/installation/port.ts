/**
 * What the commands ask of a deployed stack: read its catalog, start and describe executions, store a connection.
 * @module
 */
import type { InstallationParameter } from "../../core/config/environment.ts";
import type { ErrorRecord } from "../../core/errors.ts";

export type MachineName = "backup" | "restore" | "verify" | "compare";

export interface Installation {
  readonly parameter: InstallationParameter;
  readonly catalog: CatalogView;
  /** Starts an execution under the run's id. @returns its ARN. @throws PreconditionError `machine-missing` */
  start(machine: MachineName, runId: string, input: Readonly<Record<string, unknown>>): Promise<string>;
  describe(executionArn: string): Promise<ExecutionView>;
  /** Creates the secret, or replaces its value if that is allowed. @throws PreconditionError `connection-exists` */
  storeConnection(name: string, secret: string, mayReplace: boolean): Promise<StoredConnection>;
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
  restorePoints(source: string | undefined): Promise<readonly RestorePointView[]>;
  restorePoint(restorePointId: string, source: string | undefined): Promise<RestorePointView | undefined>;
  /** Newest first. */
  runs(source: string | undefined, limit: number): Promise<readonly RunView[]>;
  run(runId: string): Promise<RunView | undefined>;
  progress(runId: string): Promise<ProgressView | undefined>;
}

export interface RestorePointView {
  readonly restorePointId: string;
  readonly source: string;
  readonly kind: string;
  readonly status: string;
  readonly runId?: string;
  readonly startedAt?: string;
  readonly committedAt?: string;
  readonly plainBytes?: number;
  readonly storedBytes?: number;
  readonly tables?: number;
  readonly rows?: number;
  readonly chunks?: number;
  readonly database?: string;
  readonly serverVersion?: string;
  readonly verified?: { readonly level: string; readonly at: string; readonly isValid: boolean };
  readonly warnings?: readonly string[];
}

export interface RunView {
  readonly runId: string;
  readonly source: string;
  readonly verb: string;
  readonly status: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
  readonly restorePointId?: string;
  readonly error?: ErrorRecord;
  /** What the machine has found, e.g. the issues of a verification or the differences of a comparison. */
  readonly findings?: readonly Finding[];
}

/** One thing that is not as it should be: `where` names the object of the vault or of the database. */
export interface Finding {
  readonly where: string;
  readonly code: string;
  readonly message: string;
}

export interface ProgressView {
  readonly phase: string;
  readonly chunksDone: number;
  readonly chunksTotal: number;
  readonly bytesDone: number;
}
