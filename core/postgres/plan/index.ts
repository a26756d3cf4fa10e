/** From the catalogs at a snapshot to the list of chunks that workers copy. @module */
import type { Session } from "../session.ts";
import { type CutOptions, cutTables } from "./cut.ts";
import { planLargeObjects } from "./large-objects.ts";
import { listSequences } from "./sequences.ts";
import { listTables } from "./tables.ts";
import type { DumpPlan, PlannedChunk } from "./types.ts";

export type * from "./types.ts";
export { LARGE_OBJECT_PIECE_BYTES, LARGE_OBJECTS_OID } from "./types.ts";

/**
 * Plans the dump of everything the session's snapshot shows. A handful of queries for any number of tables; every
 * table with rows of its own is in exactly one chunk or in consecutive ranges of several, empty ones too.
 * @param session on an imported snapshot, while a holder keeps every table locked.
 * @throws PreconditionError `privilege-missing`; SourceBusyError when a statement waits behind a migration.
 */
export async function planDump(session: Session, options: CutOptions): Promise<DumpPlan> {
  const tables = await listTables(session);
  const sequences = await listSequences(session);
  const largeObjects = await planLargeObjects(session, options.chunkBytes);
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
  return { tables: tables.map(({ table }) => table), sequences, largeObjects: { count, bytes }, chunks };
}
