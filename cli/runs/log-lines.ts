/**
 * Lines of a log as functions write them, and as people read them.
 * @module
 */
import { printable } from "../../core/text.ts";
import type { LogEvent } from "../installation/port.ts";
import type { Style } from "../output/style.ts";

export interface LogLine {
  /** ISO 8601, as the function itself wrote it; Lambda's own lines have the time they arrived. */
  readonly at: string;
  /** The function's verb, `dump-chunk`; absent of what Lambda itself says. */
  readonly function?: string;
  readonly level: string;
  readonly message: string;
  readonly requestId?: string;
  readonly chunk?: number;
  /** Whatever else the line says. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Said in columns, or the same for every line of a run. */
const SHOWN_APART: ReadonlySet<string> = new Set([
  "stack",
  "sampling_rate",
  "xray_trace_id",
  "runId",
  "source",
  "kind",
]);
const ALSO_APART: ReadonlySet<string> = new Set(["restorePointId", "epoch", "attempt"]);
const LEVELS_OF_TROUBLE: ReadonlySet<string> = new Set(["WARN", "ERROR", "CRITICAL", "FATAL"]);
/** The longest verb, `compare-tables` or `finish-restore`. */
const FUNCTION_WIDTH = 15;

/** @returns undefined for metrics, which are lines too, and for what is not ours. */
export function parseLine({ message, at }: LogEvent): LogLine | undefined {
  const parsed = parseObject(message);
  if (parsed === undefined || parsed._aws !== undefined || typeof parsed.message !== "string") return undefined;
  const { timestamp, level, service, message: text, requestId, chunk, ...fields } = parsed;
  return {
    at: typeof timestamp === "string" ? timestamp : at.toISOString(),
    ...(typeof service === "string" ? { function: service } : {}),
    level: typeof level === "string" ? level : "INFO",
    message: text as string,
    ...(typeof requestId === "string" ? { requestId } : {}),
    ...(typeof chunk === "number" ? { chunk } : {}),
    fields,
  };
}

/** Lambda's report of a call that ended without a word of the function's own: out of time, out of memory, killed. */
export function parseDeath({ message, at }: LogEvent, silent: LogLine): LogLine | undefined {
  const { requestId = "" } = silent;
  const report = parseObject(message);
  const record = report?.record as { status?: unknown; metrics?: unknown } | undefined;
  const isReport = report === undefined ? message.startsWith("REPORT ") : report.type === "platform.report";
  if (!isReport || !message.includes(requestId)) return undefined;
  return {
    at: at.toISOString(),
    ...(silent.function === undefined ? {} : { function: silent.function }),
    level: "ERROR",
    message: "ended without an answer: out of time or memory, or killed",
    requestId,
    ...(silent.chunk === undefined ? {} : { chunk: silent.chunk }),
    fields: report === undefined ? { report: message } : { status: record?.status, metrics: record?.metrics },
  };
}

/** The first line of every call that neither ended well nor failed. */
export function silentCalls(lines: readonly LogLine[]): readonly LogLine[] {
  const ended = new Set(lines.filter(({ message }) => message === "done" || message === "failed").map(idOf));
  const calls = new Map<string, LogLine>();
  for (const line of lines) {
    const id = idOf(line);
    if (id === "" || ended.has(id)) continue;
    const { chunk } = line;
    const first = calls.get(id);
    calls.set(id, { ...(first ?? line), ...(chunk === undefined ? {} : { chunk }) });
  }
  return [...calls.values()];
}

const idOf = ({ requestId }: LogLine): string => requestId ?? "";

export interface LineFilter {
  readonly function?: string | undefined;
  readonly chunk?: number | undefined;
  readonly errors?: boolean | undefined;
}

/** A call that worked on a chunk is shown from its first line on, which does not name the chunk yet. */
export function filterLines(lines: readonly LogLine[], filter: LineFilter): readonly LogLine[] {
  const calls = new Set(lines.filter(({ chunk }) => chunk === filter.chunk).map(idOf));
  return lines.filter(
    (line) =>
      (filter.function === undefined || line.function === filter.function) &&
      (filter.errors !== true || LEVELS_OF_TROUBLE.has(line.level)) &&
      (filter.chunk === undefined ||
        line.chunk === filter.chunk ||
        (line.chunk === undefined && calls.has(idOf(line)))),
  );
}

/** `02:15:01.123  dump-chunk  chunk 7  chunk done  rows=9 …`, one line each, an error's hint included. */
export function formatLine(line: LogLine, style: Style): string {
  const { level, message, chunk, fields } = line;
  const paint =
    level === "INFO" || level === "DEBUG" ? (text: string) => text : level === "WARN" ? style.warn : style.bad;
  const rest = Object.entries(fields)
    .filter(([name, value]) => !SHOWN_APART.has(name) && !ALSO_APART.has(name) && value !== undefined)
    .map(([name, value]) => (name === "error" ? formatError(value) : `${name}=${formatValue(value)}`));
  const parts = [
    style.faint(line.at.slice(11, 23)),
    printable(line.function ?? "").padEnd(FUNCTION_WIDTH),
    ...(chunk === undefined ? [] : [`chunk ${chunk}`]),
    paint(printable(message)),
    printable(rest.join(" ")),
  ];
  return parts.join("  ").trimEnd();
}

function formatError(error: unknown): string {
  const { name, code, message, hint } = error as Readonly<Record<string, unknown>>;
  return `${message} (${name}, ${code})${hint === undefined ? "" : `. ${hint}`}`;
}

function formatValue(value: unknown): string {
  if (typeof value === "string" && !/\s/.test(value)) return value;
  return JSON.stringify(value);
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
