/** Work on the source that nobody must wait behind once its run has let go. @module */
import type { Run } from "../../catalog/index.ts";
import { CancelledError, HoldfastError } from "../../errors.ts";
import { isDumping, type SourceContext } from "../session.ts";
import { whileLooking } from "../while-looking.ts";

const LOOK_MILLIS = 3_000;

/**
 * Does the work while the run's beginning is dumping. Locks taken by it outlive the holders' own: a migration that the
 * holders let through would wait behind it.
 * @param work its signal aborts within seconds of the run's letting go
 * @throws CancelledError `run-let-go` then; else as the work
 */
export async function whileDumping<Result>(
  run: Run,
  { catalog, clock, pause }: Pick<SourceContext, "catalog" | "clock" | "pause">,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const look = async (): Promise<unknown> =>
    (await isOver(run, catalog, clock))
      ? new CancelledError("run-let-go", `run ${run.runId} is not dumping any more`)
      : undefined;
  return whileLooking({ pause, everyMillis: LOOK_MILLIS, look }, work);
}

/** A catalog that is busy for a moment is no reason to stop; a run that cannot be found is. */
async function isOver(run: Run, catalog: SourceContext["catalog"], clock: SourceContext["clock"]): Promise<boolean> {
  try {
    return !isDumping(await catalog.runs.expect(run.runId), run.epoch, clock());
  } catch (error) {
    return error instanceof HoldfastError && error.name !== "StoreThrottledError";
  }
}
