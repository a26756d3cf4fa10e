/** Whether the server has room for a run: connections, and places in the table of locks. @module */
import { PreconditionError, SourceUnavailableError } from "../../errors.ts";
import { listRelations } from "../relations.ts";
import type { Session } from "../session.ts";

/** Two holders overlap at a relay; one session plans, one serves pg_dump. */
const SESSIONS_BESIDE_WORKERS = 4;
/** Each locks every table: two holders and pg_dump. */
const SESSIONS_LOCKING_ALL = 3;
/** Above half, others would soon find the table full: at defaults one session with 14,500 locks fills it. */
const LOCK_SHARE = 0.5;

interface Room {
  readonly capacity: number;
  readonly used: number;
  readonly own: number;
  readonly locks: number;
  readonly slots: number;
  readonly [field: string]: unknown;
}

/**
 * @throws PreconditionError `max-connections-too-low`, `lock-table-too-small` naming the setting and a value for it;
 * SourceUnavailableError `too-many-connections` when others use what there is.
 */
export async function checkCapacity(session: Session, workers: number): Promise<void> {
  const rows = await session.query<Room>(
    `SELECT least(
              current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
                - coalesce(current_setting('reserved_connections', true)::int, 0),
              (SELECT nullif(rolconnlimit, -1) FROM pg_roles WHERE rolname = current_user),
              (SELECT nullif(datconnlimit, -1) FROM pg_database WHERE datname = current_database())
            ) AS capacity,
            (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend') AS used,
            (SELECT count(*)::int FROM pg_stat_activity WHERE pid = pg_backend_pid()) AS own,
            current_setting('max_locks_per_transaction')::int AS locks,
            current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int AS slots`,
  );
  const room = rows[0];
  if (room === undefined) throw new Error("the server does not tell its settings");
  checkConnections(room, workers);
  const tables = await listRelations(session, ["r", "p"]);
  checkLocks(room, tables.length);
}

function checkConnections({ capacity, used, own }: Room, workers: number): void {
  const need = workers + SESSIONS_BESIDE_WORKERS;
  const hint = "Raise max_connections (or the role's or database's limit), or lower the source's concurrency.";
  if (need > capacity) {
    throw new PreconditionError(
      "max-connections-too-low",
      `a run needs ${need} connections, this role may have ${capacity}`,
      { hint },
    );
  }
  const free = capacity - (used - own);
  if (need <= free) return;
  throw new SourceUnavailableError("too-many-connections", `a run needs ${need} connections, ${free} are free`, {
    hint,
  });
}

function checkLocks({ locks, slots }: Room, tables: number): void {
  const need = tables * SESSIONS_LOCKING_ALL;
  const allowed = Math.floor(locks * slots * LOCK_SHARE);
  if (need <= allowed) return;
  const enough = Math.ceil(need / LOCK_SHARE / slots);
  throw new PreconditionError(
    "lock-table-too-small",
    `${tables} tables need ${need} locks, half the server's lock table is ${allowed}`,
    { hint: `Set max_locks_per_transaction to ${enough} or more (now ${locks}); it takes a restart.` },
  );
}
