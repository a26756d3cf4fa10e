/**
 * A run's report as the result of a command: exit code, the common fields of `--json`, lines for people.
 * @module
 */
import { type ExitCode, exitCodeOf, exitCodes } from "../output/exit-codes.ts";
import type { Style } from "../output/style.ts";
import { formatFields } from "../output/table.ts";
import { formatDuration, millisBetween } from "../output/units.ts";
import type { CommandResult } from "../result.ts";
import type { RunReport } from "./start.ts";

type Line = readonly [name: string, value: string | undefined];

export interface ReportDetails {
  /** `restore point 2026… restored into shop-copy`: what has been achieved, told when it has. */
  readonly achieved: string;
  readonly lines?: readonly Line[];
  readonly fields?: Readonly<Record<string, unknown>>;
}

export function reportResult(report: RunReport, details: ReportDetails, style: Style): CommandResult {
  const millis = millisBetween(report.startedAt, report.finishedAt);
  const result: CommandResult = {
    exitCode: exitCodeOfReport(report),
    status: report.status,
    fields: {
      runId: report.runId,
      restorePointId: report.restorePointId,
      startedAt: report.startedAt,
      finishedAt: report.finishedAt,
      durationSeconds: millis === undefined ? undefined : millis / 1000,
      line: report.line,
      ...details.fields,
    },
    text: [
      headline(report, details, style),
      formatFields([
        ...(details.lines ?? []),
        ["run", report.runId],
        ["took", millis === undefined ? undefined : formatDuration(millis)],
      ]),
    ].join("\n"),
  };
  if (report.error === undefined) return result;
  return { ...result, error: report.error, ...(report.line === undefined ? {} : { line: report.line }) };
}

function exitCodeOfReport(report: RunReport): ExitCode {
  if (report.status === "skipped") return exitCodes.skipped;
  return report.error === undefined ? exitCodes.done : exitCodeOf(report.error.name);
}

function headline(report: RunReport, details: ReportDetails, style: Style): string {
  switch (report.status) {
    case "succeeded":
      return style.good(details.achieved);
    case "running":
      return style.warn("the run goes on");
    case "skipped":
      return style.warn("skipped: another run holds the lease of this source or target");
    case "failed":
      return style.bad("failed");
  }
}
