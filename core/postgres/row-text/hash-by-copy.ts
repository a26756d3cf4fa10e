/**
 * The row hash of a table whose rows are too long to be made into one text on the server.
 * @module
 */
import { CopyReader } from "../copy-out/copy-reader.ts";
import { mapPostgresError, sqlState } from "../errors.ts";
import type { HashedRows } from "../row-hash.ts";
import type { Session } from "../session.ts";
import { quoteLiteral, quoteName } from "../sql.ts";
import { quotingBytes } from "./record-text.ts";
import { spacesOf } from "./spaces.ts";
import { TextRowHash } from "./text-row-hash.ts";

/** A string of the server ends at 1 GB, and a record needs several of them at once. */
const TOO_LONG = new Set(["54000", "53200"]);
/** The same, met where the server has no code of its own for it. */
const TOO_LONG_MESSAGE = /^invalid memory alloc request size/;

/** Whether the server could not make one text of a row. */
export function isRowTooLong(error: unknown): boolean {
  if (TOO_LONG.has(sqlState(error) ?? "")) return true;
  return error instanceof Error && TOO_LONG_MESSAGE.test(error.message.replace(/^in a session: /, ""));
}

/**
 * What `rowHashQuery` gives, computed here from the rows' COPY text: slower, and in memory that no row's length bears on.
 * @throws PreconditionError `postgres-54000` and others by `mapPostgresError` when not even COPY can say a row
 */
export async function hashByCopy(
  session: Session,
  { from, columns, where = "", encoding = session.encoding }: HashedRows,
): Promise<{ rows: number; rowHash: string }> {
  const spaces = encoding === session.encoding ? await spacesOf(session) : [];
  const hash = new TextRowHash(columns.length, quotingBytes(spaces));
  const listed = columns.map(quoteName).join(", ");
  const reader = new CopyReader(
    `COPY (SELECT ${listed} FROM ${from} ${where}) TO STDOUT (FORMAT text, ENCODING ${quoteLiteral(encoding)})`,
  );
  session.client.query(reader);
  try {
    for await (const block of reader) hash.add(block);
  } catch (error) {
    throw mapPostgresError(error, `reading ${from}`);
  }
  return { rows: hash.rows, rowHash: hash.value };
}
