/**
 * Rows of tables, counted and hashed where they are.
 * @module
 */
import { sqlState } from "../errors.ts";
import { DUMPED_RELATIONS } from "../relations.ts";
import { addRowHashes, type HashedRows, type RowHashSums, rowHashOf, rowHashQuery } from "../row-hash.ts";
import { hashByCopy, isRowTooLong } from "../row-text/index.ts";
import type { Session } from "../session.ts";
import { qualifiedName } from "../sql.ts";
import type { Difference } from "./difference.ts";

export interface ComparedTable {
  readonly schema: string;
  readonly name: string;
  /** In attnum order, generated ones left out. */
  readonly columns: readonly string[];
}

export interface MeasuredRows {
  readonly rows: number;
  readonly rowHash?: string;
}

const UNDEFINED_TABLE = "42P01";
const UNDEFINED_COLUMN = "42703";
const NO_SCHEMA = "3F000";
const NOT_IN_STATE = "55000";
const UNTRANSLATABLE = "22P05";
const ANY_BYTES = "SQL_ASCII";

export interface MeasureOptions {
  /** Whether rows are hashed, or only counted. */
  readonly withHash: boolean;
  /** Of the database in whose bytes rows are hashed. Default: of the one that is measured. */
  readonly encoding?: string | undefined;
}

/**
 * Counts, or counts and hashes, the rows a dump would have of this table: of an extension's configuration table only those
 * that are the user's. One scan; another for rows too long to be hashed in SQL.
 * @returns a difference when the table or one of its columns is not there, or is a materialized view that was not filled
 */
export async function measureTable(
  session: Session,
  table: ComparedTable,
  { withHash, encoding }: MeasureOptions,
): Promise<MeasuredRows | Difference> {
  const object = qualifiedName(table);
  const from = `ONLY ${object}`;
  try {
    const where = await conditionOf(session, table);
    if (!withHash) {
      const [row] = await session.query<{ rows: string }>(`SELECT count(*)::text AS rows FROM ${from} ${where}`);
      return { rows: Number(row?.rows) };
    }
    const converted = isConverted(session.encoding, encoding) ? encoding : undefined;
    return await hashRows(session, { from, columns: table.columns, where, encoding: converted });
  } catch (error) {
    const code = sqlState(error);
    const present = { kind: "table", object, expected: "present" } as const;
    if (code === UNDEFINED_TABLE || code === NO_SCHEMA) return { ...present, aspect: "presence", got: "missing" };
    if (code === UNDEFINED_COLUMN) return { ...present, aspect: "columns", got: (error as Error).message };
    if (code === UNTRANSLATABLE) {
      return { ...present, aspect: "encoding", expected: `text of ${encoding}`, got: (error as Error).message };
    }
    if (code === NOT_IN_STATE) return { ...present, aspect: "populated", expected: "filled", got: "not filled" };
    throw error;
  }
}

async function hashRows(session: Session, hashed: HashedRows): Promise<MeasuredRows> {
  try {
    const [sums] = await session.query<RowHashSums>(rowHashQuery(hashed));
    if (sums === undefined) throw new Error("an aggregate gave no row");
    return { rows: Number(sums.rows), rowHash: rowHashOf(sums) };
  } catch (error) {
    if (!isRowTooLong(error)) throw error;
    return hashByCopy(session, hashed);
  }
}

/** Without a declared encoding bytes stay what they are, on whichever side. */
function isConverted(own: string, other = own): boolean {
  return own !== other && own !== ANY_BYTES && other !== ANY_BYTES;
}

async function conditionOf(session: Session, { schema, name }: ComparedTable): Promise<string> {
  const [row] = await session.query<{ condition: string }>(
    `WITH ${DUMPED_RELATIONS}
     SELECT condition FROM dumped JOIN pg_catalog.pg_class c USING (oid) JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE condition <> '' AND n.nspname = $1 AND c.relname = $2`,
    [schema, name],
  );
  return row?.condition ?? "";
}

/** What is left when `expected` and `got` are held against each other; of hashes only when both have one. */
export function rowDifferences(object: string, expected: MeasuredRows, got: MeasuredRows): Difference[] {
  const differences: Difference[] = [];
  const add = (aspect: string, want: string, have: string): void => {
    if (want !== have) differences.push({ kind: "table", object, aspect, expected: want, got: have });
  };
  add("rows", String(expected.rows), String(got.rows));
  if (expected.rowHash !== undefined && got.rowHash !== undefined) add("row-hash", expected.rowHash, got.rowHash);
  return differences;
}

/** Several tables as one: partitions between which rows may have moved. A hash only if all have one. */
export function sumRows(parts: readonly MeasuredRows[]): MeasuredRows {
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const hashes = parts.flatMap(({ rowHash }) => (rowHash === undefined ? [] : [rowHash]));
  return hashes.length === parts.length ? { rows, rowHash: addRowHashes(hashes) } : { rows };
}
