/** `holdfast runs [SOURCE]`: what has run and how it ended. @module */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { RestorePoint, RunKind, RunStatus } from "../../core/catalog/index.ts";
import type { RunView } from "../installation/port.ts";
import type { Style } from "../output/style.ts";
import { formatTable } from "../output/table.ts";
import { formatBytes, formatDuration, formatTime, millisBetween, UNKNOWN } from "../output/units.ts";
import { type CommandResult, succeeded } from "../result.ts";
import { assertNameArgument } from "../runs/restore-point.ts";
import { readSince } from "../runs/since.ts";
import { type CommonOptions, examples, type Invoke, type Session, withCommonOptions } from "../session.ts";

type RunsOptions = CommonOptions & {
  readonly limit: number;
  readonly status?: RunStatus;
  readonly kind?: RunKind;
  readonly since?: string;
};

/** A screenful. */
const DEFAULT_LIMIT = 20;
const STATUSES = ["running", "succeeded", "failed", "skipped"] as const satisfies readonly RunStatus[];
const KINDS = ["backup", "verify", "restore", "compare", "rebuild"] as const satisfies readonly RunKind[];

export function addRuns(program: Command, invoke: Invoke): void {
  withCommonOptions(program.command("runs"))
    .description("list the runs, newest first")
    .argument("[source]", "only those of this source")
    .addOption(new Option("--status <status>", "only those that ended, or stand, like this").choices(STATUSES))
    .addOption(new Option("--kind <kind>", "only those of this kind").choices(KINDS))
    .option("--since <duration>", "only those begun since, e.g. 90m, 12h, 7d")
    .option("--limit <number>", "at most so many", readLimit, DEFAULT_LIMIT)
    .addHelpText(
      "after",
      examples(
        "holdfast runs",
        "holdfast runs shop --limit 5",
        "holdfast runs --status failed --since 7d",
        "holdfast runs shop --kind backup --json",
      ),
    )
    .action((source: string | undefined, options: RunsOptions) =>
      invoke("runs", options, (session) => runs(session, source, options)),
    );
}

async function runs(session: Session, source: string | undefined, options: RunsOptions): Promise<CommandResult> {
  if (source !== undefined) assertNameArgument("source", source);
  const { limit, status, kind } = options;
  const since = readSince(options.since, session);
  const { catalog, parameter } = await session.openInstallation();
  const found = await catalog.runs(source, limit, { status, kind, since });
  const isNarrow = status !== undefined || kind !== undefined || since !== undefined;
  const sizes = new Map((await catalog.restorePoints(source)).map((point) => [point.restorePointId, point]));
  const text = found.length > 0 ? formatRuns(found, sizes, session) : isNarrow ? "no such run" : "no runs yet";
  return succeeded(text, { installation: parameter.installation, runs: found });
}

function formatRuns(
  found: readonly RunView[],
  points: ReadonlyMap<string, RestorePoint>,
  { style, world }: Session,
): string {
  const now = world.clock().toISOString();
  const pointOf = ({ restorePointId = "" }: RunView) => points.get(restorePointId);
  return formatTable(
    [
      { heading: "RUN", cell: (run) => run.runId },
      { heading: "KIND", cell: (run) => (run.parts === undefined ? run.kind : `${run.kind} (parts)`) },
      { heading: "STARTED (UTC)", cell: (run) => formatTime(run.startedAt) },
      {
        heading: "TOOK",
        align: "right",
        cell: (run) => formatDuration(millisBetween(run.startedAt, run.finishedAt ?? now)),
      },
      { heading: "DATA", align: "right", cell: (run) => formatBytes(pointOf(run)?.plainBytes) },
      { heading: "STORED", align: "right", cell: (run) => formatBytes(pointOf(run)?.storedBytes) },
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
