/**
 * Whether the dump is whole; if not, why. Names of errors do not cross a distributed Map, so its children note theirs in the
 * catalog and this throws the gravest under its own name.
 * @module
 */
import { type Catalog, type Chunk, chunkItemMissing, type Failure, type Run } from "../catalog/index.ts";
import { CancelledError, type ErrorRecord, fromErrorRecord } from "../errors.ts";
import { phase } from "./phases.ts";

/** Notes a part's failure and lets everybody else let go: what has failed cannot become whole. */
export async function noteFailure(
  request: { readonly runId: string; readonly epoch: number; readonly where: string; readonly error: ErrorRecord },
  catalog: Catalog,
): Promise<{ next: number }> {
  const { runId, epoch, where, error } = request;
  const run = await catalog.runs.expect(runId);
  if (run.epoch !== epoch) return { next: 0 };
  await catalog.failures.record(run, where, error);
  await catalog.runs.leave(runId, epoch, phase.dumping, phase.lettingGo);
  return { next: 0 };
}

/**
 * @returns when every planned chunk has a winner; the run is committing then, and holders let go.
 * @throws the gravest error noted; IntegrityError `chunk-item-missing`; CancelledError `dump-incomplete`, `run-moved-on`
 */
export async function judgeDump(
  runId: string,
  epoch: number,
  catalog: Catalog,
): Promise<{ runId: string; chunks: number }> {
  const from = [phase.dumping, phase.lettingGo];
  const run = await catalog.runs.advance(runId, { epoch, from: [...from, phase.committing] });
  const planned = (await catalog.chunks.states(runId)).filter((chunk) => chunk.epoch === epoch);
  const undone = planned.filter(({ isWon }) => !isWon);
  const missing = missingChunks(run, planned);
  if (run.notes?.plan !== undefined && undone.length === 0 && missing.length === 0) {
    await catalog.runs.advance(runId, { epoch, from, to: phase.committing });
    return { runId, chunks: planned.length };
  }
  await catalog.runs.leave(runId, epoch, phase.dumping, phase.lettingGo);
  const failures = await catalog.failures.list(run);
  if (failures.length === 0 && missing.length > 0) throw chunkItemMissing(runId, missing);
  throw gravest(failures, run, undone.length);
}

/** Numbers of planned chunks, and of rests that were split off, whose items are gone. */
export function missingChunks({ chunksPlanned = 0 }: Run, chunks: readonly Pick<Chunk, "n" | "next">[]): number[] {
  const known = new Set(chunks.map(({ n }) => n));
  const planned = Array.from({ length: chunksPlanned }, (_, index) => index + 1);
  const rests = chunks.flatMap(({ next }) => next ?? []);
  return [...planned, ...rests].filter((n) => !known.has(n));
}

/** The first of the failures as it is thrown, with the others counted. */
export function gravest(failures: readonly Failure[], run: Run, undone: number): Error {
  const [worst] = failures;
  if (worst === undefined) {
    return new CancelledError("dump-incomplete", `${undone} chunks of run ${run.runId} were never copied`, {
      hint: "The run stood still, or was stopped from outside; start it again.",
    });
  }
  const others = failures.length === 1 ? "" : ` (and ${failures.length - 1} more)`;
  return fromErrorRecord({ ...worst.error, message: `${worst.where}: ${worst.error.message}${others}` });
}
