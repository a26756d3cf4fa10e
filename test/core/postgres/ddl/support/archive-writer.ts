import type { TocEntry } from "../../../../../core/postgres/ddl/index.ts";

/** What `writeArchive` lets a test choose of the header. */
export interface ArchiveOptions {
  readonly minor?: number;
  readonly intSize?: number;
  readonly offsetSize?: number;
  /** Instead of the true number of entries. */
  readonly announced?: number;
}

/** Writes pg_dump's custom format by its own description, so that versions we cannot run are read too. */
export function writeArchive(entries: readonly Partial<TocEntry>[], options: ArchiveOptions = {}): Uint8Array {
  const { minor = 16, intSize = 4, offsetSize = 8, announced = entries.length } = options;
  const int = (value: number) => {
    const bytes = Buffer.alloc(1 + intSize);
    bytes[0] = value < 0 ? 1 : 0;
    bytes.writeUInt32LE(Math.abs(value), 1);
    return bytes;
  };
  const text = (value: string | undefined) => (value === undefined ? int(-1) : raw(Buffer.from(value, "utf8")));
  const raw = (value: Uint8Array) => Buffer.concat([int(value.length), value]);
  const sections = { none: 1, "pre-data": 2, data: 3, "post-data": 4 };
  const written = entries.map((entry, index) =>
    Buffer.concat([
      int(entry.dumpId ?? index + 1),
      int(entry.hasData ? 1 : 0),
      text(String(entry.catalogOid ?? 0)),
      text(String(entry.oid ?? 0)),
      text(entry.tag ?? "tag"),
      text(entry.desc ?? "TABLE"),
      int(sections[entry.section ?? "pre-data"]),
      ...[entry.defn ?? "", entry.dropStmt ?? "", entry.copyStmt, entry.namespace, entry.tablespace].map(text),
      ...(minor >= 14 ? [text(entry.tableAccessMethod)] : []),
      ...(minor >= 16 ? [int(entry.relkind?.charCodeAt(0) ?? 0)] : []),
      text(entry.owner ?? ""),
      text("false"),
      ...(entry.dependencies ?? []).map((dumpId) => text(String(dumpId))),
      text(undefined),
      Buffer.alloc(1 + offsetSize),
    ]),
  );
  return Buffer.concat([
    Buffer.from("PGDMP"),
    Buffer.of(1, minor, 0, intSize, offsetSize, 1),
    minor >= 15 ? Buffer.of(0) : int(0),
    ...Array.from({ length: 7 }, () => int(0)),
    ...["shop", "18.4", "18.3"].map(text),
    int(announced),
    ...written,
  ]);
}
