/**
 * What a command has to say: the object of `--json` and the text for people are two forms of one result.
 * @module
 */
import { type ErrorRecord, toErrorRecord } from "../core/errors.ts";
import { printable, printableJson } from "../core/text.ts";
import { CommandError } from "./errors.ts";
import { type ExitCode, exitCodeOf, exitCodes } from "./output/exit-codes.ts";
import type { Style } from "./output/style.ts";

export type ResultStatus = "succeeded" | "failed" | "skipped" | "running";

export interface CommandResult {
  readonly exitCode: ExitCode;
  readonly status: ResultStatus;
  /** Further fields of the `--json` object. Undefined ones are left out. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly error?: ErrorRecord;
  /** The error as the run it ended has told it; said in its place to people. */
  readonly line?: string;
  /** For people, on standard output; empty when only the error matters. */
  readonly text: string;
}

/** Bumped when a field of `--json` changes its meaning or goes away; new fields may come at any time. */
const JSON_SCHEMA = 1;

/** The one object of `--json`. */
export function toJson(command: string, result: CommandResult): string {
  const { status, fields, error } = result;
  return printableJson(JSON.stringify({ schema: JSON_SCHEMA, command, status, ...fields, error }));
}

export function succeeded(text: string, fields: Readonly<Record<string, unknown>>): CommandResult {
  return { exitCode: exitCodes.done, status: "succeeded", fields, text };
}

/** The result of anything thrown. */
export function failed(thrown: unknown): CommandResult {
  const error = toCommandError(thrown);
  return { exitCode: exitCodeOf(error.name), status: statusOf(error), fields: {}, error, text: "" };
}

/** An ended wait says nothing about the run, and a held lease is nobody's failure. */
export function statusOf(error: ErrorRecord): ResultStatus {
  if (error.name === "WaitTimeoutError" || error.name === "InterruptedError") return "running";
  return error.name === "LeaseHeldError" ? "skipped" : "failed";
}

/** `holdfast: got and allowed (NameOfError, code)` and the hint below it. */
export function formatError(error: ErrorRecord, style: Style): string {
  const first = `${style.bad("holdfast:")} ${printable(error.message)} ${style.faint(`(${error.name}, ${error.code})`)}`;
  return error.hint === undefined ? first : `${first}\n  ${printable(error.hint)}`;
}

/** `holdfast: what failed: why. What to do.` */
export function formatLine(line: string, style: Style): string {
  return `${style.bad("holdfast:")} ${printable(line)}`;
}

/** As `toErrorRecord`, for the command's own errors too. */
export function toCommandError(thrown: unknown): ErrorRecord {
  if (!(thrown instanceof CommandError)) return toErrorRecord(thrown);
  const record = { name: thrown.name, code: thrown.code, message: thrown.message };
  return thrown.hint === undefined ? record : { ...record, hint: thrown.hint };
}
