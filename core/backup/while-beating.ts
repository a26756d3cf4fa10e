/** Long pieces of work that say all the while that their run is alive. @module */
import type { Catalog } from "../catalog/index.ts";
import { HoldfastError } from "../errors.ts";
import type { Pause } from "./deadline.ts";
import { whileLooking } from "./while-looking.ts";

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
  const look = async (): Promise<unknown> => {
    try {
      await catalog.runs.beat(runId);
      return undefined;
    } catch (error) {
      // A catalog that is busy for a moment is no reason to stop.
      return error instanceof HoldfastError && error.name !== "StoreThrottledError" ? error : undefined;
    }
  };
  return whileLooking({ pause, everyMillis: BEAT_MILLIS, look }, async (signal) => {
    try {
      const result = await work(signal);
      signal.throwIfAborted();
      return result;
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    }
  });
}
