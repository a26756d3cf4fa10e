/** Long pieces of work that say all the while that their run is alive. @module */
import type { Catalog } from "../catalog/index.ts";
import { HoldfastError } from "../errors.ts";
import type { Pause } from "./deadline.ts";

/** Holders take ten minutes of silence for the run's death, leases twenty: so a few beats may fail. */
const BEAT_MILLIS = 30_000;

export interface BeatContext {
  readonly catalog: Pick<Catalog, "runs">;
  readonly pause: Pause;
}

/**
 * Does the work, however long it takes, with a beat every half minute.
 * @param work its signal aborts when the run has ended, or has lost its lease: then nobody wants the result
 * @throws CancelledError, LeaseHeldError as `beat`, whatever the work made of its signal; else as the work
 */
export async function whileBeating<Result>(
  runId: string,
  { catalog, pause }: BeatContext,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const isDone = new AbortController();
  const unwanted = new AbortController();
  const beats = (async () => {
    for (;;) {
      await pause(BEAT_MILLIS, isDone.signal);
      if (isDone.signal.aborted) return;
      try {
        await catalog.runs.beat(runId);
      } catch (error) {
        // A catalog that is busy for a moment is no reason to stop.
        if (!(error instanceof HoldfastError) || error.name === "StoreThrottledError") continue;
        unwanted.abort(error);
        return;
      }
    }
  })();
  try {
    const result = await work(unwanted.signal);
    unwanted.signal.throwIfAborted();
    return result;
  } catch (error) {
    throw unwanted.signal.aborted ? unwanted.signal.reason : error;
  } finally {
    isDone.abort();
    await beats;
  }
}
