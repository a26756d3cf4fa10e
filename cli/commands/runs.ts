/** `holdfast runs [SOURCE]`: what has run and how it ended. @module */
import { type Command, InvalidArgumentError } from "commander";
import type { RunView } from "../installation/port.ts";
import type { Style } from "../output/style.ts";
import { formatTable } from "../output/table.ts";
import { formatDuration, formatTime, millisBetween, UNKNOWN } from "../output/units.ts";
import { type CommandResult, succeeded } from "../result.ts";
import { assertNameArgument } from "../runs/restore-point.ts";
import { type CommonOptions, examples, type Invoke, type Session, withCommonOptions } from "../session.ts";

type RunsOptions = CommonOptions & { readonly limit: number };

/** A screenful. */
const DEFAULT_LIMIT = 20;

export function addRuns(program: Command, invoke: Invoke): void {
  withCommonOptions(program.command("runs"))
    .description("list the runs, newest first")
    .argument("[source]", "only those of this source")
    .option("--limit <number>", "at most so many", readLimit, DEFAULT_LIMIT)
    .addHelpText("after", examples("holdfast runs", "holdfast runs shop --limit 5", "holdfast runs --json"))
    .action((source: string | undefined, options: RunsOptions) =>
      invoke("runs", options, (session) => runs(session, source, options.limit)),
    );
}

async function runs(session: Session, source: string | undefined, limit: number): Promise<CommandResult> {
  if (source !== undefined) assertNameArgument("source", source);
  const installation = await session.openInstallation();
  const found = await installation.catalog.runs(source, limit);
  const text = found.length > 0 ? formatRuns(found, session.style) : "no runs yet";
  return succeeded(text, { installation: installation.parameter.installation, runs: found });
}

function formatRuns(found: readonly RunView[], style: Style): string {
  return formatTable(
    [
      { heading: "RUN", cell: (run) => run.runId },
      { heading: "KIND", cell: (run) => run.kind },
      { heading: "STARTED (UTC)", cell: (run) => formatTime(run.startedAt) },
      { heading: "TOOK", align: "right", cell: (run) => formatDuration(millisBetween(run.startedAt, run.finishedAt)) },
      { heading: "STATUS", cell: (run) => paintStatus(run.status, style) },
      { heading: "ERROR", cell: (run) => (run.error === undefined ? UNKNOWN : `${run.error.name} ${run.error.code}`) },
    ],
    found,
  );
}

function paintStatus(status: string, style: Style): string {
  if (status === "succeeded") return style.good(status);
  return status === "failed" ? style.bad(status) : status;
}

function readLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= 1000) return limit;
  throw new InvalidArgumentError("Allowed is a whole number from 1 to 1000.");
}
