/**
 * What a backup's run is made of, at its beginning and when it starts over.
 * @module
 */

import { z } from "zod";
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
import { parseOptions } from "../runs/options.ts";
import { phase } from "./phases.ts";
import { backupSettings } from "./settings.ts";

/** What a backup does is the source's configuration. */
const noOptions = z.strictObject({});

/** @throws ConfigurationError `unknown-source`, `invalid-options` */
export function prepareBackup({ source: id, options }: RunInput, { config, clock, random }: BeginContext): Prepared {
  parseOptions(noOptions, options, "A backup takes no options: change the source's configuration and deploy.");
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
