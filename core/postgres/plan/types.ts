/** What a dump consists of and how it is cut, in the manifest's own terms where it says the same. @module */

import type { LeftOut } from "../parts/index.ts";

export interface PlannedColumn {
  readonly attnum: number;
  readonly name: string;
  readonly typeOid: number;
  /** pg_attribute.attgenerated. Stored and virtual ones are not copied: their values follow from the others. */
  readonly generated: "" | "s" | "v";
  /** pg_attribute.attidentity */
  readonly identity: "" | "a" | "d";
}

/** The manifest's entry of a table, without what only copying it tells. */
export interface PlannedTable {
  readonly oid: number;
  /** 0 where there is no storage. */
  readonly relfilenode: number;
  /** Only "table" has chunks; a foreign table's data is elsewhere, a materialized view is refreshed. */
  readonly kind: "table" | "partitioned" | "matview" | "foreign";
  /** pg_class.relpersistence; temporary tables are never planned. */
  readonly persistence: "p" | "u";
  /** The partitioned table it is a part of, or the first table it inherits from. */
  readonly parent: number | null;
  readonly schema: string;
  readonly name: string;
  /** In attnum order, without dropped ones. */
  readonly columns: PlannedColumn[];
  /** Columns of the primary key in its order. */
  readonly key: string[] | null;
  /** pg_class.relreplident */
  readonly replicaIdentity: "d" | "n" | "f" | "i";
  /** Materialized views only: whether it held data, and so is refreshed on restore. */
  readonly populated?: boolean;
  /** Its definition alone is dumped. */
  readonly rowsLeftOut?: true;
}

export interface PlannedSequence {
  readonly schema: string;
  readonly name: string;
  /** 64 bits, as text. */
  readonly lastValue: string;
  readonly isCalled: boolean;
}

/** Blocks of a table: from inclusive, to exclusive; null is the open end. */
export interface BlockRange {
  readonly fromBlock: number;
  readonly toBlock: number | null;
}

/** Large objects by oid, likewise; the byte bounds cut one object that is larger than a chunk. */
export interface LargeObjectRange {
  readonly fromOid: number;
  readonly toOid: number | null;
  readonly fromByte: number;
  readonly toByte: number | null;
}

/** Some ranges of one table, in order. */
export interface RowsPart {
  readonly tableOid: number;
  readonly relfilenode: number;
  readonly schema: string;
  readonly name: string;
  /** Those that are copied, in attnum order; may be empty. */
  readonly columns: readonly string[];
  readonly ranges: readonly BlockRange[];
  /** `WHERE …` of an extension's configuration table. */
  readonly condition?: string;
}

export interface LargeObjectsPart {
  readonly ranges: readonly LargeObjectRange[];
}

interface Numbered {
  /** From 1, biggest first. */
  readonly n: number;
  /** Bytes of text to expect, by the size on the server's disk. */
  readonly bytesEstimate: number;
}

export type PlannedRows = Numbered & { readonly kind: "rows" | "bundle"; readonly parts: readonly RowsPart[] };
export type PlannedLargeObjects = Numbered & {
  readonly kind: "large-objects";
  readonly parts: readonly LargeObjectsPart[];
};
/** A unit of transfer, retry and digest; plain JSON. */
export type PlannedChunk = PlannedRows | PlannedLargeObjects;

export interface DumpPlan {
  readonly tables: readonly PlannedTable[];
  readonly sequences: readonly PlannedSequence[];
  readonly largeObjects: { readonly count: number; readonly bytes: number };
  readonly chunks: readonly PlannedChunk[];
  /** Absent where everything is dumped. */
  readonly leftOut?: LeftOut;
}

/** The oid of pg_largeobject, under which slices of large objects are reported. */
export const LARGE_OBJECTS_OID = 2613;
/** One row of a large-objects chunk holds at most so many bytes; the format fixes it (docs/FORMAT.md). */
export const LARGE_OBJECT_PIECE_BYTES = 256 * 1024;
