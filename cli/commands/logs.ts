/** `holdfast logs RUN`: what the functions have said of a run. @module */
import { type Command, InvalidArgumentError } from "commander";
import { PreconditionError } from "../../core/errors.ts";
import { RUN_ID_PATTERN } from "../../core/ids.ts";
import { InterruptedError, UsageError } from "../errors.ts";
import type { RunView } from "../installation/port.ts";
import { styledLines } from "../output/style.ts";
import { plural } from "../output/units.ts";
import { type CommandResult, succeeded } from "../result.ts";
import { filterLines, formatLine, type LineFilter, type LogLine } from "../runs/log-lines.ts";
import { openRunLog, type RunLog, startOfRun } from "../runs/logs.ts";
import { readSince } from "../runs/since.ts";
import { type CommonOptions, examples, type Invoke, type Session, withCommonOptions } from "../session.ts";

type LogsOptions = CommonOptions & LineFilter & { readonly since?: string; readonly follow?: boolean };

/** Searches of logs are rationed per account; others want to look too. */
const POLL_MILLIS = 2_000;
/** Lines take some seconds from a function to the log. */
const ROUNDS_AFTER_END = 3;
/** A run that was started just now is not in the catalog before its first function has run. */
const YOUNG_MILLIS = 15 * 60_000;

export function addLogs(program: Command, invoke: Invoke): void {
  withCommonOptions(program.command("logs"))
    .description("show what the functions have said of a run, in the order they said it (UTC)")
    .argument("<run>", "a run's id")
    .option("--errors", "warnings and errors only")
    .option("--function <name>", "of this function only, e.g. dump-chunk")
    .option("--chunk <number>", "of the calls that worked on this chunk only", readChunk)
    .option("--since <duration>", "not what is older than this, e.g. 90s, 30m, 2h, 7d")
    .option("--follow", "go on until the run has ended")
    .addHelpText(
      "after",
      examples(
        "holdfast logs shop-20261121T021500Z-7k3f9q2mxa",
        "holdfast logs shop-20261121T021500Z-7k3f9q2mxa --errors",
        "holdfast logs shop-20261121T021500Z-7k3f9q2mxa --function dump-chunk --chunk 7 --json",
        "holdfast logs shop-20261121T021500Z-7k3f9q2mxa --follow --since 10m",
      ),
    )
    .action((runId: string, options: LogsOptions) =>
      invoke("logs", options, (session) => logs(session, runId, options)),
    );
}

async function logs(session: Session, runId: string, options: LogsOptions): Promise<CommandResult> {
  if (!RUN_ID_PATTERN.test(runId)) {
    const message = `run is ${JSON.stringify(runId)}, allowed is an id like shop-20261121T021500Z-7k3f9q2mxa`;
    throw new UsageError("invalid-id", message, "`holdfast runs` shows the runs there are.");
  }
  const since = readSince(options.since, session);
  const installation = await session.openInstallation();
  const runLog = openRunLog(installation, runId, since);
  const told = new Set<LogLine>();
  /** As soon as it is there, unless one object was asked for. */
  const tellNew = (lines: readonly LogLine[]): void => {
    for (const line of filterLines(lines, options)) {
      if (told.has(line) || options.json === true) continue;
      told.add(line);
      session.world.stdout.write(`${styledLines(formatLine(line, session.style))}\n`);
    }
  };
  let run = await installation.catalog.run(runId);
  let log = await runLog.read(run?.finishedAt);
  if (options.follow === true) {
    for (let rounds = 0; isAwaited(runId, run, rounds, session); rounds += isOver(run) ? 1 : 0) {
      tellNew(log.lines);
      await session.world.pause(POLL_MILLIS);
      if (session.world.interrupted.aborted) throw new InterruptedError("interrupted", `stopped following ${runId}`);
      run = await installation.catalog.run(runId);
      log = await runLog.read(run?.finishedAt);
    }
  }
  if (run?.finishedAt !== undefined) log = await runLog.withDeaths(run.finishedAt);
  assertKnown(runId, run, log);
  tellNew(log.lines);
  const lines = filterLines(log.lines, options);
  return succeeded(endingOf(lines, log, run, options), {
    installation: installation.parameter.installation,
    runId,
    lines,
    isCut: log.isCut,
  });
}

/** @param rounds how often the log was read since the run has ended */
function isAwaited(runId: string, run: RunView | undefined, rounds: number, { world }: Session): boolean {
  const now = world.clock().getTime();
  if (run === undefined) return now - startOfRun(runId).getTime() < YOUNG_MILLIS;
  if (run.status === "running") return true;
  return rounds < ROUNDS_AFTER_END && now - Date.parse(run.finishedAt ?? run.startedAt) < YOUNG_MILLIS;
}

function isOver(run: RunView | undefined): boolean {
  return run !== undefined && run.status !== "running";
}

function assertKnown(runId: string, run: RunView | undefined, log: RunLog): void {
  if (run !== undefined || log.lines.length > 0) return;
  throw new PreconditionError("run-not-found", `no run ${runId}, and no line of its log`, {
    hint: "`holdfast runs` shows the runs there are; what is older than the log's retention is gone.",
  });
}

function endingOf(shown: readonly LogLine[], log: RunLog, run: RunView | undefined, options: LogsOptions): string {
  if (log.isCut) return "(there is more; narrow it with --since)";
  if (shown.length > 0) return "";
  if (log.lines.length > 0) return `no such line among ${plural(log.lines.length, "line")}`;
  if (!isOver(run)) return "nothing yet; lines take some seconds";
  return options.since === undefined
    ? "no lines: they are kept for `observability.logRetentionDays`"
    : "no lines since then";
}

function readChunk(text: string): number {
  const chunk = Number(text);
  if (Number.isInteger(chunk) && chunk >= 1 && chunk <= 99_999) return chunk;
  throw new InvalidArgumentError("Allowed is a whole number from 1 to 99999.");
}
