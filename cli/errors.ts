/**
 * What can go wrong in the command itself; everything else is one of core's closed set.
 * @module
 */

export abstract class CommandError extends Error {
  readonly code: string;
  readonly hint: string | undefined;

  /** @param message lower case, what was got and what is allowed; never a secret. */
  constructor(code: string, message: string, hint?: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

/** The command line is not understood. Nothing was asked of the installation. */
export class UsageError extends CommandError {
  override readonly name = "UsageError";
}

/** `--timeout` is over before the run is; the run goes on. */
export class WaitTimeoutError extends CommandError {
  override readonly name = "WaitTimeoutError";
}

/** The operator stopped the command, not the run. */
export class InterruptedError extends CommandError {
  override readonly name = "InterruptedError";
}
