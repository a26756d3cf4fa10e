/**
 * The catalog as it stands, with what passes through it told: which run and which chunk a function works on, how far it is,
 * and what became of each attempt. The engine itself knows no log and no metric.
 * @module
 */
import type { Catalog, Chunk, Run } from "../../core/catalog/index.ts";
import type { Figures } from "../../core/config/metrics.ts";
import { logger } from "./logger.ts";
import { publish } from "./metrics.ts";
import { work } from "./work.ts";

export function observe(catalog: Catalog, installation: string): Catalog {
  const { runs, chunks, snapshots } = catalog;
  const measure = (figures: Figures, runId: string): void => {
    const { source, kind } = work.run ?? {};
    if (source !== undefined && kind !== undefined) publish(figures, { installation, source, kind }, runId);
  };
  const ended = (runId: string, n: number, isWon: boolean, sizes: Sizes): void => {
    const seconds = (performance.now() - work.attemptBegunAt) / 1000;
    const { plainBytes, storedBytes, rows } = sizes;
    logger.info(isWon ? "chunk done" : "chunk was done by another attempt", {
      chunk: n,
      plainBytes,
      storedBytes,
      rows,
      durationMillis: Math.round(seconds * 1000),
    });
    if (isWon) measure({ ChunkBytes: plainBytes, ChunkSeconds: seconds }, runId);
  };
  return {
    ...catalog,
    runs: {
      ...runs,
      get: tapped(runs.get, (run) => run === undefined || seen(run)),
      expect: tapped(runs.expect, seen),
      begin: tapped(runs.begin, seen),
      advance: tapped(runs.advance, seen),
      startOver: tapped(runs.startOver, seen),
      beat: tapped(runs.beat, seen),
    },
    chunks: {
      ...chunks,
      attempt: tapped(chunks.attempt, (chunk, runId) => {
        begun(chunk);
        if (chunk.winner !== undefined) return;
        measure({ ChunkAttempts: 1, ...(chunk.attempts > 1 ? { ChunkRetries: 1 } : {}) }, runId);
      }),
      report: tapped(chunks.report, (_result, _runId, _epoch, n, bytes) => {
        work.progress = { chunk: n, bytes };
        logger.debug("progress", work.progress);
      }),
      win: tapped(chunks.win, (isWon, runId, _epoch, n, outcome) => ended(runId, n, isWon, outcome)),
      split: tapped(chunks.split, (next, run, n, outcome) => {
        ended(run.runId, n, next !== undefined, outcome);
        if (next !== undefined) logger.info("chunk was split", { chunk: n, rest: next });
      }),
    },
    snapshots: {
      ...snapshots,
      publish: tapped(snapshots.publish, (isOurs, _run, { n, handoverAt }) =>
        logger.info(isOurs ? "snapshot published" : "another holder was first", { n, handoverAt }),
      ),
    },
  };
}

interface Sizes {
  readonly plainBytes: number;
  readonly storedBytes: number;
  readonly rows: number;
}

/** The same function; what it gave is looked at on its way back. */
function tapped<Args extends unknown[], Result>(
  act: (...args: Args) => Promise<Result>,
  look: (result: Result, ...args: Args) => unknown,
): (...args: Args) => Promise<Result> {
  return async (...args) => {
    const result = await act(...args);
    look(result, ...args);
    return result;
  };
}

/** From here on every line names the run's source and restore point; a new phase is a line of its own. */
function seen({ runId, kind, source, restorePointId, epoch, phase }: Run): void {
  const former = work.run;
  work.run = { kind, source, phase, epoch };
  if (former?.phase === phase && former.epoch === epoch) return;
  logger.appendKeys({ runId, kind, source, epoch, ...(restorePointId ? { restorePointId } : {}) });
  if (former !== undefined) logger.info("phase", { phase, before: former.phase });
}

function begun({ n, attempts, winner, bytesEstimate }: Chunk): void {
  work.attemptBegunAt = performance.now();
  work.progress = { chunk: n, bytes: 0 };
  logger.appendKeys({ chunk: n, attempt: attempts });
  if (winner !== undefined) logger.info("chunk was done before");
  else if (attempts > 1) logger.warn("chunk is tried again", { bytesEstimate });
  else logger.info("chunk begun", { bytesEstimate });
}
