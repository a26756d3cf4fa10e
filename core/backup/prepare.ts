/**
 * What a backup's run is made of, at its beginning and when it starts over.
 * @module
 */
import { sourceKey } from "../catalog/index.ts";
import { newRestorePointId } from "../ids.ts";
import {
  type BeginContext,
  type Begun,
  begunOf,
  type Prepared,
  type RunInput,
  sourceOf,
  workersOf,
} from "../runs/begin.ts";
import { phase } from "./phases.ts";
import { backupSettings } from "./settings.ts";

/** @throws ConfigurationError `unknown-source` */
export function prepareBackup({ source: id }: RunInput, { config, clock, random }: BeginContext): Prepared {
  const source = sourceOf(config, id);
  const { schedules, title, kind, retention, ...settings } = source;
  return {
    settings,
    network: source.network,
    restorePointId: newRestorePointId(clock(), random),
    leaseOn: sourceKey(id),
  };
}

/**
 * A second beginning under the same run: a new restore point, so that nothing of the first can be taken for its own.
 * Idempotent per `epoch`, the beginning that has failed.
 */
export async function restartBackup(runId: string, epoch: number, context: BeginContext): Promise<Begun> {
  const { catalog, clock, random, workers } = context;
  const id = newRestorePointId(clock(), random);
  const run = await catalog.runs.startOver(runId, epoch, id, phase.preparing);
  await catalog.runs.beat(runId);
  return begunOf(run, workersOf(backupSettings(run).network, workers));
}
