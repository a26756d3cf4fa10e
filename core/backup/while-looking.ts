/** Work beside which somebody looks, every so often, whether it is still wanted. @module */
import type { Pause } from "./deadline.ts";

export interface Looking {
  readonly pause: Pause;
  readonly everyMillis: number;
  /** @returns what speaks against going on; undefined: nothing */
  look(): Promise<unknown>;
}

/**
 * Does the work, however long it takes; no look is under way any more when it returns.
 * @param work its signal aborts with what was found against it, after which nobody looks again
 */
export async function whileLooking<Result>(
  { pause, everyMillis, look }: Looking,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const isDone = new AbortController();
  const unwanted = new AbortController();
  const looks = (async () => {
    while (!unwanted.signal.aborted) {
      await pause(everyMillis, isDone.signal);
      if (isDone.signal.aborted) return;
      const reason = await look();
      if (reason !== undefined) unwanted.abort(reason);
    }
  })();
  try {
    return await work(unwanted.signal);
  } finally {
    isDone.abort();
    await looks;
  }
}
