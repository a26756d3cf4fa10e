/**
 * What a script may rely on: docs/CLI.md lists these, and they do not change their meaning.
 * @module
 */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  refused: 3,
  integrity: 4,
  skipped: 5,
  timedOut: 6,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** By name, because most errors reach the command as the record a run has left behind. */
const codeOfName: Readonly<Record<string, ExitCode>> = {
  UsageError: exitCodes.usage,
  ConfigurationError: exitCodes.refused,
  PreconditionError: exitCodes.refused,
  IntegrityError: exitCodes.integrity,
  LeaseHeldError: exitCodes.skipped,
  WaitTimeoutError: exitCodes.timedOut,
  InterruptedError: exitCodes.interrupted,
};

/** The exit code for an error of this name; whatever is not listed has simply failed. */
export function exitCodeOf(errorName: string): ExitCode {
  return codeOfName[errorName] ?? exitCodes.failed;
}
