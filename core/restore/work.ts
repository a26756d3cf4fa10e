/**
 * A restore as numbered pieces that sessions take side by side. Deterministic: a number names the same piece in every
 * invocation and attempt, because archive and manifest never change.
 * @module
 */
import type { RestoreEntry, RestorePhases } from "../postgres/ddl/index.ts";
import { independentUnits, isOfMarkerName } from "../postgres/load/entries.ts";
import { chunkObjects } from "../vault/manifest/chunk-objects.ts";
import type { Manifest } from "../vault/manifest/schema.ts";

export type ParallelPhase = "indexes" | "foreignKeys";

/** Numbers of the chunks to be loaded, biggest first, so that none is left to run alone at the end. */
export function chunkNumbers(manifest: Manifest): number[] {
  return chunkObjects(manifest)
    .filter(({ slices }) => slices.some(({ table }) => table === null || !isOfMarkerName(table.schema)))
    .toSorted((a, b) => b.written.plainBytes - a.written.plainBytes || a.n - b.n)
    .map(({ n }) => n);
}

/** Lists of entries, each for one session; what depends on one another is in one list. */
export function unitsOf(phases: RestorePhases, phase: ParallelPhase): RestoreEntry[][] {
  return independentUnits(phases[phase]);
}
