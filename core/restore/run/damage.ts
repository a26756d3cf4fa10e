/**
 * What a restore or a comparison finds damaged in the vault, told to the catalog.
 * @module
 */
import type { Run } from "../../catalog/index.ts";
import { IntegrityError } from "../../errors.ts";
import { ObjectIntegrityError } from "../../vault/object/errors.ts";
import type { RestoreContext } from "./context.ts";

/** The level at which it was found, beside those of verifications. */
const LEVEL = "restore";

/**
 * Quarantines the restore point where `work` meets damage, so that `latest` passes over it from then on. In the catalog alone: a report in the
 * vault is written by who has read everything back, and a right to write those would be one to accuse every restore point for good.
 * @throws what `work` throws
 */
export async function quarantiningDamage<Result>(
  run: Run,
  { catalog }: Pick<RestoreContext, "catalog">,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const known = isDamage(error) ? await catalog.restorePoints.get(run.restorePointId ?? "", run.source) : undefined;
    const verdict = { level: LEVEL, at: run.heartbeatAt, isValid: false };
    // The damage is the news; that it could not be noted, a verification makes up for.
    if (known !== undefined) await catalog.restorePoints.markVerified(known, verdict).catch(() => {});
    throw error;
  }
}

/** Of stored bytes, not of the target or of what is written in another version's words. */
function isDamage(error: unknown): boolean {
  if (error instanceof ObjectIntegrityError) return true;
  return error instanceof IntegrityError && error.code === "manifest-missing";
}
