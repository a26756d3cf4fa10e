/**
 * Which restore points there are, in groups that one function can file, and which the catalog only believes there are.
 * @module
 */
import { z } from "zod";
import type { Catalog, Run } from "../catalog/index.ts";
import { type RestorePointRef, vaultKeys } from "../vault/keys.ts";
import { listRestorePoints } from "../vault/list.ts";
import type { Store } from "../vault/store/port.ts";
import { gather } from "../vault/stream/pieces.ts";
import { manifestKeyOf, markMissing, missingFinding, withoutManifest } from "./missing.ts";
import { sourceOfRebuild } from "./prepare.ts";

export interface PlanRebuildContext {
  readonly catalog: Catalog;
  readonly vault: Store;
  readonly work: Store;
}

export interface RebuildPlanned {
  readonly runId: string;
  readonly epoch: number;
  /** How many groups there are. */
  readonly items: number;
  readonly itemsKey: string;
}

/** A restore point takes some requests and one decryption: a group is done within seconds, or minutes for the largest manifests. */
const GROUP_SIZE = 50;
/** Of a group, and of a rebuild. More are counted, not named: findings are kept in one item. */
export const MOST_FINDINGS = 50;

const planSchema = z.object({
  groups: z.array(z.array(z.object({ source: z.string(), kind: z.literal("full"), restorePointId: z.string() }))),
  missing: z.array(z.object({ source: z.string(), restorePointId: z.string() })),
});
type Plan = z.infer<typeof planSchema>;

/** A plan called twice is the first one: what it found missing was told of once, and stays told of. */
export async function planRebuild(runId: string, context: PlanRebuildContext): Promise<RebuildPlanned> {
  const { catalog, vault, work } = context;
  const run = await catalog.runs.expect(runId);
  await catalog.runs.advance(runId, { epoch: run.epoch, to: "rebuilding" });
  const { groups, missing: planned } = await once(work, `runs/${runId}/rebuild.plan.json`, () =>
    makePlan(run, context),
  );
  const items = groups.map((_, index) => ({ n: index + 1 }));
  const itemsKey = `runs/${runId}/rebuild.items.json`;
  await work.putIfAbsent(itemsKey, Buffer.from(JSON.stringify(items)));
  await catalog.chunks.plan(
    run,
    groups.map((refs, index) => ({ n: index + 1, body: { refs }, bytesEstimate: 0 })),
  );
  // Workers write into the work bucket too: a plan's word condemns nothing.
  const missing = await withoutManifest(planned, vault);
  await markMissing(missing, catalog);
  const findings = missing.slice(0, MOST_FINDINGS).map(missingFinding);
  const found = groups.reduce((sum, refs) => sum + refs.length, 0);
  const notes = { groups: groups.length, found, missing: missing.length };
  await catalog.runs.setFindings(runId, findings);
  await catalog.runs.advance(runId, { epoch: run.epoch, to: "rebuilding", notes });
  return { runId, epoch: run.epoch, items: groups.length, itemsKey };
}

/** The catalog is read before the vault: what is committed in between is in the vault and not yet asked for. */
async function makePlan(run: Run, { catalog, vault }: PlanRebuildContext): Promise<Plan> {
  const source = sourceOfRebuild(run);
  const known = await catalog.restorePoints.list(source);
  const refs: RestorePointRef[] = [];
  for await (const ref of listRestorePoints(vault, source)) refs.push(ref);
  const inVault = new Set(refs.map((ref) => vaultKeys.manifestKey(ref)));
  const absent = known.filter((point) => point.status !== "missing" && !inVault.has(manifestKeyOf(point)));
  const groups = Array.from({ length: Math.ceil(refs.length / GROUP_SIZE) }, (_, index) =>
    refs.slice(index * GROUP_SIZE, (index + 1) * GROUP_SIZE),
  );
  return { groups, missing: absent.map(({ source, restorePointId }) => ({ source, restorePointId })) };
}

/** The first to write it decides; everybody goes on with that one. */
async function once(work: Store, key: string, make: () => Promise<Plan>): Promise<Plan> {
  if ((await work.head(key)) === undefined) await work.putIfAbsent(key, Buffer.from(JSON.stringify(await make())));
  const bytes = await gather(await work.read(key), MOST_PLAN_BYTES);
  return planSchema.parse(JSON.parse(bytes.toString("utf8")));
}

/** A hundred bytes for each restore point. */
const MOST_PLAN_BYTES = 64 * 1024 * 1024;
