/**
 * The closed set of errors. `name` says what a state machine should do and is what ASL's `ErrorEquals` matches;
 * `code` says what happened (open set, kebab-case, stable); `hint` says what to check next.
 * Names are string literals because Lambda reports `error.name` and minifiers rename classes.
 * @module
 */

export interface ErrorDetails {
  /** A full sentence that tells the operator what to check or do next. */
  readonly hint?: string;
  readonly cause?: unknown;
}

export abstract class HoldfastError extends Error {
  /** What happened, e.g. `chunk-digest-mismatch`; docs/RUNBOOK.md has a section for each. */
  readonly code: string;
  readonly hint: string | undefined;

  /** @param message lower case, what was got and what is allowed, no full stop; never a secret. */
  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
  }
}

/** The database cannot be reached or refused the session in a way that may pass: retry with backoff. */
export class SourceUnavailableError extends HoldfastError {
  override readonly name = "SourceUnavailableError";
}

/** S3, KMS, DynamoDB or another store asked for less, or did not answer: retry with backoff and jitter. */
export class StoreThrottledError extends HoldfastError {
  override readonly name = "StoreThrottledError";
}

/** A lock was not granted in time; every session has let go, and the run starts over once. */
export class SourceBusyError extends HoldfastError {
  override readonly name = "SourceBusyError";
}

/** The session that exported the snapshot has ended, or the data is not of that moment: the run starts over once. */
export class SnapshotLostError extends HoldfastError {
  override readonly name = "SnapshotLostError";
}

/** The function's time is up before anything could be kept: the work continues from the recorded cursor. */
export class TimeBudgetError extends HoldfastError {
  override readonly name = "TimeBudgetError";
}

/** Another run of this source holds the lease: this run ends as skipped. */
export class LeaseHeldError extends HoldfastError {
  override readonly name = "LeaseHeldError";
}

/** The object is in an archive tier and has to be thawed before it can be read. */
export class ObjectFrozenError extends HoldfastError {
  override readonly name = "ObjectFrozenError";
}

/** Stored bytes are not what they should be: quarantine and page; never retried away. */
export class IntegrityError extends HoldfastError {
  override readonly name = "IntegrityError";
}

/** The configuration or the input of a run is wrong: fails now. */
export class ConfigurationError extends HoldfastError {
  override readonly name = "ConfigurationError";
}

/** Something outside the configuration stands in the way (privileges, versions, a target that is not empty): fails now. */
export class PreconditionError extends HoldfastError {
  override readonly name = "PreconditionError";
}

/** The operator stopped the run. */
export class CancelledError extends HoldfastError {
  override readonly name = "CancelledError";
}

/** Constructors by name: the closed set, in the order of gravity in which Judge reports them. */
export const errorClasses = {
  IntegrityError,
  ConfigurationError,
  PreconditionError,
  CancelledError,
  SnapshotLostError,
  SourceBusyError,
  ObjectFrozenError,
  SourceUnavailableError,
  StoreThrottledError,
  TimeBudgetError,
  LeaseHeldError,
} as const;

export type ErrorName = keyof typeof errorClasses;

/** The form in which an error is recorded in the catalog, an event or a command's `--json`. */
export interface ErrorRecord {
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** Describes anything thrown; what is not ours becomes `code: "unexpected"` with its own name. */
export function toErrorRecord(error: unknown): ErrorRecord {
  if (error instanceof HoldfastError) {
    const record = { name: error.name, code: error.code, message: error.message };
    return error.hint === undefined ? record : { ...record, hint: error.hint };
  }
  if (error instanceof Error) return { name: error.name, code: "unexpected", message: error.message };
  return { name: "Error", code: "unexpected", message: String(error) };
}

/** Rebuilds the error that a record describes, so that it can be thrown again under its own name. */
export function fromErrorRecord(record: ErrorRecord): Error {
  const details = record.hint === undefined ? {} : { hint: record.hint };
  if (Object.hasOwn(errorClasses, record.name)) {
    return new errorClasses[record.name as ErrorName](record.code, record.message, details);
  }
  const error = new Error(record.message);
  error.name = record.name;
  return error;
}
