/** The server's one table of locks: how many it has room for, and which setting makes it larger. @module */
import { PreconditionError } from "../errors.ts";
import type { Session } from "./session.ts";

/** Each locks every table: two holders and pg_dump. */
const SESSIONS_LOCKING_ALL = 3;
/** Above half, others would soon find the table full: at defaults one session with 14,500 locks fills it. */
const LOCK_SHARE = 0.5;

export interface LockRoom {
  /** `max_locks_per_transaction` */
  readonly locks: number;
  /** By how much the server multiplies it. */
  readonly slots: number;
}

/** Takes no lock itself, so it also answers when the table is full. */
export async function readLockRoom(session: Session): Promise<LockRoom> {
  const rows = await session.query<LockRoom & Record<string, unknown>>(
    `SELECT current_setting('max_locks_per_transaction')::int AS locks,
            current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int AS slots`,
  );
  return rows[0] ?? { locks: 0, slots: 1 };
}

/** @throws PreconditionError `lock-table-too-small` naming the setting and a value for it */
export function checkLockRoom({ locks, slots }: LockRoom, tables: number): void {
  const need = tables * SESSIONS_LOCKING_ALL;
  const allowed = Math.floor(locks * slots * LOCK_SHARE);
  if (need <= allowed) return;
  const enough = Math.ceil(need / LOCK_SHARE / slots);
  throw tooSmall(`${tables} tables need ${need} locks, half the server's lock table is ${allowed}`, enough, locks);
}

/**
 * What to say when the server had no room for one more lock, whatever was reckoned beforehand: others hold many, too.
 * @param tables how many the failed statement's session wanted to lock
 */
export function lockTableFull({ locks, slots }: LockRoom, tables: number, cause: unknown): PreconditionError {
  const enough = Math.max(2 * locks, Math.ceil((tables * SESSIONS_LOCKING_ALL) / LOCK_SHARE / slots));
  return tooSmall(`the server's lock table was full before ${tables} tables were locked`, enough, locks, cause);
}

function tooSmall(message: string, enough: number, locks: number, cause?: unknown): PreconditionError {
  const hint = `Set max_locks_per_transaction to ${enough} or more (now ${locks}); it takes a restart.`;
  return new PreconditionError("lock-table-too-small", message, { hint, cause });
}
