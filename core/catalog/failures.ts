/**
 * What went wrong in the parts of a run. Names of errors do not cross a distributed Map, so they cross here.
 * @module
 */
import { type ErrorName, type ErrorRecord, errorClasses } from "../errors.ts";
import { type Failure, type Run, SCHEMA } from "./items.ts";
import { failurePrefix, runPartition } from "./keys.ts";
import type { Table } from "./table.ts";

const gravity: readonly string[] = Object.keys(errorClasses) satisfies string[] as ErrorName[];

export function failures(table: Table) {
  return {
    /** Idempotent per place: the latest error of a place stays. */
    async record(run: Run, where: string, error: ErrorRecord): Promise<void> {
      await table.put({
        pk: runPartition(run.runId),
        sk: `${failurePrefix(run.epoch)}${where}`,
        schema: SCHEMA,
        epoch: run.epoch,
        where,
        at: table.now(),
        error,
        expiresAt: table.runExpiry(),
      });
    },

    /** Of the run's present beginning, gravest first; within the same name, earliest first. */
    async list(run: Run): Promise<Failure[]> {
      const items = await table.list(runPartition(run.runId), failurePrefix(run.epoch));
      const found = items.map(({ epoch, where, at, error }) => ({ epoch, where, at, error }) as Failure);
      return found.toSorted((a, b) => rank(a) - rank(b) || a.at.localeCompare(b.at));
    },
  };
}

/** Names that are not ours are graver than busy stores and lighter than what the closed set calls final. */
function rank({ error }: Failure): number {
  const index = gravity.indexOf(error.name);
  return index >= 0 ? index : gravity.indexOf("SnapshotLostError") - 0.5;
}
