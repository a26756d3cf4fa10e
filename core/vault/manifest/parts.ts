/**
 * Takes the chunk lists of a very long manifest apart and joins them again.
 * @module
 */
import { IntegrityError } from "../../errors.ts";
import { CHUNK_PART_FORMAT, type ChunkPart, type Manifest, type ManifestChunk } from "./schema.ts";

/** About 5 MB of JSON per part; a manifest with fewer chunks is one object. */
export const MOST_CHUNKS_PER_PART = 10_000;

type Entry = ChunkPart["chunks"][number];

/** The manifest without its chunks, and the parts that hold them; no parts when it is short. */
export function splitManifest(
  manifest: Manifest,
  chunksPerPart: number = MOST_CHUNKS_PER_PART,
): { head: Manifest; parts: ChunkPart[] } {
  const entries: Entry[] = [
    ...manifest.tables.flatMap(({ oid, chunks }) => chunks.map((chunk) => ({ table: oid, chunk }))),
    ...manifest.largeObjects.chunks.map((chunk) => ({ table: null, chunk })),
  ];
  if (entries.length <= chunksPerPart) return { head: manifest, parts: [] };
  const parts: ChunkPart[] = [];
  for (let at = 0; at < entries.length; at += chunksPerPart) {
    const chunks = entries.slice(at, at + chunksPerPart);
    parts.push({ format: CHUNK_PART_FORMAT, id: manifest.id, part: parts.length + 1, chunks });
  }
  const head = {
    ...manifest,
    tables: manifest.tables.map((table) => ({ ...table, chunks: [] })),
    largeObjects: { ...manifest.largeObjects, chunks: [] },
  };
  return { head, parts };
}

/** @throws IntegrityError `manifest-invalid` when a part is of another restore point, out of order or names no table */
export function joinManifest(head: Manifest, parts: readonly ChunkPart[]): Manifest {
  const byTable = new Map<number | null, ManifestChunk[]>(head.tables.map(({ oid }) => [oid, []]));
  byTable.set(null, []);
  for (const [index, { id, part, chunks }] of parts.entries()) {
    if (id !== head.id || part !== index + 1) throw invalid(`part ${index + 1} is part ${part} of ${id}`);
    for (const { table, chunk } of chunks) {
      const list = byTable.get(table);
      if (list === undefined) throw invalid(`part ${part} has a chunk of table ${table}, which is not listed`);
      list.push(chunk);
    }
  }
  return {
    ...head,
    tables: head.tables.map((table) => ({ ...table, chunks: byTable.get(table.oid) ?? [] })),
    largeObjects: { ...head.largeObjects, chunks: byTable.get(null) ?? [] },
  };
}

const invalid = (reason: string): IntegrityError => new IntegrityError("manifest-invalid", `manifest: ${reason}`);
