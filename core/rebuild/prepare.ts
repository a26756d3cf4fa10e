/**
 * What a rebuild's run is made of. It takes no lease: it only ever says of a restore point what the vault says, so backups,
 * verifications and other rebuilds may go on meanwhile.
 * @module
 */
import { z } from "zod";
import type { Run } from "../catalog/index.ts";
import type { Prepared, RunInput } from "../runs/begin.ts";
import { parseOptions } from "../runs/options.ts";

const settings = z.object({
  /** Of every source that the vault knows, configured or not; the run's own source is a name to file it under then. */
  everySource: z.boolean().default(false),
});

/** @throws ConfigurationError `invalid-options` */
export function prepareRebuild(input: RunInput): Prepared {
  const hint = "A rebuild is started with { source, options: { everySource? } }.";
  return { settings: parseOptions(settings.strict(), input.options, hint), restorePointId: "" };
}

/** The one source that is asked for; undefined: all. */
export function sourceOfRebuild(run: Run): string | undefined {
  return settings.parse(run.settings).everySource ? undefined : run.source;
}
