/** `holdfast backup SOURCE`: starts the backup state machine and follows it. @module */
import type { Command } from "commander";
import type { RestorePoint } from "../../core/catalog/index.ts";
import type { InstallationParameter } from "../../core/config/environment.ts";
import { ConfigurationError } from "../../core/errors.ts";
import { formatBytes, formatCount, formatRate, millisBetween, plural } from "../output/units.ts";
import type { CommandResult } from "../result.ts";
import { findingLines, splitFindings, warningLines } from "../runs/findings.ts";
import { type RunCommandOptions, withRunOptions } from "../runs/options.ts";
import { reportResult } from "../runs/report.ts";
import { assertNameArgument } from "../runs/restore-point.ts";
import { type RunReport, startRun } from "../runs/start.ts";
import { examples, type Invoke, type Session } from "../session.ts";

type BackupOptions = RunCommandOptions & { readonly reason?: string };

export function addBackup(program: Command, invoke: Invoke): void {
  withRunOptions(program.command("backup"))
    .description("back up a source now")
    .argument("<source>", "a source of the configuration")
    .option("--reason <text>", "why, for the catalog and the audit")
    .addHelpText(
      "after",
      examples(
        "holdfast backup shop",
        'holdfast backup shop --reason "before the migration" --json',
        "holdfast backup shop --timeout 30m",
      ),
    )
    .action((source: string, options: BackupOptions) =>
      invoke("backup", options, (session) => backup(session, source, options)),
    );
}

async function backup(session: Session, source: string, options: BackupOptions): Promise<CommandResult> {
  assertNameArgument("source", source);
  const installation = await session.openInstallation();
  assertConfigured(source, installation.parameter);
  const input = options.reason === undefined ? {} : { reason: options.reason };
  const report = await startRun(session, installation, { machine: "backup", source, input }, options);
  const point =
    report.status === "succeeded" && report.restorePointId !== undefined
      ? await installation.catalog.restorePoint(report.restorePointId, source)
      : undefined;
  const { notes } = splitFindings(report);
  return reportResult(
    report,
    {
      achieved: `restore point ${report.restorePointId} of ${source}`,
      lines: [
        ...(point === undefined ? [] : sizeLines(point, report)),
        ["parts", point?.parts],
        ...findingLines("note", notes),
        ...warningLines(point?.warnings),
      ],
      fields: { source, sizes: point && sizesOf(point), parts: point?.parts, notes, warnings: point?.warnings },
    },
    session.style,
  );
}

/** As the run's first state would, without beginning a run for it. @throws ConfigurationError `unknown-source` */
function assertConfigured(source: string, { names }: InstallationParameter): void {
  if (names === undefined || names.sources.includes(source)) return;
  const configured = names.sources.join(", ") || "none";
  throw new ConfigurationError("unknown-source", `source is ${source}, configured are ${configured}`, {
    hint: "Add it to holdfast.config.ts and deploy, or correct the name.",
  });
}

/** The `sizes` object of `--json`. */
export function sizesOf(point: RestorePoint): Record<string, number | undefined> {
  const { plainBytes, storedBytes, tables, rows, chunks } = point;
  return { plainBytes, storedBytes, tables, rows, chunks };
}

function sizeLines(point: RestorePoint, report: RunReport): [string, string][] {
  const millis = millisBetween(report.startedAt, report.finishedAt) ?? 0;
  const lines: [string, string][] = [];
  if (point.tables !== undefined)
    lines.push(["tables", `${formatCount(point.tables)}, ${plural(point.rows ?? 0, "row")}`]);
  if (point.plainBytes !== undefined)
    lines.push(["data", `${formatBytes(point.plainBytes)}, ${formatRate(point.plainBytes, millis)}`]);
  if (point.storedBytes !== undefined)
    lines.push(["stored", `${formatBytes(point.storedBytes)} in ${plural(point.chunks ?? 0, "chunk")}`]);
  return lines;
}
