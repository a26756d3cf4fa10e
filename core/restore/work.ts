/**
 * A restore as numbered pieces that sessions take side by side. Deterministic: a number names the same piece in every
 * invocation and attempt, because archive and manifest never change.
 * @module
 */
import type { RestoreEntry, RestorePhases } from "../postgres/ddl/index.ts";
import { independentUnits, isOfMarkerName } from "../postgres/load/entries.ts";
import { chunkObjects, type Slice } from "../vault/manifest/chunk-objects.ts";
import type { Manifest } from "../vault/manifest/schema.ts";

export type ParallelPhase = "indexes" | "foreignKeys";

/** Numbers of the chunks to be loaded, biggest first, so that none is left to run alone at the end. */
export function chunkNumbers(manifest: Manifest): number[] {
  return chunkObjects(manifest)
    .filter(({ slices }) => slices.some(isOfUser))
    .toSorted((a, b) => b.written.plainBytes - a.written.plainBytes || a.n - b.n)
    .map(({ n }) => n);
}

function isOfUser({ table, isPassedBy }: Slice): boolean {
  return isPassedBy === undefined && (table === null || !isOfMarkerName(table.schema));
}

/** Definitions alone are not what most people expect to get back, though they may be all there was. */
export function holdsNoRow({ tables, largeObjects }: Manifest): boolean {
  return largeObjects.count === 0 && tables.every(({ rows }) => rows === 0);
}

export const NO_ROW = "the restore point holds no row: only definitions are restored";

/** Lists of entries, each for one session; what depends on one another is in one list. */
export function unitsOf(phases: RestorePhases, phase: ParallelPhase): RestoreEntry[][] {
  return independentUnits(phases[phase]);
}

/** A group is a function's call: as many units as take some seconds, or one that takes long. */
const GROUP_ROWS = 1_000_000;
const GROUP_UNITS = 50;

/** Units in groups for functions, whose calls cost more than a small table's index. Deterministic. */
export function groupsOf(units: readonly RestoreEntry[][], { tables }: Pick<Manifest, "tables">): RestoreEntry[][][] {
  const rowsOf = new Map(tables.map((table) => [`${table.schema}.${table.name}`, table.rows]));
  const rowsOfEntry = ({ table }: RestoreEntry): number =>
    table === undefined ? 0 : (rowsOf.get(`${table.schema}.${table.name}`) ?? 0);
  return inGroups(units, (unit) => unit.reduce((sum, entry) => sum + rowsOfEntry(entry), 0));
}

/** Neighbours together, up to a sum of rows and a number. */
export function inGroups<Item>(items: readonly Item[], rowsOf: (item: Item) => number): Item[][] {
  const groups: Item[][] = [];
  let rows = Number.POSITIVE_INFINITY;
  for (const item of items) {
    const own = rowsOf(item);
    const last = groups.at(-1);
    if (last !== undefined && rows + own <= GROUP_ROWS && last.length < GROUP_UNITS) {
      last.push(item);
      rows += own;
    } else {
      groups.push([item]);
      rows = own;
    }
  }
  return groups;
}
