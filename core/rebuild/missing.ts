/**
 * Restore points that the catalog believes there are: marked, so that `latest` passes over them.
 * @module
 */
import pLimit from "p-limit";
import type { Catalog, Finding, RestorePoint } from "../catalog/index.ts";
import { vaultKeys } from "../vault/keys.ts";
import type { Store } from "../vault/store/port.ts";

/** A finding's code. */
export const MISSING = "restore-point-missing";

type PointName = Pick<RestorePoint, "source" | "restorePointId">;

const AT_ONCE = 16;

/** Those of `points` whose manifest is not there when asked for by its name: a list may be cut short, old, or somebody else's. */
export async function withoutManifest<Point extends PointName>(
  points: readonly Point[],
  vault: Store,
): Promise<Point[]> {
  const limit = pLimit(AT_ONCE);
  const isGone = async (point: Point) => (await vault.head(manifestKeyOf(point))) === undefined;
  const gone = await Promise.all(points.map((point) => limit(async () => ((await isGone(point)) ? [point] : []))));
  return gone.flat();
}

/** Whatever has been said of them meanwhile. */
export async function markMissing(points: readonly PointName[], catalog: Catalog): Promise<void> {
  const limit = pLimit(AT_ONCE);
  const mark = async ({ source, restorePointId }: PointName) => {
    const point = await catalog.restorePoints.get(restorePointId, source);
    if (point !== undefined && point.status !== "missing") await catalog.restorePoints.markMissing(point);
  };
  await Promise.all(points.map((point) => limit(() => mark(point))));
}

export function missingFinding(point: PointName): Finding {
  const where = manifestKeyOf(point);
  return { where, code: MISSING, message: `the catalog has ${point.restorePointId}, the vault has no ${where}` };
}

export const manifestKeyOf = ({ source, restorePointId }: PointName): string =>
  vaultKeys.manifestKey({ source, kind: "full", restorePointId });
