/**
 * One chunk from the source into the vault: COPY → compress → encrypt → multipart, streaming. A chunk that is out of time
 * or has become too large is split: what was copied is kept, the rest becomes a chunk of its own.
 * @module
 */
import type { Chunk, Run, Settings } from "../../catalog/index.ts";
import { CancelledError, HoldfastError, IntegrityError, TimeBudgetError } from "../../errors.ts";
import { type CopyOutResult, copyChunk, type Slice } from "../../postgres/copy-out/index.ts";
import { type OpenEnvelope, openEnvelope } from "../../vault/envelope/open.ts";
import type { Unwrapper } from "../../vault/envelope/recipient.ts";
import { vaultKeys } from "../../vault/keys.ts";
import { type WrittenObject, writeObject } from "../../vault/object/write.ts";
import type { Store } from "../../vault/store/port.ts";
import { importNewest, isDumping, openSource, type SourceContext } from "../session.ts";
import { backupSettings, refOf } from "../settings.ts";
import { type ChunkBody, compactBody, type PlanDocument, readPlan, wholeChunk } from "./plan-document.ts";

export interface DumpChunkContext extends SourceContext {
  readonly vault: Store;
  readonly work: Store;
  readonly unwrappers: readonly Unwrapper[];
}

export interface DumpChunkRequest {
  readonly runId: string;
  readonly epoch: number;
  readonly n: number;
}

/** What a chunk's catalog item says of the attempt that won. */
export interface ChunkWinner {
  readonly written: WrittenObject;
  readonly slices: readonly Slice[];
  /** What was copied, said by the attempt that copied it: the item's body may have been planned anew meanwhile. */
  readonly covered: ChunkBody;
}

/** A new range is begun only with this much time left: a range is about 64 MB, which 1 MB/s gets through. */
const RANGE_MILLIS = 90_000;
/** Nor is one where the slowest so far, half as much again, would not fit: what was copied would be lost with it. */
const RANGE_MARGIN = 1.5;
/** Beyond the target by so much the rest becomes another chunk: estimates by density are no better than this. */
const OVERSIZE = 1.5;
const WATCH_MILLIS = 3_000;
/**
 * An invocation goes on with the next chunk until it has worked for so long. A line of work is one child of a distributed Map,
 * whose history may have 25,000 events, and an invocation takes seven: with a minute each, the day that a run may take has 1,440.
 */
const INVOCATION_MILLIS = 60_000;

/**
 * Copies chunk `n`, then the chunks after it for as long as the invocation is young. Any number of times, at once or late: each
 * attempt writes an object of its own, one of them wins, and a chunk that has been won is passed by.
 * @returns the chunk to go on with, or 0: then this line of work is at its end.
 * @throws what copyChunk, openSession and the stores throw of chunk `n`; TimeBudgetError `chunk-out-of-time` when not even one
 *   range could be copied; IntegrityError `chunk-length-mismatch`, `chunk-item-missing`. Of a later chunk nothing: it is
 *   returned, so that it fails, if it does so again, under its own number.
 */
export async function dumpChunk(request: DumpChunkRequest, context: DumpChunkContext): Promise<{ next: number }> {
  const { catalog, clock } = context;
  const { runId, epoch } = request;
  const begunAt = clock().getTime();
  const sources = once(openSources);
  let { n } = request;
  while (n > 0) {
    const run = await catalog.runs.expect(runId);
    if (!isDumping(run, epoch, clock())) return { next: 0 };
    try {
      n = await copyOne(run, n, context, () => sources(run, context));
    } catch (error) {
      if (n === request.n) throw error;
      return { next: n };
    }
    if (clock().getTime() - begunAt > INVOCATION_MILLIS) break;
  }
  return { next: n };
}

/** @returns the chunk to go on with, or 0 */
async function copyOne(run: Run, n: number, context: DumpChunkContext, open: () => Promise<Sources>): Promise<number> {
  const chunk = await context.catalog.chunks.attempt(run.runId, run.epoch, n);
  if (chunk.winner !== undefined) return following(run, n, chunk.next, context);
  const watch = watchRun(run, chunk, context);
  try {
    const copied = await copyOut(run, chunk, watch, await open(), context);
    return await following(run, n, await settle(run, chunk, copied, context), context);
  } catch (error) {
    if (watch.hasLetGo()) return 0;
    throw watch.signal.aborted ? (watch.signal.reason ?? error) : error;
  } finally {
    watch.stop();
  }
}

/** What all chunks of a beginning have in common. */
interface Sources {
  readonly envelope: OpenEnvelope;
  readonly plan: PlanDocument;
}

async function openSources(run: Run, { vault, work, unwrappers }: DumpChunkContext): Promise<Sources> {
  const envelope = await openEnvelope(vault, refOf(run), unwrappers);
  return { envelope, plan: await readPlan(work, envelope, run) };
}

function once<Arguments extends readonly unknown[], Result>(make: (...given: Arguments) => Promise<Result>) {
  let made: { readonly value: Result } | undefined;
  return async (...given: Arguments): Promise<Result> => {
    made ??= { value: await make(...given) };
    return made.value;
  };
}

interface Copied {
  readonly written: WrittenObject;
  readonly result: CopyOutResult;
}

