/**
 * The catalog: an index over restore points, and the memory of runs under way, in one DynamoDB table.
 * @module
 */
import { chunks } from "./chunks.ts";
import { failures } from "./failures.ts";
import { leases } from "./leases.ts";
import { restorePoints } from "./restore-points.ts";
import { runs } from "./runs.ts";
import { snapshots } from "./snapshots.ts";
import { Table, type TableOptions } from "./table.ts";

export type Catalog = ReturnType<typeof createCatalog>;

/** The client has to be a document client that removes undefined values. */
export function createCatalog(options: TableOptions) {
  const table = new Table(options);
  return {
    leases: leases(table),
    runs: runs(table),
    chunks: chunks(table),
    snapshots: snapshots(table),
    failures: failures(table),
    restorePoints: restorePoints(table),
  };
}

export { chunkItemMissing } from "./chunks.ts";
export * from "./items.ts";
export { type Subject, sourceKey, sourceOfRun, targetKey } from "./keys.ts";
export { LEASE_SECONDS, type Lease } from "./leases.ts";
export { type Move, runEnded } from "./runs.ts";
