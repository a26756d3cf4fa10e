/** One range: one COPY, counted; then its row hash where asked. @module */
import { IntegrityError, SnapshotLostError } from "../../errors.ts";
import { mapPostgresError } from "../errors.ts";
import { type RowHashSums, rowHashOf } from "../row-hash.ts";
import { isRowTooLong } from "../row-text/index.ts";
import type { Session } from "../session.ts";
import { isRelationGone } from "../snapshot/index.ts";
import { CopyReader } from "./copy-reader.ts";

export interface RangeStatements {
  /** For messages: `"public"."orders" from block 8192`. */
  readonly label: string;
  readonly copy: string;
  readonly hash?: string;
}

export interface RangeResult {
  readonly rows: number;
  readonly rowHash?: string;
}

/**
 * Yields the text, returns the count. Leaving the iteration early or aborting cancels the statement and ends the session.
 * @throws IntegrityError `row-count-mismatch`; SnapshotLostError `table-gone`; what the server says, mapped.
 */
export async function* copyRange(
  session: Session,
  statements: RangeStatements,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer, RangeResult, undefined> {
  const { label, copy, hash } = statements;
  signal?.throwIfAborted();
  const reader = new CopyReader(copy);
  const abort = (): void => reader.fail(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  try {
    session.client.query(reader);
    yield* reader;
  } catch (error) {
    throw signal?.aborted === true ? error : explain(error, label);
  } finally {
    signal?.removeEventListener("abort", abort);
    // Cut short: the server may be waiting for us to read. Cancelled first, so that it stops now and not at its next write.
    if (!reader.isSettled) {
      await session.cancel();
      await session.end();
    }
  }
  const rows = reader.messages;
  if (reader.announcedRows !== rows) throw mismatch(label, `COPY sent ${rows} rows`, `says ${reader.announcedRows}`);
  const sums = hash === undefined ? undefined : await hashSums(session, hash);
  if (sums === undefined) return { rows };
  if (Number(sums.rows) !== rows) {
    throw mismatch(label, `COPY sent ${rows} rows`, `the row hash saw ${sums.rows}`);
  }
  return { rows, rowHash: rowHashOf(sums) };
}

/** @returns nothing where a row's record is too long for the server: whoever compares makes the hash from the text itself. */
async function hashSums(session: Session, query: string): Promise<RowHashSums | undefined> {
  await session.query("SAVEPOINT holdfast_hash");
  try {
    const [sums] = await session.query<RowHashSums>(query);
    await session.query("RELEASE SAVEPOINT holdfast_hash");
    return sums;
  } catch (error) {
    if (!isRowTooLong(error)) throw error;
    await session.query("ROLLBACK TO SAVEPOINT holdfast_hash");
    return undefined;
  }
}

function explain(error: unknown, label: string): Error {
  if (!isRelationGone(error)) return mapPostgresError(error, `copying ${label}`);
  return new SnapshotLostError("table-gone", `${label} was dropped or renamed under the run`, { cause: error });
}

function mismatch(label: string, got: string, want: string): IntegrityError {
  return new IntegrityError("row-count-mismatch", `${label}: ${got}, the server ${want}`, {
    hint: "This should not happen: keep the log and report it.",
  });
}
