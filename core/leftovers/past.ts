/**
 * What earlier runs tell of a source's restore points: which of them nobody writes any more, and which have been looked through.
 * @module
 */
import type { Catalog, Run, Settings } from "../catalog/index.ts";
import type { Clock } from "../ids.ts";
import type { RestorePointRef } from "../vault/keys.ts";

export interface Past {
  /** Whether the run that has begun a restore point can do nothing more for it. */
  isOver(ref: RestorePointRef): boolean;
  hasSucceeded(ref: RestorePointRef): boolean;
  /** Whether as many runs as is enough have looked through it since it was over. */
  isSettled(ref: RestorePointRef): boolean;
}

const HOUR = 3600_000;
/**
 * A function lives for 15 minutes, and one whose run has ended, or whose answer was lost, may commit until its last: what is
 * younger than this is left alone, however dead its run looks.
 */
const GRACE_MILLIS = 24 * HOUR;
/** The longest run is a day; one that nobody remembers may have taken all of it. */
const LONGEST_RUN_MILLIS = 24 * HOUR;
const MOST_RUNS = 2_000;
/** Of what one run clears; the next one goes on. */
export const MOST_OBJECTS = 2_000;
/** The first finds all there is; the others are for clearing that was cut off. */
const ENOUGH_LOOKS = 3;

export async function pastOf(run: Run, { catalog, clock }: { catalog: Catalog; clock: Clock }): Promise<Past> {
  const now = clock().getTime();
  const runs = (await catalog.runs.list(run.source, MOST_RUNS)).filter(({ kind }) => kind === "backup");
  const byPoint = new Map(runs.map((one) => [one.restorePointId, one]));
  const looks = runs.filter((one) => one.runId !== run.runId && hasLooked(one));
  const enoughSince = Date.parse(looks[ENOUGH_LOOKS - 1]?.startedAt ?? "");
  const overAt = ({ restorePointId }: RestorePointRef): number => {
    const owner = byPoint.get(restorePointId);
    // Forgotten with the catalog, older than its memory, or a beginning of a run that has started over since.
    if (owner === undefined) return beganAt(restorePointId) + LONGEST_RUN_MILLIS + GRACE_MILLIS;
    return owner.status === "running" ? Number.POSITIVE_INFINITY : Date.parse(owner.finishedAt ?? "") + GRACE_MILLIS;
  };
  return {
    isOver: (ref) => overAt(ref) < now,
    hasSucceeded: ({ restorePointId }) => byPoint.get(restorePointId)?.status === "succeeded",
    isSettled: (ref) => overAt(ref) < enoughSince,
  };
}

/** Not one that had found as much as it may clear before it came to what is committed. */
function hasLooked({ notes }: Run): boolean {
  const leftovers = notes?.leftovers as Settings | undefined;
  return leftovers !== undefined && Number(leftovers.found) < MOST_OBJECTS;
}

/** `20261121T021500Z-…` */
function beganAt(id: string): number {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/.exec(id) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}
