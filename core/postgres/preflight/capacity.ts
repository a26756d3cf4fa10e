/** Whether the server has room for a run: connections, and places in the table of locks. @module */
import { PreconditionError, SourceUnavailableError } from "../../errors.ts";
import type { Choice } from "../../parts/choice.ts";
import { checkLockRoom, readLockRoom } from "../lock-room.ts";
import { listRelations } from "../relations.ts";
import type { Session } from "../session.ts";
import type { Warning } from "./warnings.ts";

/** Two holders overlap at a relay; one session plans, one serves pg_dump. */
const SESSIONS_BESIDE_WORKERS = 4;
/** Connections that a run with fewer workers than asked for leaves to others where it shares a limit with them. */
const LEFT_TO_OTHERS = 3;
const HINT = "Raise max_connections (or the role's or database's limit), or lower the source's concurrency.";

export interface Capacity {
  /** How many connections may copy at once: as many as asked for, or fewer where fewer are free. */
  readonly workers: number;
  readonly warnings: Warning[];
}

/** One of the limits that a new connection counts against. */
interface Limit {
  /** As messages name it, e.g. `the server`, `role reader`. */
  readonly who: string;
  readonly isShared: boolean;
  readonly allowed: number;
  /** Without our own. */
  readonly used: number;
  readonly [field: string]: unknown;
}

/**
 * @throws PreconditionError `max-connections-too-low` when not even one worker can ever be had, `lock-table-too-small`;
 * SourceUnavailableError `too-many-connections` when others use what there is.
 */
export async function checkCapacity(session: Session, wanted: number, choice?: Choice): Promise<Capacity> {
  const tables = await listRelations(session, ["r", "p"], choice);
  checkLockRoom(await readLockRoom(session), tables.length);
  const fits = (await readLimits(session)).map((limit) => ({ limit, workers: workersWithin(limit, wanted) }));
  const tightest = fits.toSorted((a, b) => a.workers - b.workers)[0];
  if (tightest === undefined || tightest.workers >= wanted) return { workers: wanted, warnings: [] };
  const message = `${tightest.workers} connections copy instead of ${wanted}: ${inWords(tightest.limit)}`;
  return { workers: tightest.workers, warnings: [{ code: "concurrency-reduced", message }] };
}

function workersWithin(limit: Limit, wanted: number): number {
  const least = 1 + SESSIONS_BESIDE_WORKERS;
  if (limit.allowed < least) {
    throw new PreconditionError("max-connections-too-low", `a run needs ${least} connections, ${inWords(limit)}`, {
      hint: HINT,
    });
  }
  const free = limit.allowed - limit.used;
  if (free < least) {
    throw new SourceUnavailableError("too-many-connections", `a run needs ${least} connections, ${inWords(limit)}`, {
      hint: HINT,
    });
  }
  const left = free - SESSIONS_BESIDE_WORKERS;
  return left >= wanted ? wanted : Math.max(1, limit.isShared ? left - LEFT_TO_OTHERS : left);
}

function inWords({ who, allowed, used }: Limit): string {
  return `${who} allows ${allowed} and others use ${used}`;
}

/** Of another role's session a plain role sees whose it is and where, but not its type: unknown ones are counted. */
async function readLimits(session: Session): Promise<Limit[]> {
  return session.query<Limit>(
    `WITH other AS (
       SELECT usesysid, datid FROM pg_stat_activity
       WHERE pid <> pg_backend_pid() AND usesysid IS NOT NULL AND datid IS NOT NULL
         AND coalesce(backend_type, 'client backend') = 'client backend'
     ), role AS (
       SELECT oid, rolname, rolconnlimit FROM pg_roles WHERE rolname = session_user
     ), database AS (
       SELECT oid, datname, datconnlimit FROM pg_database WHERE datname = current_database()
     )
     SELECT 'the server' AS who, true AS "isShared",
            current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
              - coalesce(current_setting('reserved_connections', true)::int, 0) AS allowed,
            (SELECT count(*)::int FROM other) AS used
     UNION ALL
     SELECT 'role ' || rolname, false, rolconnlimit, (SELECT count(*)::int FROM other WHERE usesysid = role.oid)
     FROM role WHERE rolconnlimit >= 0
     UNION ALL
     SELECT 'database ' || datname, true, datconnlimit, (SELECT count(*)::int FROM other WHERE datid = database.oid)
     FROM database WHERE datconnlimit >= 0`,
  );
}
