/**
 * Keeps one moment of the source for as long as a dump takes, longer than any function lives. Two lanes of invocations
 * take turns: holder n+1 imports the snapshot and locks every table while n still holds, then n lets go.
 * @module
 */
import type { Run, Settings, Snapshot } from "../../catalog/index.ts";
import { SnapshotLostError, SourceBusyError, StoreThrottledError } from "../../errors.ts";
import type { Session } from "../../postgres/session.ts";
import { findWaiters, type RelayOptions, relayBase, takeBase, type Waiter } from "../../postgres/snapshot/index.ts";
import { assertSameMoment, isDumping, openSource, type SourceContext } from "../session.ts";
import { type BackupSettings, backupSettings, partsOf } from "../settings.ts";

export interface HoldRequest {
  readonly runId: string;
  /** The run's beginning that this lane belongs to. */
  readonly epoch: number;
  /** Place in the chain; 0 takes the base, the others relay it. */
  readonly n: number;
}

export interface HoldResult {
  /** What the lane holds next. */
  readonly n: number;
  readonly isDone: boolean;
}

/** Also what keeps the connection alive: a NAT drops one after 350 s of silence. */
const POLL_MILLIS = 2_000;
/** A stand-by that has waited longer asks for a fresh invocation, so that it can hold for the whole time. */
const FRESH_MILLIS = 30_000;
/** Who has read our snapshot's name a moment ago, or hands it to pg_dump, may still import it. */
const LONGEST_GRACE_MILLIS = 10_000;
/** A question about locks is answered at once, by a busy server within seconds. */
const ANSWER_MILLIS = 60_000;
/** Lanes alternate. */
const LANES = 2;

/**
 * Returns when the successor holds, when the dump is over (`isDone`), or when a stand-by needs fresh time.
 * @throws SnapshotLostError `holder-restarted`, `holder-lost`, `handover-missed` and what relayBase throws;
 *   SourceBusyError `migration-waiting`, `lock-not-granted`; what openSession throws.
 */
export async function hold(request: HoldRequest, context: SourceContext): Promise<HoldResult> {
  const { runId, n } = request;
  const run = await context.catalog.runs.expect(runId);
  if (!isStill(run, request, context)) return { n, isDone: true };
  if ((await context.catalog.snapshots.get(run, n + 1)) !== undefined) return { n: n + LANES, isDone: false };
  if ((await context.catalog.snapshots.get(run, n)) !== undefined) throw startedTwice(n);
  const settings = backupSettings(run);
  if (n === 0) return holdAs(run, request, settings, context, (session) => begin(session, settings));
  const predecessor = await standBy(run, request, settings, context);
  if (predecessor === "done") return { n, isDone: true };
  if (predecessor === "needs-fresh-time") return { n, isDone: false };
  return holdAs(run, request, settings, context, (session) => relay(session, predecessor, settings));
}

function isStill(run: Run, { epoch }: HoldRequest, { clock }: SourceContext): boolean {
  return isDumping(run, epoch, clock());
}

async function standBy(
  run: Run,
  request: HoldRequest,
  { holdSeconds, relayLeadSeconds }: BackupSettings,
  context: SourceContext,
): Promise<Snapshot | "done" | "needs-fresh-time"> {
  const { catalog, clock, pause, deadline } = context;
  const begunAt = clock().getTime();
  const neededMillis = (holdSeconds + relayLeadSeconds) * 1000;
  for (;;) {
    const waitedMillis = clock().getTime() - begunAt;
    const isShort = deadline.remainingMillis() < neededMillis;
    const predecessor = await catalog.snapshots.get(run, request.n - 1);
    if (predecessor !== undefined) {
      const dueAt = Date.parse(predecessor.handoverAt) - relayLeadSeconds * 1000;
      if (clock().getTime() >= dueAt) return isShort && waitedMillis > FRESH_MILLIS ? "needs-fresh-time" : predecessor;
    }
    // Before Lambda ends it: a long wait for the predecessor is nobody's failure.
    if (deadline.remainingMillis() < FRESH_MILLIS) return "needs-fresh-time";
    await pause(POLL_MILLIS);
    if (!isStill(await catalog.runs.expect(request.runId), request, context)) return "done";
  }
}

interface Held {
  readonly snapshotId: string;
  readonly base?: Settings;
}

function startedTwice(n: number): SnapshotLostError {
  return new SnapshotLostError(
    "holder-restarted",
    `holder ${n} was started again, and one has published its snapshot`,
    {
      hint: "The function that held the snapshot ended unexpectedly, or was called twice; the run starts over.",
    },
  );
}

