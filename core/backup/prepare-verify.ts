/**
 * What a verification's run is made of.
 * @module
 */
import { z } from "zod";
import { ConfigurationError, PreconditionError } from "../errors.ts";
import { RESTORE_POINT_ID_PATTERN } from "../ids.ts";
import type { BeginContext, Prepared, RunInput } from "../runs/begin.ts";

export const verifyLevels = ["presence", "quick", "full"] as const;

const options = z.object({
  restorePointId: z.union([z.literal("latest"), z.string().regex(RESTORE_POINT_ID_PATTERN)]).default("latest"),
  level: z.enum(verifyLevels).default("quick"),
});

/** @throws ConfigurationError `invalid-options`; PreconditionError `no-restore-point` */
export async function prepareVerify(input: RunInput, { catalog }: BeginContext): Promise<Prepared> {
  const parsed = options.safeParse(input.options ?? {});
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message.toLowerCase()}`);
    throw new ConfigurationError("invalid-options", issues.join("; "));
  }
  const { restorePointId, level } = parsed.data;
  return { settings: { level }, restorePointId: await findRestorePoint(catalog, input.source, restorePointId) };
}

/** The id itself, or that of the newest. @throws PreconditionError `no-restore-point` */
export async function findRestorePoint(catalog: BeginContext["catalog"], source: string, id: string): Promise<string> {
  if (id !== "latest") return id;
  const [newest] = await catalog.restorePoints.list(source, 1);
  if (newest !== undefined) return newest.restorePointId;
  throw new PreconditionError("no-restore-point", `source ${source} has no restore point in the catalog`, {
    hint: "Run a backup first, or rebuild the catalog from the vault.",
  });
}
