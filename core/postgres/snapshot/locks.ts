/** ACCESS SHARE on many relations, and who stands in the way. @module */
import { SnapshotLostError, SourceBusyError } from "../../errors.ts";
import { sqlState } from "../errors.ts";
import { lockTableFull, readLockRoom } from "../lock-room.ts";
import type { Relation } from "../relations.ts";
import type { Session } from "../session.ts";
import { batches, qualifiedName } from "../sql.ts";

/** Names in one LOCK statement: few round trips, and a statement text well below a megabyte. */
const LOCK_BATCH = 500;

type Lockable = Pick<Relation, "oid" | "schema" | "name">;

/**
 * Locks relations (tables and partitioned tables; others cannot be locked) in ACCESS SHARE mode until the transaction
 * ends. Takes no snapshot. ONLY, so that each table is locked for itself and not once for every ancestor.
 * On failure the transaction is aborted; the errors are the server's, see `explainLockFailure`.
 */
export async function lockRelations(session: Session, relations: readonly Lockable[], mode = ""): Promise<void> {
  for (const batch of batches(relations, LOCK_BATCH)) {
    const names = batch.map((relation) => `ONLY ${qualifiedName(relation)}`).join(", ");
    await session.query(`LOCK TABLE ${names} IN ACCESS SHARE MODE ${mode}`);
  }
}

export function isLockRefused(error: unknown): boolean {
  const state = sqlState(error);
  return state === "55P03" || state === "40P01";
}

/** Out of shared memory: the table of locks is full. */
function isLockTableFull(error: unknown): boolean {
  return sqlState(error) === "53200";
}

/** Undefined table or schema: gone or renamed since it was listed. */
export function isRelationGone(error: unknown): boolean {
  const state = sqlState(error);
  return state === "42P01" || state === "3F000";
}

/**
 * Turns a failed lock into the error that says who blocked; asks the server, so the transaction must be usable again.
 * @returns SourceBusyError `lock-not-granted`, SnapshotLostError `table-gone`, PreconditionError `lock-table-too-small`, or
 * the error itself.
 */
export async function explainLockFailure(
  session: Session,
  relations: readonly Lockable[],
  error: unknown,
  waitedMillis: number,
): Promise<unknown> {
  if (isRelationGone(error)) {
    return new SnapshotLostError("table-gone", `a table was dropped or renamed under the run: ${textOf(error)}`, {
      cause: error,
    });
  }
  if (isLockTableFull(error)) return lockTableFull(await readLockRoom(session), relations.length, error);
  if (!isLockRefused(error)) return error;
  const blockers = await findBlockers(session, relations);
  const who = blockers.length === 0 ? "a session that is gone by now" : blockers.map(describeBlocker).join("; ");
  const seconds = Math.round(waitedMillis / 1000);
  return new SourceBusyError("lock-not-granted", `no ACCESS SHARE lock within ${seconds} s, blocked by ${who}`, {
    hint: "Let the blocking statement end, or run backups apart from migrations.",
    cause: error,
  });
}

interface Blocker {
  readonly pid: number | null;
  readonly application: string | null;
  readonly role: string | null;
  readonly granted: boolean;
  readonly schema: string;
  readonly name: string;
  readonly seconds: number | null;
}

/** Sessions that hold or await the one mode that conflicts with ours; a prepared transaction has no process. */
async function findBlockers(session: Session, relations: readonly Lockable[]): Promise<Blocker[]> {
  return session.query<Blocker & Record<string, unknown>>(
    `SELECT l.pid, a.application_name AS application, a.usename AS role, l.granted,
            n.nspname AS schema, c.relname AS name,
            extract(epoch FROM clock_timestamp() - a.xact_start)::int AS seconds
     FROM pg_locks l
     JOIN pg_class c ON c.oid = l.relation
     JOIN pg_namespace n ON n.oid = c.relnamespace
     LEFT JOIN pg_stat_activity a ON a.pid = l.pid
     WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock'
       AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND l.relation = ANY ($1::oid[]) AND l.pid IS DISTINCT FROM pg_backend_pid()
     ORDER BY l.granted DESC, l.pid
     LIMIT 5`,
    [relations.map(({ oid }) => oid)],
  );
}

function describeBlocker(blocker: Blocker): string {
  const process = blocker.pid === null ? "a prepared transaction" : `process ${blocker.pid}`;
  const who = blocker.application ? ` (${blocker.application}${blocker.role ? `, ${blocker.role}` : ""})` : "";
  const since = blocker.seconds === null ? "" : ` in a transaction of ${blocker.seconds} s`;
  return `${process}${who} ${blocker.granted ? "holding" : "waiting for"} ${qualifiedName(blocker)}${since}`;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
