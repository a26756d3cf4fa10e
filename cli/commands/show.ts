/** `holdfast show ID`: all the catalog knows about a restore point or a run. @module */
import type { Command } from "commander";
import type { Progress, RestorePoint } from "../../core/catalog/index.ts";
import { PreconditionError } from "../../core/errors.ts";
import { RUN_ID_PATTERN } from "../../core/ids.ts";
import { printable } from "../../core/text.ts";
import { UsageError } from "../errors.ts";
import type { Installation, RunView } from "../installation/port.ts";
import { formatFields } from "../output/table.ts";
import { formatBytes, formatCount, formatDuration, formatTime, millisBetween, plural } from "../output/units.ts";
import { type CommandResult, formatError, formatLine, succeeded } from "../result.ts";
import { warningLines } from "../runs/findings.ts";
import { planTable } from "../runs/plan.ts";
import { reportResult } from "../runs/report.ts";
import { findRestorePoint } from "../runs/restore-point.ts";
import { joinRun } from "../runs/start.ts";
import { type CommonOptions, examples, type Invoke, type Session, withCommonOptions } from "../session.ts";
import { verdictOf } from "./list.ts";

type ShowOptions = CommonOptions & { readonly source?: string; readonly follow?: boolean; readonly timeout?: string };

export function addShow(program: Command, invoke: Invoke): void {
  withCommonOptions(program.command("show"))
    .description("show one restore point or one run")
    .argument("<id>", "a restore point's id, `latest`, or a run's id")
    .option("--source <name>", "the source, needed with `latest` when there are several")
    .option("--follow", "wait for the end of a run, and exit as the run did")
    .option("--timeout <duration>", "with --follow: wait no longer than this, e.g. 90s, 30m, 2h")
    .addHelpText(
      "after",
      examples(
        "holdfast show 20261121T021500Z-7k3f9q2mxa",
        "holdfast show latest --source shop --json",
        "holdfast show shop-20261121T021500Z-7k3f9q2mxa",
        "holdfast show shop-20261121T021500Z-7k3f9q2mxa --follow --timeout 30m",
      ),
    )
    .action((id: string, options: ShowOptions) => invoke("show", options, (session) => show(session, id, options)));
}

async function show(session: Session, id: string, options: ShowOptions): Promise<CommandResult> {
  const installation = await session.openInstallation();
  if (RUN_ID_PATTERN.test(id)) return await showRun(session, installation, id, options);
  if (options.follow === true)
    throw new UsageError("run-needed", `${id} is not a run, allowed with --follow is a run's id`);
  const point = await findRestorePoint(installation, id, options.source);
  return succeeded(formatRestorePoint(session, point), {
    installation: installation.parameter.installation,
    restorePointId: point.restorePointId,
    restorePoint: point,
  });
}

async function showRun(
  session: Session,
  installation: Installation,
  runId: string,
  options: ShowOptions,
): Promise<CommandResult> {
  const run = await installation.catalog.run(runId);
  if (run === undefined) {
    const hint = "Run `holdfast runs` to see the runs there are.";
    throw new PreconditionError("run-not-found", `no run ${runId}`, { hint });
  }
  if (options.follow === true) {
    const report = await joinRun(session, installation, run, options.timeout);
    return reportResult(
      report,
      {
        achieved: `${run.kind} of ${run.source} is done`,
        lines: [["restore point", report.restorePointId]],
        fields: { source: run.source, run: report.run },
      },
      session.style,
    );
  }
  const progress = await installation.catalog.progress(runId);
  // What was asked for is shown, whatever it says: the exit code is the command's, the status is the run's.
  return {
    ...succeeded(formatRun(session, run, progress), {
      installation: installation.parameter.installation,
      runId,
      run,
      progress,
    }),
    status: run.status,
  };
}

function formatRestorePoint({ style }: Session, point: RestorePoint): string {
  return formatFields([
    ["restore point", style.strong(point.restorePointId)],
    ["source", point.source],
    ["kind", point.kind],
    ["status", point.status],
    ["parts", point.parts && style.warn(point.parts)],
    ["database", point.database],
    ["server", point.serverVersion && `PostgreSQL ${point.serverVersion}`],
    ["started", point.startedAt && `${formatTime(point.startedAt)} UTC`],
    ["committed", point.committedAt && `${formatTime(point.committedAt)} UTC`],
    ["tables", point.tables === undefined ? undefined : formatCount(point.tables)],
    ["rows", point.rows === undefined ? undefined : formatCount(point.rows)],
    ["chunks", point.chunks === undefined ? undefined : formatCount(point.chunks)],
    ["data", point.plainBytes === undefined ? undefined : formatBytes(point.plainBytes)],
    ["stored", point.storedBytes === undefined ? undefined : formatBytes(point.storedBytes)],
    ["verified", point.verified && `${verdictOf(point, style)}, ${formatTime(point.verified.at)} UTC`],
    ["run", point.runId],
    ...(point.warnings ?? []).map((warning) => ["warning", style.warn(warning)] as const),
  ]);
}

/** As many as a run keeps. */
const MOST_WARNINGS = 200;

function formatRun({ style, world }: Session, run: RunView, progress: Progress | undefined): string {
  const isRunning = run.status === "running";
  const millis = millisBetween(run.startedAt, run.finishedAt ?? world.clock().toISOString());
  const fields = formatFields([
    ["run", style.strong(run.runId)],
    ["kind", run.kind],
    ["phase", isRunning ? run.phase : undefined],
    ["progress", isRunning && progress !== undefined ? progressOf(progress) : undefined],
    ["reason", run.reason],
    ["source", run.source],
    ["status", run.status],
    ["started", run.startedAt && `${formatTime(run.startedAt)} UTC`],
    [isRunning ? "so far" : "took", millis === undefined ? undefined : formatDuration(millis)],
    ["restore point", run.restorePointId],
    ["parts", run.parts && style.warn(run.parts)],
    ...warningLines(run.warnings, MOST_WARNINGS).map(([name, warning]) => [name, style.warn(warning)] as const),
    ["left behind", run.leftBehind && printable(run.leftBehind)],
  ]);
  const planned = run.plan === undefined ? fields : `${fields}\n${planTable(run.plan, style)}`;
  if (run.error === undefined) return planned;
  const told = run.line === undefined ? formatError(run.error, style) : formatLine(run.line, style);
  return `${planned}\n${told}`;
}

function progressOf({ chunksDone, chunksTotal, bytesDone, rows }: Progress): string | undefined {
  if (chunksTotal === 0) return undefined;
  return `${chunksDone} of ${chunksTotal} chunks, ${formatBytes(bytesDone)}, ${plural(rows, "row")}`;
}
