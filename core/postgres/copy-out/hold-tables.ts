/** A worker's own locks on the tables of its chunk. @module */
import { setTimeout as delay } from "node:timers/promises";
import type { Relation } from "../relations.ts";
import type { Session } from "../session.ts";
import { assertSame, explainLockFailure, isLockRefused, lockRelations } from "../snapshot/index.ts";

const RETRY_MILLIS = 500;

/**
 * ACCESS SHARE on every table, without queueing: behind a queued ALTER a waiting lock would wait for the
 * holder, who waits for us, and PostgreSQL sees no deadlock in that. Then checks that each table is the planned one.
 * The holder's lock alone is not enough: it may be lost without our snapshot being lost.
 * @throws SourceBusyError `lock-not-granted` naming the blocker; SnapshotLostError `table-gone`, `table-rewritten`.
 */
export async function holdTables(
  session: Session,
  tables: readonly Pick<Relation, "oid" | "relfilenode" | "schema" | "name">[],
  options: { readonly lockWaitMillis: number; readonly signal?: AbortSignal },
): Promise<void> {
  if (tables.length === 0) return;
  let waitedMillis = 0;
  for (;;) {
    options.signal?.throwIfAborted();
    await session.query("SAVEPOINT holdfast_locks");
    try {
      await lockRelations(session, tables, "NOWAIT");
      break;
    } catch (error) {
      await session.query("ROLLBACK TO SAVEPOINT holdfast_locks").catch(() => {});
      if (!isLockRefused(error) || waitedMillis >= options.lockWaitMillis) {
        throw await explainLockFailure(session, tables, error, waitedMillis);
      }
    }
    const pause = Math.min(RETRY_MILLIS, options.lockWaitMillis - waitedMillis);
    // An abort wakes it early; the next round throws the signal's own reason.
    await delay(pause, undefined, options.signal === undefined ? {} : { signal: options.signal }).catch(() => {});
    waitedMillis += pause;
  }
  await session.query("RELEASE SAVEPOINT holdfast_locks");
  await assertSame(session, tables);
}
