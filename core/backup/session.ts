/**
 * Sessions of a run's source, and what may end the work on them.
 * @module
 */
import type { Catalog, Run } from "../catalog/index.ts";
import { SnapshotLostError } from "../errors.ts";
import type { Clock } from "../ids.ts";
import { type MintToken, parseConnection } from "../postgres/connection.ts";
import { openSession, type Session } from "../postgres/session.ts";
import { importSnapshot } from "../postgres/snapshot/index.ts";
import type { Deadline, Pause } from "./deadline.ts";
import { phase } from "./phases.ts";
import { backupSettings } from "./settings.ts";

/** What the states that touch the source are given. */
export interface SourceContext {
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly pause: Pause;
  readonly deadline: Deadline;
  /** The text of a connection's secret. */
  readonly readConnection: (connection: string) => Promise<string>;
  /** For connections that log in by token. */
  readonly mintToken: MintToken;
}

/** @param part what the session is for, as the server's administrator sees it */
export async function openSource(
  run: Run,
  part: string,
  context: Pick<SourceContext, "readConnection" | "mintToken">,
  signal?: AbortSignal,
): Promise<Session> {
  const { connection, database, lockWaitSeconds } = backupSettings(run);
  const secret = await context.readConnection(connection);
  const { mintToken } = context;
  const settings = parseConnection(secret, { mintToken, ...(database !== undefined && { database }) });
  return openSession(settings, {
    purpose: "read",
    applicationName: `holdfast ${part} ${run.runId}`,
    lockTimeoutMillis: lockWaitSeconds * 1000,
    ...(signal && { signal }),
  });
}

/**
 * Puts the session on the run's moment, whoever holds it just now.
 * @throws SnapshotLostError `snapshot-gone`, `snapshot-not-held`
 */
export async function importNewest(session: Session, run: Run, catalog: Catalog): Promise<void> {
  const newest = await catalog.snapshots.newest(run);
  if (newest === undefined) {
    throw new SnapshotLostError("snapshot-not-held", `nobody has published a snapshot for run ${run.runId}`);
  }
  try {
    await importSnapshot(session, newest.snapshotId);
  } catch (error) {
    // It was handed on between our question and our import.
    const next = await catalog.snapshots.newest(run);
    if (next === undefined || next.n === newest.n) throw error;
    await importSnapshot(session, next.snapshotId);
  }
  await assertSameMoment(session, run, catalog);
}

/**
 * Proves that the session reads the run's one moment, whatever the protocol of holders did: an imported snapshot prints
 * as the one it was exported from, however often it was handed on (checked 2026-11-21 on PostgreSQL 18).
 * @throws SnapshotLostError `another-moment`
 */
export async function assertSameMoment(session: Session, run: Run, catalog: Catalog): Promise<void> {
  const base = (await catalog.snapshots.get(run, 0))?.base?.text;
  const [row] = await session.query<{ text: string }>("SELECT pg_current_snapshot()::text AS text");
  if (base !== undefined && row?.text === base) return;
  throw new SnapshotLostError(
    "another-moment",
    `the session reads moment ${row?.text}, the run is of ${String(base)}`,
    {
      hint: "Two holders were at work for one run; it starts over.",
    },
  );
}

/** A run whose workers have all been silent for so long has died without saying so. */
const STALE_MILLIS = 10 * 60 * 1000;

/** Whether this beginning of the run is still dumping; what it is not, everybody lets go of. */
export function isDumping(run: Run, epoch: number, now: Date): boolean {
  const isFresh = now.getTime() - Date.parse(run.heartbeatAt) < STALE_MILLIS;
  return run.status === "running" && run.phase === phase.dumping && run.epoch === epoch && isFresh;
}
