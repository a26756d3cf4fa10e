/**
 * Keys of the catalog's one table. Shapes are settled (docs/ARCHITECTURE.md, "The catalog"): a change is a migration.
 * @module
 */
import { ConfigurationError } from "../errors.ts";
import { RUN_ID_PATTERN } from "../ids.ts";

export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

/** The index over status and time; its sort key is the moment, so a query reads newest or oldest first. */
export const STATUS_INDEX = "GSI1";
/** What leases and runs are about: a source for a backup, a target for a restore. */
export type Subject = `SOURCE#${string}` | `TARGET#${string}`;

/** Length of `-20261121T021500Z-7k3f9q2mxa`, what a run id has after its source. */
const SUFFIX_LENGTH = 28;

export const sourceKey = (source: string): `SOURCE#${string}` => `SOURCE#${source}`;
export const targetKey = (target: string): `TARGET#${string}` => `TARGET#${target}`;
export const runPartition = (runId: string): string => `RUN#${runId}`;
export const statusKey = (status: string): string => `STATUS#${status}`;

export const leaseKey = (subject: Subject): ItemKey => ({ pk: subject, sk: "LEASE" });
export const runKey = (runId: string): ItemKey => ({ pk: sourceKey(sourceOfRun(runId)), sk: `RUN#${runId}` });
export const restorePointKey = (source: string, id: string): ItemKey => ({ pk: sourceKey(source), sk: `RP#${id}` });
export const chunkKey = (runId: string, n: number): ItemKey => ({ pk: runPartition(runId), sk: `CHUNK#${padded(n)}` });
export const snapshotKey = (runId: string, epoch: number, n: number): ItemKey => ({
  pk: runPartition(runId),
  sk: `SNAPSHOT#${padded(epoch)}#${padded(n)}`,
});
export const failurePrefix = (epoch: number): string => `ERROR#${padded(epoch)}#`;
export const snapshotPrefix = (epoch: number): string => `SNAPSHOT#${padded(epoch)}#`;

/** The source a run belongs to stands in its id. @throws ConfigurationError `invalid-run-id` */
export function sourceOfRun(runId: string): string {
  if (RUN_ID_PATTERN.test(runId)) return runId.slice(0, -SUFFIX_LENGTH);
  throw new ConfigurationError(
    "invalid-run-id",
    `run id is ${JSON.stringify(runId)}, allowed is ${RUN_ID_PATTERN.source}`,
    { hint: "Run `holdfast runs` to see the runs there are." },
  );
}

/** Five digits keep the order of numbers in the order of keys. */
function padded(n: number): string {
  return String(n).padStart(5, "0");
}
