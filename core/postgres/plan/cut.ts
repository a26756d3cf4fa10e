/** Cuts tables into chunks: large ones by page ranges, small ones bundled. Pure. @module */
import type { SizedTable } from "./tables.ts";
import type { BlockRange, RowsPart } from "./types.ts";

export interface CutOptions {
  /** Text per chunk to aim at; one page can hold 64 MB of TOASTed text, so it is a target. */
  readonly chunkBytes: number;
  /** One COPY each; between two a worker looks at its time. Default 64 MiB. */
  readonly rangeBytes?: number;
}

export interface RowsGroup {
  readonly kind: "rows" | "bundle";
  readonly bytesEstimate: number;
  readonly parts: readonly RowsPart[];
}

const MIB = 1024 * 1024;
const DEFAULT_RANGE_BYTES = 64 * MIB;
/** As in pgBackRest's bundles: what is smaller costs more as an object of its own than inside another. */
const BUNDLED_BYTES = 2 * MIB;
const BUNDLE_BYTES = 32 * MIB;
/** Keeps a bundle's description well below the 400 KiB of a catalog item, whatever its columns are called. */
const BUNDLE_TABLES = 200;
const BUNDLE_DESCRIPTION_CHARS = 64 * 1024;

/** Only tables that hold rows; partitioned, materialized and foreign ones have none to copy. */
export function cutTables(tables: readonly SizedTable[], options: CutOptions): RowsGroup[] {
  const withRows = tables.filter(({ table }) => table.kind === "table" && table.rowsLeftOut === undefined);
  const isSmall = ({ bytes }: SizedTable): boolean => bytes <= Math.min(BUNDLED_BYTES, options.chunkBytes);
  const large = withRows.filter((sized) => !isSmall(sized)).flatMap((sized) => cutLarge(sized, options));
  return [...large, ...bundle(withRows.filter(isSmall), options)];
}

function cutLarge(sized: SizedTable, { chunkBytes, rangeBytes = DEFAULT_RANGE_BYTES }: CutOptions): RowsGroup[] {
  const { blocks, bytes, isHeap, condition } = sized;
  const bytesPerBlock = blocks === 0 ? bytes : bytes / blocks;
  const isWhole = !isHeap || condition !== "" || blocks <= 1;
  const blocksPerRange = isWhole
    ? Math.max(1, blocks)
    : Math.max(1, Math.floor(Math.min(rangeBytes, chunkBytes) / bytesPerBlock));
  const rangesPerChunk = Math.max(1, Math.round(chunkBytes / (blocksPerRange * bytesPerBlock)));
  const ranges = blockRanges(blocks, blocksPerRange);
  const groups: RowsGroup[] = [];
  for (let start = 0; start < ranges.length; start += rangesPerChunk) {
    const own = ranges.slice(start, start + rangesPerChunk);
    const lastBlock = own.at(-1)?.toBlock ?? blocks;
    const bytesEstimate = Math.round((lastBlock - (own[0]?.fromBlock ?? 0)) * bytesPerBlock);
    groups.push({ kind: "rows", bytesEstimate, parts: [toPart(sized, own)] });
  }
  return groups;
}

/** Contiguous from block 0 to an open end: what no range names would be lost in silence. */
function blockRanges(blocks: number, blocksPerRange: number): BlockRange[] {
  const count = Math.max(1, Math.ceil(blocks / blocksPerRange));
  return Array.from({ length: count }, (_, index) => ({
    fromBlock: index * blocksPerRange,
    toBlock: index === count - 1 ? null : (index + 1) * blocksPerRange,
  }));
}

/** Fills bundles in the order of oids, which is the order in which tables were made and are likely used together. */
function bundle(small: readonly SizedTable[], { chunkBytes }: CutOptions): RowsGroup[] {
  const limit = Math.min(BUNDLE_BYTES, chunkBytes);
  const groups: { kind: "bundle"; bytesEstimate: number; parts: RowsPart[]; chars: number }[] = [];
  for (const sized of small) {
    const part = toPart(sized, [{ fromBlock: 0, toBlock: null }]);
    const chars = JSON.stringify(part).length;
    let open = groups.at(-1);
    const isFull =
      open === undefined ||
      open.bytesEstimate + sized.bytes > limit ||
      open.parts.length >= BUNDLE_TABLES ||
      open.chars + chars > BUNDLE_DESCRIPTION_CHARS;
    if (open === undefined || isFull) {
      open = { kind: "bundle", bytesEstimate: 0, parts: [], chars: 0 };
      groups.push(open);
    }
    open.parts.push(part);
    open.bytesEstimate += sized.bytes;
    open.chars += chars;
  }
  return groups.map(({ kind, bytesEstimate, parts }) => ({ kind, bytesEstimate, parts }));
}

function toPart({ table, condition }: SizedTable, ranges: readonly BlockRange[]): RowsPart {
  const columns = table.columns.filter(({ generated }) => generated === "").map(({ name }) => name);
  const { oid: tableOid, relfilenode, schema, name } = table;
  const part = { tableOid, relfilenode, schema, name, columns, ranges };
  return condition === "" ? part : { ...part, condition };
}
