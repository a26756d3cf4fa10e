/** The time a piece of work has. @module */
export interface Deadline {
  /** Milliseconds until the work should have come to an end by itself; 0 when it is over. */
  remainingMillis(): number;
}

/** Waits; ends early, without an error, when the signal aborts. */
export type Pause = (millis: number, signal?: AbortSignal) => Promise<void>;
