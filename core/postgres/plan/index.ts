/** From the catalogs at a snapshot to the list of chunks that workers copy. @module */
import { isNarrow, matchesTable } from "../../parts/choice.ts";
import { checkParts, type SourceParts } from "../parts/index.ts";
import type { Session } from "../session.ts";
import { qualifiedName } from "../sql.ts";
import { type CutOptions, cutTables } from "./cut.ts";
import { planLargeObjects } from "./large-objects.ts";
import { listSequences } from "./sequences.ts";
import { listTables, type SizedTable } from "./tables.ts";
import type { DumpPlan, PlannedChunk, PlannedTable } from "./types.ts";

export type * from "./types.ts";
export { LARGE_OBJECT_PIECE_BYTES, LARGE_OBJECTS_OID } from "./types.ts";

/**
 * Plans the dump of everything the session's snapshot shows. A handful of queries for any number of tables; every
 * table with rows of its own is in exactly one chunk or in consecutive ranges of several, empty ones too.
 * @param session on an imported snapshot, while a holder keeps every table locked.
 * @throws PreconditionError `privilege-missing`, or as `checkParts`; SourceBusyError when a statement waits behind a migration.
 */
export async function planDump(
  session: Session,
  options: CutOptions & { readonly parts?: SourceParts | undefined },
): Promise<DumpPlan> {
  const { parts } = options;
  const choice = parts?.choice;
  // Asked again: preflight saw another moment, and what has been renamed since must not be left out in silence.
  const leftOut = parts && (await checkParts(session, parts));
  const isLeft = new Set(leftOut?.relations.map(qualifiedName));
  const listed = (await listTables(session, choice)).filter(({ table }) => !isLeft.has(qualifiedName(table)));
  const tables = withoutRows(listed, parts?.excludeData ?? []);
  const sequences = (await listSequences(session, choice)).filter((sequence) => !isLeft.has(qualifiedName(sequence)));
  const isWithLargeObjects = choice === undefined || !isNarrow(choice);
  const largeObjects = isWithLargeObjects ? await planLargeObjects(session, options.chunkBytes) : NO_LARGE_OBJECTS;
  const groups = [
    ...cutTables(tables, options),
    ...largeObjects.groups.map(({ bytesEstimate, ranges }) => ({
      kind: "large-objects" as const,
      bytesEstimate,
      parts: [{ ranges }],
    })),
  ];
  // Stable: equal estimates keep the order of oids, so the same database plans the same chunks.
  const ordered = groups.sort((a, b) => b.bytesEstimate - a.bytesEstimate);
  const chunks = ordered.map((group, index): PlannedChunk => ({ n: index + 1, ...group }));
  const { count, bytes } = largeObjects;
  const planned = tables.map(({ table }) => table);
  return { tables: planned, sequences, largeObjects: { count, bytes }, chunks, ...(leftOut && { leftOut }) };
}

const NO_LARGE_OBJECTS = { count: 0, bytes: 0, groups: [] };

/** Partitions of a table whose rows are left out go with it. */
function withoutRows(tables: readonly SizedTable[], patterns: readonly string[]): SizedTable[] {
  if (patterns.length === 0) return [...tables];
  const byOid = new Map(tables.map(({ table }) => [table.oid, table]));
  const isMeant = (table: PlannedTable): boolean => {
    const parent = table.parent === null ? undefined : byOid.get(table.parent);
    return matchesTable(patterns, table) || (parent?.kind === "partitioned" && isMeant(parent));
  };
  return tables.map((sized) =>
    sized.table.kind === "table" && isMeant(sized.table)
      ? { ...sized, table: { ...sized.table, rowsLeftOut: true } }
      : sized,
  );
}
