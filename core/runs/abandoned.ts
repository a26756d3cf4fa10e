/**
 * Runs whose executions have died without a word, and without the event that calls for cleaning up. Their leases run out; the
 * next run of the same source or target ends them, before it begins, and tells people, when it ends.
 * @module
 */
import { type Catalog, LEASE_SECONDS, type Run, type Subject } from "../catalog/index.ts";
import type { Clock } from "../ids.ts";

const ABANDONED = "run-abandoned";
/** A run that was heard of in the last half of a lease is somebody's, whatever its lease says. */
const SILENT_MILLIS = (LEASE_SECONDS / 2) * 1000;
/** Of the source, newest first: a run of a day, and whatever its schedules started and had to skip meanwhile. */
const MOST_LOOKED_AT = 500;

/**
 * Ends the run that held this lease until it ran out: from then on whatever still works for it finds it ended, and neither
 * writes to the catalog nor commits. Idempotent; nothing happens to a lease that is live, free, or this owner's.
 */
export async function endAbandoned(subject: Subject, owner: string, catalog: Catalog, clock: Clock): Promise<void> {
  const lease = await catalog.leases.get(subject);
  const now = clock();
  if (lease === undefined || lease.owner === owner || lease.until.getTime() >= now.getTime()) return;
  const error = {
    name: "CancelledError",
    code: ABANDONED,
    message: `nothing was heard of the run until its lease on ${subject} had run out at ${lease.until.toISOString()}`,
    hint: "Its execution ended without a trace, or stood still; look at its history in Step Functions. Another run goes on.",
  };
  const unheardSince = new Date(now.getTime() - SILENT_MILLIS);
  await catalog.runs.finish(lease.runId, { status: "failed", error, unheardSince });
}

/** Runs of a source that were ended so, and that nobody was told of. */
export async function abandonedUntold(source: string, catalog: Catalog): Promise<Run[]> {
  const runs = await catalog.runs.list(source, MOST_LOOKED_AT);
  return runs.filter(({ error, toldAt }) => error?.code === ABANDONED && toldAt === undefined);
}