async function begin(session: Session, settings: BackupSettings): Promise<Held> {
  const { snapshotId, snapshot } = await takeBase(session, holding(settings));
  return { snapshotId, base: { ...snapshot } };
}

async function relay(session: Session, { snapshotId }: Snapshot, settings: BackupSettings): Promise<Held> {
  return relayBase(session, snapshotId, holding(settings));
}

/** What is left out of the backup is not locked for it. */
function holding(settings: BackupSettings): RelayOptions {
  const choice = partsOf(settings)?.choice;
  return { lockTimeoutMillis: settings.lockWaitSeconds * 1000, ...(choice && { choice }) };
}

async function holdAs(
  run: Run,
  request: HoldRequest,
  settings: BackupSettings,
  context: SourceContext,
  take: (session: Session) => Promise<Held>,
): Promise<HoldResult> {
  const { catalog, clock, deadline } = context;
  const session = await openSource(run, `hold ${request.n}`, context);
  try {
    const { snapshotId, base } = await take(session);
    if (base === undefined) await assertSameMoment(session, run, catalog);
    const holdMillis = Math.min(settings.holdSeconds * 1000, deadline.remainingMillis());
    const isOurs = await catalog.snapshots.publish(run, {
      n: request.n,
      snapshotId,
      handoverAt: new Date(clock().getTime() + holdMillis),
      ...(base === undefined ? {} : { base }),
    });
    if (!isOurs) throw startedTwice(request.n);
    return await keep(run, request, session, settings, context);
  } finally {
    await session.end();
  }
}

async function keep(
  run: Run,
  request: HoldRequest,
  session: Session,
  settings: BackupSettings,
  context: SourceContext,
): Promise<HoldResult> {
  const { catalog, clock, pause, deadline } = context;
  const { n, runId } = request;
  const graceMillis = Math.min(LONGEST_GRACE_MILLIS, settings.relayLeadSeconds * 1000);
  for (;;) {
    await pause(POLL_MILLIS, session.lost);
    await assertUndisturbed(session, settings, context);
    const now = await unlessBusy(catalog.runs.expect(runId));
    if (now !== undefined && !isStill(now, request, context)) return { n, isDone: true };
    const successor = await unlessBusy(catalog.snapshots.get(run, n + 1));
    if (successor !== undefined && clock().getTime() >= Date.parse(successor.publishedAt) + graceMillis) {
      return { n: n + LANES, isDone: false };
    }
    if (deadline.remainingMillis() === 0) {
      if (successor !== undefined) return { n: n + LANES, isDone: false };
      throw new SnapshotLostError("handover-missed", `holder ${n} had to end before holder ${n + 1} was there`, {
        hint: "Raise relayLeadSeconds of the source, or look into why functions of its network start slowly.",
      });
    }
  }
}

/** A catalog that is busy for a moment is no reason to lose the one that everybody copies from: it is asked again. */
async function unlessBusy<Answer>(asked: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof StoreThrottledError) return undefined;
    throw error;
  }
}

/** The session lives, and nobody has waited behind our locks for longer than the source allows. */
async function assertUndisturbed(
  session: Session,
  { lockWaitSeconds }: BackupSettings,
  context: SourceContext,
): Promise<void> {
  const waiters = await askWaiters(session, context).catch((cause: unknown) => {
    // A standby that needs to go on replaying says so itself.
    if (cause instanceof SnapshotLostError) throw cause;
    throw new SnapshotLostError("holder-lost", "the session that holds the snapshot has ended", {
      hint: "Look in the server's log for why: a restart, a terminated backend, a network that drops connections.",
      cause,
    });
  });
  const longest = waiters[0];
  if (longest === undefined || longest.waitedSeconds <= lockWaitSeconds) return;
  const who = `process ${longest.pid} (${longest.application || "unnamed"}), ${longest.mode}`;
  const what = longest.relation === null ? "" : ` on ${longest.relation}`;
  throw new SourceBusyError(
    "migration-waiting",
    `${who}${what} has waited behind the backup for ${lockWaitSeconds} s`,
    {
      hint: "The backup has let go so that it can run; schedule migrations and backups apart.",
    },
  );
}

/** Over a network that has fallen silent no answer ever comes, and no error for a quarter of an hour. */
async function askWaiters(session: Session, { pause }: SourceContext): Promise<Waiter[]> {
  const answered = new AbortController();
  const silence = pause(ANSWER_MILLIS, answered.signal).then(() => {
    if (answered.signal.aborted) return [];
    throw new SnapshotLostError("holder-lost", "the session that holds the snapshot does not answer any more", {
      hint: "Look whether the server is overloaded, or something on the way drops its packets.",
    });
  });
  try {
    return await Promise.race([findWaiters(session), silence]);
  } finally {
    answered.abort();
  }
}
