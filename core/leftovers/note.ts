/** What keeps leftovers from being cleared keeps no backup from being made; the run shows it as a note. @module */
import type { Catalog } from "../catalog/index.ts";
import type { ErrorRecord } from "../errors.ts";

export async function noteUnlooked(runId: string, error: ErrorRecord, catalog: Catalog): Promise<{ runId: string }> {
  const message = `nothing was cleared: ${error.name} (${error.code}): ${error.message}`;
  const finding = { where: "leftovers of earlier runs", code: "leftovers-not-cleared", message };
  await catalog.runs.addFindings(runId, [finding]);
  return { runId };
}
