/**
 * The log of one run, gathered from all functions in the order in which they wrote it.
 * @module
 */
import type { Installation } from "../installation/port.ts";
import { type LogLine, parseDeath, parseLine, silentCalls } from "./log-lines.ts";

/** Clocks of functions and of the log differ, a run's id has no fractions of its second, and lines arrive late. */
const MARGIN_MILLIS = 60_000;
/** Cleaning up after a run is tried again for six hours; what follows later has nothing to do with it. */
const AFTERMATH_MILLIS = 6 * 60 * 60_000;
/** Each costs a search of its own; more deaths than that have one cause. */
const MOST_DEATHS = 20;

export interface RunLog {
  readonly lines: readonly LogLine[];
  /** There is more than was read. */
  readonly isCut: boolean;
}

/** The second in which a run was begun, as its id has it: the catalog is not needed to find a log. */
export function startOfRun(runId: string): Date {
  const [, year, month, day, hour, minute, second] =
    /-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-[^-]+$/.exec(runId) ?? [];
  return new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

/** Asked again, it reads only what has come since. */
export function openRunLog(installation: Installation, runId: string, since: Date | undefined) {
  const known = new Map<string, LogLine>();
  const begunAt = since ?? new Date(startOfRun(runId).getTime() - MARGIN_MILLIS);
  let from = begunAt;
  let isCut = false;
  const lines = () => [...known.values()].toSorted((a, b) => a.at.localeCompare(b.at));

  return {
    async read(finishedAt: string | undefined): Promise<RunLog> {
      const found = await installation.logs({ from, to: aftermath(finishedAt), containing: runId });
      for (const event of found.events) {
        const key = `${event.stream} ${event.at.getTime()} ${event.message}`;
        const line = known.get(key) ?? parseLine(event);
        if (line !== undefined) known.set(key, line);
        from = new Date(Math.max(from.getTime(), event.at.getTime() - MARGIN_MILLIS));
      }
      isCut ||= found.isCut;
      return { lines: lines(), isCut };
    },

    /** With what Lambda says of calls that ended without a word; while the run lives they may simply be at work. */
    async withDeaths(finishedAt: string): Promise<RunLog> {
      const span = { from: begunAt, to: aftermath(finishedAt) };
      const silent = silentCalls(lines()).slice(0, MOST_DEATHS);
      await Promise.all(
        silent.map(async (call) => {
          // Lambda's own lines do not know the run: they are looked for by the call.
          const { events } = await installation.logs({ ...span, containing: call.requestId ?? "" });
          const death = events.map((event) => parseDeath(event, call)).find((line) => line !== undefined);
          if (death !== undefined) known.set(`death of ${call.requestId}`, death);
        }),
      );
      return { lines: lines(), isCut };
    },
  };
}

function aftermath(finishedAt: string | undefined): Date | undefined {
  return finishedAt === undefined ? undefined : new Date(Date.parse(finishedAt) + AFTERMATH_MILLIS);
}
