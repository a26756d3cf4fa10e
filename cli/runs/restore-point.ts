/**
 * The restore point an operator means by an id or by `latest`.
 * @module
 */
import type { RestorePoint } from "../../core/catalog/index.ts";
import { PreconditionError } from "../../core/errors.ts";
import { NAME_PATTERN, RESTORE_POINT_ID_PATTERN } from "../../core/ids.ts";
import { UsageError } from "../errors.ts";
import type { Installation } from "../installation/port.ts";

export const LATEST = "latest";
/** Not `quarantined`: one that a verification has found damaged is restored by its id only. */
const AVAILABLE = "available";

/**
 * @throws UsageError `invalid-id`, `source-needed`
 * @throws PreconditionError `restore-point-not-found`
 */
export async function findRestorePoint(
  installation: Installation,
  idOrLatest: string,
  source: string | undefined,
): Promise<RestorePoint> {
  assertRestorePoint(idOrLatest);
  if (source !== undefined) assertNameArgument("source", source);
  if (idOrLatest === LATEST) return await findLatest(installation, source);
  const found = await installation.catalog.restorePoint(idOrLatest, source);
  if (found !== undefined) return found;
  throw notFound(
    source === undefined ? `no restore point ${idOrLatest}` : `no restore point ${idOrLatest} of ${source}`,
  );
}

/** @throws UsageError `invalid-id` */
export function assertRestorePoint(idOrLatest: string): string {
  if (idOrLatest === LATEST || RESTORE_POINT_ID_PATTERN.test(idOrLatest)) return idOrLatest;
  throw new UsageError(
    "invalid-id",
    `restore point is ${JSON.stringify(idOrLatest)}, allowed is ${LATEST} or an id like 20261121T021500Z-7k3f9q2mxa`,
    "Run `holdfast list` to see the restore points there are.",
  );
}

/** Sources, targets and connections. @throws UsageError `invalid-name` */
export function assertNameArgument(field: string, value: string): string {
  if (NAME_PATTERN.test(value)) return value;
  throw new UsageError("invalid-name", `${field} is ${JSON.stringify(value)}, allowed is ${NAME_PATTERN.source}`);
}

async function findLatest(installation: Installation, source: string | undefined): Promise<RestorePoint> {
  const points = (await installation.catalog.restorePoints(source)).filter(({ status }) => status === AVAILABLE);
  const sources = [...new Set(points.map((point) => point.source))];
  if (sources.length > 1) {
    throw new UsageError(
      "source-needed",
      `latest of which source? there are ${sources.join(", ")}`,
      "Add --source NAME.",
    );
  }
  const [latest] = points;
  if (latest !== undefined) return latest;
  throw notFound(source === undefined ? "there is no restore point yet" : `there is no restore point of ${source} yet`);
}

function notFound(message: string): PreconditionError {
  return new PreconditionError("restore-point-not-found", message, {
    hint: "Run `holdfast list` to see the restore points there are.",
  });
}
