/**
 * A snapshot handed from session to session: a transaction that has imported a snapshot can export it again, so a dump
 * may outlive any one session. Each holder locks every table before the one before it lets go.
 * @see PostgreSQL "Snapshot Synchronization Functions"
 * @module
 */
import { SnapshotLostError } from "../../errors.ts";
import type { Choice } from "../../parts/choice.ts";
import { sqlState } from "../errors.ts";
import { listRelations } from "../relations.ts";
import type { Session } from "../session.ts";
import { quoteLiteral } from "../sql.ts";
import { assertUnchanged } from "./identity.ts";
import { explainLockFailure, lockRelations } from "./locks.ts";

/** Unknown snapshot, exporter gone, wrong database: what SET TRANSACTION SNAPSHOT says to a lost one. */
const LOST_STATES = new Set(["22023", "42704", "55000", "58P01"]);

/**
 * Begins a transaction on somebody else's snapshot.
 * @throws SnapshotLostError `snapshot-gone` when the exporting session has ended.
 */
export async function importSnapshot(session: Session, snapshotId: string): Promise<void> {
  await session.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  try {
    await session.query(`SET TRANSACTION SNAPSHOT ${quoteLiteral(snapshotId)}`);
  } catch (error) {
    await session.query("ROLLBACK").catch(() => {});
    throw LOST_STATES.has(sqlState(error) ?? "") ? snapshotGone(snapshotId, error) : error;
  }
}

function snapshotGone(snapshotId: string, cause: unknown): SnapshotLostError {
  return new SnapshotLostError("snapshot-gone", `snapshot ${snapshotId} cannot be imported any more`, {
    hint: "The session that exported it has ended; the run starts over.",
    cause,
  });
}

export interface RelayOptions {
  /** Default 60 s. */
  readonly lockTimeoutMillis?: number;
  /** Which tables are locked; default all. */
  readonly choice?: Choice;
}

export interface Relayed {
  readonly snapshotId: string;
  readonly lockedOids: readonly number[];
}

/**
 * Takes over a base: imports, locks every table the snapshot knows, checks that each is still the same, exports again.
 * The former holder may end once this has returned.
 * @throws SnapshotLostError `snapshot-gone`, `table-gone`, `table-rewritten`; SourceBusyError `lock-not-granted`.
 */
export async function relayBase(session: Session, snapshotId: string, options: RelayOptions = {}): Promise<Relayed> {
  const lockTimeoutMillis = options.lockTimeoutMillis ?? 60_000;
  await session.query(`SET lock_timeout = ${lockTimeoutMillis}`);
  await importSnapshot(session, snapshotId);
  const { choice } = options;
  const relations = await listRelations(session, ["r", "p"], choice);
  try {
    await lockRelations(session, relations);
  } catch (error) {
    await session.query("ROLLBACK").catch(() => {});
    throw await explainLockFailure(session, relations, error, lockTimeoutMillis);
  }
  try {
    await assertUnchanged(session, choice);
    const rows = await session.query<{ id: string }>("SELECT pg_export_snapshot() AS id");
    return { snapshotId: rows[0]?.id ?? "", lockedOids: relations.map(({ oid }) => oid) };
  } catch (error) {
    await session.query("ROLLBACK").catch(() => {});
    throw error;
  }
}
