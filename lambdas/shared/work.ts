/**
 * What this container does at the moment, for its log. A container serves one call at a time; each begins with `beginWork`.
 * @module
 */
import type { Run } from "../../core/catalog/index.ts";
import { logger } from "./logger.ts";

interface Work {
  run: Pick<Run, "kind" | "source" | "phase" | "epoch"> | undefined;
  attemptBegunAt: number;
  /** The last that was heard of it. */
  progress: Readonly<Record<string, number>>;
}

/** At most fifteen lines in Lambda's fifteen minutes. */
const PROGRESS_MILLIS = 60_000;

export const work: Work = { run: undefined, attemptBegunAt: 0, progress: {} };

/** @returns ends the telling of progress, however often it is called. */
export function beginWork(remainingMillis: () => number): () => void {
  const begunAt = performance.now();
  Object.assign(work, { run: undefined, attemptBegunAt: begunAt, progress: {} } satisfies Work);
  const telling = setInterval(() => {
    logger.info("at work", {
      durationMillis: Math.round(performance.now() - begunAt),
      remainingMillis: remainingMillis(),
      memoryBytes: process.memoryUsage.rss(),
      ...work.progress,
    });
  }, PROGRESS_MILLIS);
  telling.unref();
  return () => clearInterval(telling);
}
