/**
 * What a rebuild's run is made of. It takes no lease: it only ever says of a restore point what the vault says, so backups,
 * verifications and other rebuilds may go on meanwhile.
 * @module
 */
import { z } from "zod";
import type { Run } from "../catalog/index.ts";
import { ConfigurationError } from "../errors.ts";
import type { Prepared, RunInput } from "../runs/begin.ts";

const settings = z.object({
  /** Of every source that the vault knows, configured or not; the run's own source is a name to file it under then. */
  everySource: z.boolean().default(false),
});

/** @throws ConfigurationError `invalid-options` */
export function prepareRebuild(input: RunInput): Prepared {
  const parsed = settings.strict().safeParse(input.options ?? {});
  if (parsed.success) return { settings: parsed.data, restorePointId: "" };
  const issues = parsed.error.issues.map(
    ({ path, message }) => `${path.join(".") || "options"}: ${message.toLowerCase()}`,
  );
  throw new ConfigurationError("invalid-options", issues.join("; "));
}

/** The one source that is asked for; undefined: all. */
export function sourceOfRebuild(run: Run): string | undefined {
  return settings.parse(run.settings).everySource ? undefined : run.source;
}
