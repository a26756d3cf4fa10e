/** Who waits behind us: a migration that our locks hold up, and the application behind it. @module */
import type { Session } from "../session.ts";

export interface Waiter {
  readonly pid: number;
  readonly application: string | null;
  /** The lock it waits for, e.g. AccessExclusiveLock */
  readonly mode: string;
  /** `schema.name`, or null for what is not a relation of this database */
  readonly relation: string | null;
  /** 0 while the server has not noted the start of the wait (it does after deadlock_timeout, or at once when idle) */
  readonly waitedSeconds: number;
}

/**
 * Sessions that wait for a lock held by one of `pids` (default: this session), longest first. A holder has locked
 * every table, so whoever is blocked by any session of the run is blocked by the holder too. Usable on the holder
 * itself, within its transaction: locks are not read through the snapshot.
 */
export async function findWaiters(session: Session, pids: readonly number[] = []): Promise<Waiter[]> {
  const ours = pids.length === 0 ? [session.backendPid] : pids;
  return session.query<Waiter & Record<string, unknown>>(
    `SELECT l.pid, a.application_name AS application, l.mode,
            n.nspname || '.' || c.relname AS relation,
            coalesce(extract(epoch FROM clock_timestamp() - l.waitstart), 0)::float8 AS "waitedSeconds"
     FROM pg_locks l
     LEFT JOIN pg_stat_activity a ON a.pid = l.pid
     LEFT JOIN pg_class c ON c.oid = l.relation AND l.locktype = 'relation'
     LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE NOT l.granted AND l.pid <> ALL ($1::int[]) AND pg_blocking_pids(l.pid) && $1::int[]
     ORDER BY "waitedSeconds" DESC, l.pid`,
    [ours],
  );
}
