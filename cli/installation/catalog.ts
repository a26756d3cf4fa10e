/**
 * The catalog, read for people.
 * @module
 */
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { createCatalog, type Run, type RunStatus } from "../../core/catalog/index.ts";
import type { Clock } from "../../core/ids.ts";
import { withAwsErrors } from "./aws-errors.ts";
import type { CatalogView, RunFilter } from "./port.ts";
import { asView } from "./run-view.ts";

const statuses: readonly RunStatus[] = ["running", "succeeded", "failed", "skipped"];
/** Of each source, or of each status: with a filter not every run looked at is one wanted. Runs are kept for 90 days. */
const MOST_LOOKED_AT = 5000;

export function createCatalogView(client: DynamoDBDocumentClient, table: string, clock: Clock): CatalogView {
  const { restorePoints, runs, chunks } = createCatalog({ client, table, clock });
  const newest = async (source: string | undefined, limit: number, filter: RunFilter): Promise<readonly Run[]> => {
    if (source !== undefined) return await runs.list(source, limit);
    const wanted = filter.status === undefined ? statuses : [filter.status];
    const found = await Promise.all(wanted.map((status) => runs.listByStatus(status, limit)));
    return found.flat();
  };
  return {
    restorePoints: (source) => withAwsErrors(() => restorePoints.list(source)),
    restorePoint: (id, source) => withAwsErrors(() => restorePoints.get(id, source)),
    runs: async (source, limit, filter = {}) => {
      const isFiltered = Object.values(filter).some((value) => value !== undefined);
      const found = await withAwsErrors(() => newest(source, isFiltered ? MOST_LOOKED_AT : limit, filter));
      // Ids begin with their source, so only the time puts runs of several sources in order.
      const newestFirst = found.toSorted((a, b) => b.startedAt.localeCompare(a.startedAt));
      return newestFirst
        .filter((run) => isWanted(run, filter))
        .slice(0, limit)
        .map(asView);
    },
    run: async (runId) => {
      const run = await withAwsErrors(() => runs.get(runId));
      return run === undefined ? undefined : asView(run);
    },
    progress: (runId) =>
      withAwsErrors(async () => {
        const run = await runs.get(runId);
        return run === undefined ? undefined : await chunks.progress(run);
      }),
  };
}

function isWanted({ status, kind, startedAt }: Run, filter: RunFilter): boolean {
  return (
    (filter.status === undefined || status === filter.status) &&
    (filter.kind === undefined || kind === filter.kind) &&
    (filter.since === undefined || Date.parse(startedAt) >= filter.since.getTime())
  );
}