async function copyOut(
  run: Run,
  chunk: Chunk,
  watch: Watch,
  { envelope, plan }: Sources,
  context: DumpChunkContext,
): Promise<Copied> {
  const { vault, catalog } = context;
  const { chunkBytes, compression, lockWaitSeconds, rowHash } = backupSettings(run);
  const ref = refOf(run);
  const session = await openSource(run, `chunk ${chunk.n}`, context, watch.signal);
  try {
    await importNewest(session, run, catalog);
    const hasTime = rangeBudget(context);
    const { stream, result } = copyChunk({
      session,
      chunk: wholeChunk(plan, chunk.n, chunk.bytesEstimate, chunk.body as unknown as ChunkBody),
      lockWaitMillis: lockWaitSeconds * 1000,
      rowHash: rowHash === "always",
      mayContinue: () => hasTime() && watch.bytes < chunkBytes * OVERSIZE,
      signal: watch.signal,
    });
    const key = vaultKeys.chunkKey(ref, chunk.n, chunk.attempts);
    const source = watch.count(stream);
    const written = await writeObject({ store: vault, envelope, ref, key, source, compression, signal: watch.signal });
    return { written, result: await result };
  } finally {
    await session.end();
  }
}

/** Asked after each range: whether there is time for one as slow as the slowest has been. */
export function rangeBudget({ clock, deadline }: Pick<DumpChunkContext, "clock" | "deadline">): () => boolean {
  let slowest = 0;
  let begunAt = clock().getTime();
  return () => {
    const now = clock().getTime();
    slowest = Math.max(slowest, now - begunAt);
    begunAt = now;
    return deadline.remainingMillis() > Math.max(RANGE_MILLIS, slowest * RANGE_MARGIN);
  };
}

async function following(
  run: Run,
  n: number,
  rest: number | undefined,
  { catalog, pause }: DumpChunkContext,
): Promise<number> {
  return rest ?? (await catalog.chunks.takeNext(run, n, pause)) ?? 0;
}

/** @returns the chunk that has the rest, if there is one */
async function settle(
  run: Run,
  chunk: Chunk,
  { written, result }: Copied,
  context: DumpChunkContext,
): Promise<number | undefined> {
  const { catalog } = context;
  const { slices, covered, rest } = result;
  const sum = slices.reduce((total, { plainBytes }) => total + plainBytes, 0);
  if (sum !== written.plainBytes) {
    const message = `chunk ${chunk.n} was copied as ${sum} bytes and written as ${written.plainBytes}`;
    throw new IntegrityError("chunk-length-mismatch", message, { hint: "This is a defect; please report it." });
  }
  const { kind } = chunk.body as unknown as ChunkBody;
  const winner: ChunkWinner = { written, slices, covered: compactBody({ kind, parts: covered }) };
  const outcome = {
    winner: winner as unknown as Settings,
    plainBytes: written.plainBytes,
    storedBytes: written.bytes,
    rows: slices.reduce((total, { rows }) => total + rows, 0),
  };
  if (rest === undefined) {
    if (await catalog.chunks.win(run.runId, run.epoch, chunk.n, outcome)) return undefined;
  } else {
    const left = { bytesEstimate: Math.max(1, chunk.bytesEstimate - written.plainBytes), body: bodyOf(kind, rest) };
    const next = await catalog.chunks.split(run, chunk.n, outcome, bodyOf(kind, covered), left);
    if (next !== undefined) return next;
  }
  // Another attempt was first; its object counts, ours is an orphan.
  return (await catalog.chunks.expect(run.runId, run.epoch, chunk.n)).next;
}

function bodyOf(kind: ChunkBody["kind"], parts: CopyOutResult["covered"]): Settings {
  return { ...compactBody({ kind, parts }) };
}

interface Watch {
  readonly signal: AbortSignal;
  readonly bytes: number;
  /** True once the work ended because the rest of the run has let go: then it is nobody's failure. */
  hasLetGo(): boolean;
  count(stream: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
  stop(): void;
}

/** Counts bytes, keeps the run alive, and ends the work when the run has let go or the time is over. */
function watchRun(run: Run, chunk: Chunk, { catalog, clock, pause, deadline }: DumpChunkContext): Watch {
  const work = new AbortController();
  const watching = new AbortController();
  let bytes = 0;
  let isOver = false;
  const letGo = (): void => {
    isOver = true;
    work.abort(new CancelledError("run-let-go", `run ${run.runId} is not dumping any more`));
  };
  const look = async (): Promise<void> => {
    try {
      await catalog.chunks.report(run.runId, run.epoch, chunk.n, bytes);
      if (!isDumping(await catalog.runs.beat(run.runId), run.epoch, clock())) letGo();
    } catch (error) {
      // A catalog that is busy for a moment is no reason to stop; a run that has ended is.
      if (error instanceof HoldfastError && error.name !== "StoreThrottledError") letGo();
    }
  };
  const loop = async (): Promise<void> => {
    while (!watching.signal.aborted) {
      await pause(Math.min(WATCH_MILLIS, deadline.remainingMillis() + 1), watching.signal);
      if (watching.signal.aborted) return;
      if (deadline.remainingMillis() === 0) {
        const message = `chunk ${chunk.n} had ${bytes} bytes when the function's time was over`;
        work.abort(new TimeBudgetError("chunk-out-of-time", message, { hint: "Lower chunkBytes of the source." }));
        return;
      }
      await look();
    }
  };
  void loop();
  return {
    signal: work.signal,
    get bytes() {
      return bytes;
    },
    hasLetGo: () => isOver,
    async *count(stream) {
      for await (const piece of stream) {
        bytes += piece.length;
        yield piece;
      }
    },
    stop: () => watching.abort(),
  };
}
