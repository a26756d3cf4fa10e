/** Pauses for tests: none of them waits for a clock. */
import type { Pause } from "../../core/backup/deadline.ts";

/** As long as the work that it is a pause of. */
export const pauseUntilAborted: Pause = (_millis, signal) =>
  new Promise((resolve) => {
    if (signal === undefined || signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });

/** Not at all, but others get their turn. */
export const noPause: Pause = () => new Promise((resolve) => setImmediate(resolve));
