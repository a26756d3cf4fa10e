/**
 * The base of a dump: every table locked first, the snapshot taken second. In the other order a TRUNCATE between the
 * two reads as an empty table, without any error.
 * @module
 */
import { SourceBusyError } from "../../errors.ts";
import type { Choice } from "../../parts/choice.ts";
import { listRelations, type Relation } from "../relations.ts";
import type { Session } from "../session.ts";
import { explainLockFailure, isRelationGone, lockRelations } from "./locks.ts";

export interface SnapshotDetails {
  /** `pg_current_snapshot()` as text, `xmin:xmax:xip,…`: which transactions the dump contains. */
  readonly text: string;
  /** Flushed position before the snapshot was taken (replayed position on a standby). */
  readonly lsnBefore: string;
  readonly lsnAfter: string;
  /** The server's clock, ISO 8601 in UTC with microseconds. */
  readonly clock: string;
  readonly lockedBeforeSnapshot: true;
  /** Global ids of this database's transactions prepared and undecided at the snapshot: not in the dump, whatever becomes of them. */
  readonly preparedTransactions: string[];
}

export interface Base {
  /** For `importSnapshot` in other sessions, for as long as this session's transaction lives. */
  readonly snapshotId: string;
  readonly snapshot: SnapshotDetails;
  readonly lockedOids: readonly number[];
}

export interface TakeBaseOptions {
  /** Default 60 s, as `lockWaitSeconds` of a source. */
  readonly lockTimeoutMillis?: number;
  /** Which tables are locked; default all. */
  readonly choice?: Choice;
}

/** Each attempt fails only when a table came or went during it, so a few suffice unless tables are made all the time. */
const ATTEMPTS = 8;

/**
 * Begins the transaction that holds locks and snapshot; it stays open until the session ends or rolls back.
 * @throws SourceBusyError `lock-not-granted` naming the blocker, `tables-keep-changing`; the transaction is rolled back.
 */
export async function takeBase(session: Session, options: TakeBaseOptions = {}): Promise<Base> {
  const lockTimeoutMillis = options.lockTimeoutMillis ?? 60_000;
  await session.query(`SET lock_timeout = ${lockTimeoutMillis}`);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const base = await tryBase(session, lockTimeoutMillis, options.choice);
    if (base !== undefined) return base;
  }
  throw new SourceBusyError(
    "tables-keep-changing",
    `tables were created, dropped or rewritten during each of ${ATTEMPTS} attempts to lock them all`,
    { hint: "Run backups apart from migrations and from jobs that create permanent tables." },
  );
}

async function tryBase(
  session: Session,
  lockTimeoutMillis: number,
  choice: Choice | undefined,
): Promise<Base | undefined> {
  const listed = await listRelations(session, ["r", "p"], choice);
  const lsnBefore = await currentPosition(session);
  await session.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  try {
    await lockRelations(session, listed);
  } catch (error) {
    await session.query("ROLLBACK");
    if (isRelationGone(error)) return undefined;
    throw await explainLockFailure(session, listed, error, lockTimeoutMillis);
  }
  try {
    const { snapshotId, snapshot } = await exportFirst(session, lsnBefore);
    const visible = await listRelations(session, ["r", "p"], choice);
    if (isSameList(listed, visible)) return { snapshotId, snapshot, lockedOids: listed.map(({ oid }) => oid) };
  } catch (error) {
    await session.query("ROLLBACK").catch(() => {});
    throw error;
  }
  await session.query("ROLLBACK");
  return undefined;
}

const LSN = `(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END)::text`;

/** Asked before the transaction: within it this query would take the snapshot ahead of the locks. */
async function currentPosition(session: Session): Promise<string> {
  const rows = await session.query<{ lsn: string }>(`SELECT ${LSN} AS lsn`);
  return rows[0]?.lsn ?? "";
}

/** The transaction's first queries: the very first one takes the snapshot that is exported. */
async function exportFirst(session: Session, lsnBefore: string): Promise<Pick<Base, "snapshotId" | "snapshot">> {
  const rows = await session.query<Omit<SnapshotDetails, "lsnBefore"> & { snapshotId: string }>(
    `SELECT pg_export_snapshot() AS "snapshotId", pg_current_snapshot()::text AS text, ${LSN} AS "lsnAfter",
            to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS clock,
            ARRAY(SELECT gid FROM pg_prepared_xacts WHERE database = current_database() ORDER BY 1)
              AS "preparedTransactions"`,
  );
  const row = rows[0];
  if (row === undefined) throw new Error("the server gave no snapshot");
  const { snapshotId, text, lsnAfter, clock, preparedTransactions } = row;
  const snapshot = { text, lsnBefore, lsnAfter, clock, lockedBeforeSnapshot: true as const, preparedTransactions };
  return { snapshotId, snapshot };
}

function isSameList(listed: readonly Relation[], visible: readonly Relation[]): boolean {
  const key = (relation: Relation): string =>
    `${relation.oid}/${relation.relfilenode}/${relation.schema.length}/${relation.schema}/${relation.name}`;
  const known = new Set(listed.map(key));
  return listed.length === visible.length && visible.every((relation) => known.has(key(relation)));
}
