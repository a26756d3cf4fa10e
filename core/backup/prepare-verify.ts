/**
 * What a verification's run is made of.
 * @module
 */
import { z } from "zod";
import { PreconditionError } from "../errors.ts";
import { RESTORE_POINT_ID_PATTERN } from "../ids.ts";
import type { BeginContext, Prepared, RunInput } from "../runs/begin.ts";
import { parseOptions } from "../runs/options.ts";

export const verifyLevels = ["presence", "quick", "full"] as const;

const options = z.strictObject({
  restorePointId: z.union([z.literal("latest"), z.string().regex(RESTORE_POINT_ID_PATTERN)]).default("latest"),
  level: z.enum(verifyLevels).default("quick"),
});

/** @throws ConfigurationError `invalid-options`; PreconditionError `no-restore-point` */
export async function prepareVerify(input: RunInput, { catalog }: BeginContext): Promise<Prepared> {
  const hint = "A verification is started with { source, options: { restorePointId?, level? } }.";
  const { restorePointId, level } = parseOptions(options, input.options, hint);
  return { settings: { level }, restorePointId: await findRestorePoint(catalog, input.source, restorePointId) };
}

/**
 * The id itself, or that of the newest that nothing is known against.
 * @throws PreconditionError `no-restore-point`, `unknown-restore-point`
 */
export async function findRestorePoint(catalog: BeginContext["catalog"], source: string, id: string): Promise<string> {
  if (id !== "latest") {
    if ((await catalog.restorePoints.get(id, source)) !== undefined) return id;
    throw new PreconditionError("unknown-restore-point", `source ${source} has no restore point ${id} in the catalog`, {
      hint: "Run `holdfast list` to see the restore points there are, or rebuild the catalog from the vault.",
    });
  }
  const newest = (await catalog.restorePoints.list(source)).find(({ status }) => status === "available");
  if (newest !== undefined) return newest.restorePointId;
  throw new PreconditionError("no-restore-point", `source ${source} has no available restore point in the catalog`, {
    hint: "Run a backup first, or rebuild the catalog from the vault.",
  });
}
