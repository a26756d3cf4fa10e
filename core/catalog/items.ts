/**
 * What the catalog holds. Every item carries `schema: 1`; times are ISO 8601 in UTC with milliseconds.
 * The catalog is an index that can be rebuilt from the vault's manifests; only runs that are under way live here alone.
 * @module
 */
import type { ErrorRecord } from "../errors.ts";

export const SCHEMA = 1;
/** Of the conversation between the states of a run; workers of another protocol refuse. */
export const PROTOCOL = 1;
/** Step Functions keeps executions for 90 days; a run's items go with them. */
export const RUN_DAYS = 90;

export type RunKind = "backup" | "verify" | "restore" | "compare" | "rebuild";
export type RunStatus = "running" | "succeeded" | "failed" | "skipped";
export type Settings = Readonly<Record<string, unknown>>;

/** One thing that is not as it should be: `where` names an object of the vault or of the database. */
export interface Finding {
  readonly where: string;
  readonly code: string;
  readonly message: string;
}

export interface Run {
  readonly runId: string;
  readonly kind: RunKind;
  readonly source: string;
  readonly status: RunStatus;
  /** What the run is about just now, e.g. `dumping`; words of the kind's own state machine. */
  readonly phase: string;
  /** Counts the run's beginnings: 1, and 2 after it has started over. Items of an earlier one are ignored. */
  readonly epoch: number;
  readonly protocol: number;
  readonly executionArn: string;
  /** Set when the run holds a lease, and on what. */
  readonly leaseOn?: string;
  readonly restorePointId?: string;
  readonly reason?: string;
  /** Who started it, as they say; CloudTrail's StartExecution is the proof. */
  readonly author?: string;
  readonly scheduledAt?: string;
  /** The configuration as it was when the run began: a deploy in between changes nothing for it. */
  readonly settings: Settings;
  readonly startedAt: string;
  /** Moved on by every worker; holders of a snapshot let go when it stands still. */
  readonly heartbeatAt: string;
  readonly finishedAt?: string;
  /** When people and programs were told of its end. */
  readonly toldAt?: string;
  /** Numbers of chunks given out so far; the next split takes the following one. */
  readonly chunkCounter?: number;
  /** Of the planned chunks, 1 to `chunksPlanned`, those up to `chunksTaken` have been handed out. */
  readonly chunksPlanned?: number;
  readonly chunksTaken?: number;
  readonly error?: ErrorRecord;
  /** How it has ended, for people: the same words as in the alert and in the execution's cause. */
  readonly line?: string;
  readonly findings?: readonly Finding[];
  /** Small facts that states hand on, e.g. the server's identity; never rows, never names of tables. */
  readonly notes?: Settings;
}

export interface Chunk<Body = Settings, Winner = Settings> {
  readonly n: number;
  readonly epoch: number;
  /** What is to be done, in the words of the kind of run. */
  readonly body: Body;
  readonly bytesEstimate: number;
  readonly attempts: number;
  /** Bytes of text so far in the attempt under way. */
  readonly progressBytes: number;
  readonly winner?: Winner;
  /** Sizes of the winner, summed up by `progress`. */
  readonly plainBytes?: number;
  readonly storedBytes?: number;
  readonly rows?: number;
  /** The chunk that has what this one had no time for. */
  readonly next?: number;
  /** The chunk that was taken by whoever was done with this one. */
  readonly after?: number;
}

/** How far a chunk is, without what it is and what its winner wrote: of 100,000 chunks a fraction of the bytes. */
export interface ChunkState
  extends Pick<Chunk, "n" | "epoch" | "progressBytes" | "plainBytes" | "storedBytes" | "rows" | "next"> {
  readonly isWon: boolean;
}

export interface Snapshot {
  readonly n: number;
  readonly epoch: number;
  readonly snapshotId: string;
  readonly publishedAt: string;
  /** When the session that exported it wants to end. */
  readonly handoverAt: string;
  /** Only on the first of an epoch: what was true at its moment. */
  readonly base?: Settings;
}

export interface Failure {
  readonly epoch: number;
  /** `chunk 7`, `hold`, … */
  readonly where: string;
  readonly at: string;
  readonly error: ErrorRecord;
}

/** What the server says of itself; null where the host does not let it be read. */
export interface DatabaseIdentity {
  readonly systemIdentifier: string | null;
  readonly databaseOid: number;
}

export interface RestorePoint {
  readonly restorePointId: string;
  readonly source: string;
  readonly kind: string;
  /** `available`; `quarantined` once a run has found damage; `missing` when the vault has its manifest no more. */
  readonly status: "available" | "quarantined" | "missing";
  /** Of one that is missing: it was found damaged before. */
  readonly wasQuarantined?: boolean;
  readonly runId: string;
  readonly startedAt: string;
  readonly committedAt: string;
  /** Of the manifest's object as it was committed, hex: another one under the same name is no restore point of ours. */
  readonly manifestSha256?: string;
  readonly plainBytes: number;
  readonly storedBytes: number;
  readonly tables: number;
  readonly rows: number;
  readonly chunks: number;
  readonly database: string;
  readonly serverVersion: string;
  /** Which database it was; another one under the same source is no continuation. */
  readonly identity?: DatabaseIdentity;
  readonly verified?: { readonly level: string; readonly at: string; readonly isValid: boolean };
  /** Of one that does not hold the whole database: what the source's configuration left out. */
  readonly parts?: string;
  readonly warnings: readonly string[];
}

export interface Progress {
  readonly phase: string;
  readonly chunksDone: number;
  readonly chunksTotal: number;
  /** Of text, attempts under way included. */
  readonly bytesDone: number;
  readonly storedBytes: number;
  readonly rows: number;
}
