/**
 * From what Step Functions hands a Catch back to an error record, and on to the one line that tells how a run has ended.
 * @module
 */
import type { Run, RunKind, RunStatus } from "../catalog/index.ts";
import type { ErrorRecord } from "../errors.ts";
import { printable } from "../text.ts";

/** A message for people; the whole of it is in the logs. */
const LONGEST_MESSAGE = 1000;

/**
 * `cause` is Lambda's payload `{ errorType, errorMessage }`, whose message our functions write as JSON of code, message and
 * hint (lambdas/shared/boundary.ts); for errors of Step Functions or Lambda themselves it is a sentence.
 */
export function parseCause(name: string, cause: string | undefined): ErrorRecord {
  const payload = parseObject(cause);
  const text = stringOf(payload?.errorMessage) ?? cause ?? "";
  const ours = parseObject(text);
  const code = stringOf(ours?.code);
  if (code === undefined) {
    return { name, code: codeOf(name), message: text.slice(0, LONGEST_MESSAGE) || `${name} without a message` };
  }
  const record = { name, code, message: (stringOf(ours?.message) ?? "").slice(0, LONGEST_MESSAGE) };
  const hint = stringOf(ours?.hint);
  return hint === undefined ? record : { ...record, hint };
}

export interface RunEnding {
  readonly kind: RunKind;
  /** Absent where the input named none that could be one. */
  readonly source: string | undefined;
  readonly status: Exclude<RunStatus, "running">;
  readonly error?: ErrorRecord;
  /** Nothing was to be done but to say what would be. */
  readonly isPlanOnly?: boolean;
}

/** Whether a restore was asked for its plan only: its success has restored nothing. */
export function isPlanOnly({ kind, settings }: Pick<Run, "kind" | "settings">): boolean {
  const options = settings.options as { readonly plan?: unknown } | undefined;
  return kind === "restore" && options?.plan === true;
}

/**
 * What has ended, why, and what to do: the one line that the catalog, the console's cause, the alert and the command say
 * alike. One line, whatever a server or a name brought.
 */
export function lineOf({ kind, source, status, error, isPlanOnly = false }: RunEnding): string {
  const what = `${isPlanOnly ? "plan of a restore" : kind} of ${source ?? "an unknown source"} ${status}`;
  if (error === undefined) return what;
  const { name, code, message, hint } = error;
  return printable(`${what}: ${message} (${name}, ${code}). ${hint ?? `Look up ${code} in docs/RUNBOOK.md.`}`);
}

/** Names that are not ours come from AWS: `States.Timeout` → `states-timeout`. */
function codeOf(name: string): string {
  if (!name.includes(".")) return "unexpected";
  return name
    .replaceAll(/([a-z])([A-Z])/g, "$1-$2")
    .replaceAll(".", "-")
    .toLowerCase();
}

function parseObject(text: string | undefined): Readonly<Record<string, unknown>> | undefined {
  if (text === undefined || !text.startsWith("{")) return undefined;
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}

function stringOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
