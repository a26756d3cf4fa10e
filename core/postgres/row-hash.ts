/**
 * The digest of a table's rows whatever their order: the sum, modulo 2^128, of each row's MD5 read as a number.
 * Sums of ranges add up to the sum of the table. A digest against accidents: MD5 resists no adversary, which is what
 * the vault's authenticated encryption is for.
 * @module
 */
import { quoteLiteral, quoteName } from "./sql.ts";

export interface HashedRows {
  /** SQL that names one relation and nothing else, e.g. `ONLY "public"."orders"`. */
  readonly from: string;
  /** In attnum order, generated columns left out. */
  readonly columns: readonly string[];
  /** Empty, or `WHERE …`; it may not use the alias. */
  readonly where?: string;
  /** In whose bytes the rows' text is hashed. Default: in those it has. */
  readonly encoding?: string | undefined;
}

/** The row that `rowHashQuery` returns: four sums of 32 bits each, high to low, as decimal text. */
export interface RowHashSums {
  readonly rows: string;
  readonly a: string;
  readonly b: string;
  readonly c: string;
  readonly d: string;
  readonly [field: string]: unknown;
}

const MODULUS = 1n << 128n;

/**
 * One row of sums. PostgreSQL adds the four 32-bit words apart, exactly as numeric; carries are settled in `rowHashOf`.
 * The fence (OFFSET 0) makes it compute each MD5 once. Holds only under a session's pinned settings.
 */
export function rowHashQuery({ from, columns, where = "", encoding }: HashedRows): string {
  const row = `ROW(${columns.map(quoteName).join(", ")})::text`;
  const bytes = encoding === undefined ? row : `convert_to(${row}, ${quoteLiteral(encoding)})`;
  const word = (start: number): string => `('x' || substr(md5, ${start}, 8))::bit(32)::int8`;
  return `SELECT count(*)::text AS rows, coalesce(sum(${word(1)}), 0)::text AS a, coalesce(sum(${word(9)}), 0)::text AS b,
    coalesce(sum(${word(17)}), 0)::text AS c, coalesce(sum(${word(25)}), 0)::text AS d
    FROM (SELECT md5(${bytes}) AS md5 FROM ${from} ${where} OFFSET 0) AS hashed`;
}

/** 32 hex digits. */
export function rowHashOf({ a, b, c, d }: RowHashSums): string {
  return toHex((BigInt(a) << 96n) + (BigInt(b) << 64n) + (BigInt(c) << 32n) + BigInt(d));
}

/** The hash of rows that were hashed in parts; of none it is zero. */
export function addRowHashes(hashes: readonly string[]): string {
  return toHex(hashes.reduce((sum, hash) => sum + BigInt(`0x${hash}`), 0n));
}

function toHex(sum: bigint): string {
  return (sum % MODULUS).toString(16).padStart(32, "0");
}
