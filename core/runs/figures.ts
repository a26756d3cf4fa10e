/**
 * What can be counted about a run that has ended.
 * @module
 */
import type { Catalog, Run, RunKind } from "../catalog/index.ts";
import { type Figures, OTHER_ERROR, UNKNOWN_SOURCE } from "../config/metrics.ts";
import { errorClasses } from "../errors.ts";
import { lineOf, type RunEnding } from "./failure.ts";

export interface RunFigures {
  readonly runId: string | undefined;
  readonly kind: RunKind;
  readonly source: string;
  readonly status: RunEnding["status"];
  readonly line: string;
  /** One of the closed set, or `Other`; only of a run that failed. */
  readonly error?: string;
  readonly figures: Figures;
}

const COUNTERS = { succeeded: "RunsSucceeded", failed: "RunsFailed", skipped: "RunsSkipped" } as const;
/** Of these an input can be the cause, and an input can name any source. */
const INPUT_ERRORS: ReadonlySet<string | undefined> = new Set(["ConfigurationError", "PreconditionError"]);

/** Never fails: a run whose end could not be told for want of a number would be the worse for it. */
export async function figuresOf(
  ending: Omit<RunEnding, "source">,
  run: Run | undefined,
  catalog: Catalog,
): Promise<RunFigures> {
  const { kind, status, error } = ending;
  const line = run?.line ?? lineOf({ ...ending, source: run?.source });
  const counted: Figures = {
    [COUNTERS[status]]: 1,
    ...(status === "failed" ? { RunErrors: 1 } : {}),
    ...(run === undefined || status === "skipped" ? {} : secondsOf(run)),
  };
  const isBackedUp = run !== undefined && kind === "backup" && status === "succeeded";
  const sizes = isBackedUp ? await sizesOf(run, catalog).catch(() => ({})) : {};
  return {
    runId: run?.runId,
    kind,
    source:
      run === undefined || (run.phase === "refused" && INPUT_ERRORS.has(error?.name)) ? UNKNOWN_SOURCE : run.source,
    status,
    line,
    ...(status === "failed" ? { error: errorDimension(error?.name) } : {}),
    figures: { ...counted, ...sizes },
  };
}

/** The name where it is of the closed set. */
export function errorDimension(name: string | undefined): string {
  return name !== undefined && Object.hasOwn(errorClasses, name) ? name : OTHER_ERROR;
}

function secondsOf({ startedAt, finishedAt }: Run): Figures {
  return finishedAt === undefined ? {} : { RunSeconds: secondsBetween(startedAt, finishedAt) };
}

async function sizesOf(run: Run, catalog: Catalog): Promise<Figures> {
  const [point, snapshot] = await Promise.all([
    catalog.restorePoints.get(run.restorePointId ?? "", run.source),
    catalog.snapshots.get(run, 0),
  ]);
  if (point === undefined) return {};
  return {
    RestorePointBytes: point.plainBytes,
    RestorePointStoredBytes: point.storedBytes,
    RestorePointRows: point.rows,
    RestorePointTables: point.tables,
    RestorePointChunks: point.chunks,
    ...(snapshot === undefined ? {} : { SnapshotAgeSeconds: secondsBetween(snapshot.publishedAt, point.committedAt) }),
  };
}

function secondsBetween(from: string, to: string): number {
  return Math.max(0, Date.parse(to) - Date.parse(from)) / 1000;
}
