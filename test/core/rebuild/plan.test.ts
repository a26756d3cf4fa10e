/** What a table is not needed for: a plan that was forged, and vaults in which nearly everything is damaged or gone. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Catalog, RestorePoint, Run, Settings } from "../../../core/catalog/index.ts";
import { fileGroup, type GroupFiled } from "../../../core/rebuild/file.ts";
import { judgeRebuild } from "../../../core/rebuild/judge.ts";
import { MOST_FINDINGS, planRebuild } from "../../../core/rebuild/plan.ts";
import { commitManifest } from "../../../core/vault/commit.ts";
import { type RestorePointRef, vaultKeys } from "../../../core/vault/keys.ts";
import { type MemoryStore, memoryStore } from "../../support/memory-store.ts";
import { newRsaRecipient } from "../../support/recipients.ts";
import { writeSampleObjects } from "../../support/vault.ts";

const RUN_ID = "shop-20261121T021500Z-7k3f9q2mxa";

const refAt = (n: number): RestorePointRef => {
  return { source: "shop", kind: "full", restorePointId: `20261120T021500Z-${String(n).padStart(10, "0")}` };
};
const pointAt = (n: number): RestorePoint => ({ ...refAt(n), status: "available" }) as unknown as RestorePoint;

interface World {
  readonly catalog: Catalog;
  readonly vault: MemoryStore;
  readonly work: MemoryStore;
  readonly marked: string[];
  readonly run: Run;
  /** Most of them that were marked side by side. */
  atOnce(): number;
}

function worldOf(points: readonly RestorePoint[], groups: readonly (readonly RestorePointRef[])[] = []): World {
  const run = { runId: RUN_ID, source: "shop", epoch: 1, settings: {}, notes: {} as Settings };
  const marked: string[] = [];
  let [now, most] = [0, 0];
  const winners = new Map<number, unknown>();
  const byName = new Map(points.map((point) => [point.restorePointId, point]));
  const catalog = {
    runs: {
      expect: async () => run,
      beat: async () => run,
      advance: async (_: string, { notes }: { notes?: Settings }) => Object.assign(run.notes, notes),
      setFindings: async (_: string, findings: unknown) => void Object.assign(run, { findings }),
    },
    restorePoints: {
      list: async () => points,
      reconcile: async () => "filed",
      get: async (id: string) => byName.get(id),
      markMissing: async ({ restorePointId }: RestorePoint) => {
        now += 1;
        most = Math.max(most, now);
        await sleep(1);
        now -= 1;
        marked.push(restorePointId);
      },
    },
    chunks: {
      plan: async () => {},
      attempt: async (_: string, _epoch: number, n: number) => ({ body: { refs: groups[n - 1] } }),
      win: async (_: string, _epoch: number, n: number, { winner }: { winner: unknown }) => void winners.set(n, winner),
      list: async () => [...winners].map(([n, winner]) => ({ n, epoch: 1, winner })),
    },
  } as unknown as Catalog;
  const [vault, work] = [memoryStore(), memoryStore()];
  return { catalog, vault, work, marked, run: run as unknown as Run, atOnce: () => most };
}

describe("a rebuild", () => {
  it("marks nothing as missing that is there, whatever its plan in the work bucket says", async () => {
    const world = worldOf([pointAt(1), pointAt(2)]);
    world.vault.objects.set(vaultKeys.manifestKey(refAt(1)), Buffer.from("a manifest"));
    const missing = [refAt(1), refAt(2)].map(({ source, restorePointId }) => ({ source, restorePointId }));
    const forged = Buffer.from(JSON.stringify({ groups: [], missing }));
    world.work.objects.set(`runs/${RUN_ID}/rebuild.plan.json`, forged);
    await planRebuild(RUN_ID, world);
    expect(world.marked).toEqual([refAt(2).restorePointId]);
    expect(world.run).toMatchObject({ notes: { missing: 1 }, findings: [{ code: "restore-point-missing" }] });
  });

  it("of a vault that was emptied marks many restore points side by side", async () => {
    const points = Array.from({ length: 200 }, (_, n) => pointAt(n));
    const world = worldOf(points);
    await planRebuild(RUN_ID, world);
    expect(world.marked).toHaveLength(200);
    expect(world.atOnce()).toBeGreaterThan(8);
    expect(world.run).toMatchObject({ notes: { missing: 200 } });
  });

  it("keeps of a group the first findings, damage before all else, and counts the others", async () => {
    const world = worldOf([], [[refAt(1), refAt(2)]]);
    const [own, others] = [newRsaRecipient(), newRsaRecipient()];
    for (const [ref, { recipient }] of [[refAt(1), others] as const, [refAt(2), own] as const]) {
      const { envelope, manifest } = await writeSampleObjects(world.vault, { recipients: [recipient], ref });
      await commitManifest(world.vault, envelope, ref, manifest);
    }
    for (let n = 0; n < 300; n += 1) {
      world.vault.objects.set(`${vaultKeys.reportPrefix(refAt(2))}${n}.json`, Buffer.from("{}"));
    }
    await fileGroup({ runId: RUN_ID, epoch: 1, n: 1 }, { ...world, unwrappers: [own.unwrapper] });
    const [winner] = (await world.catalog.chunks.list(RUN_ID)).map((one) => one.winner as unknown as GroupFiled);
    expect(winner?.found).toBe(301);
    expect(winner?.findings).toHaveLength(MOST_FINDINGS);
    expect(winner?.findings[0]).toMatchObject({ name: "IntegrityError", code: "report-invalid" });
    Object.assign(world.run.notes ?? {}, { groups: 1, found: 2, missing: 0 });
    await expect(judgeRebuild(RUN_ID, world.catalog)).rejects.toMatchObject({
      name: "IntegrityError",
      message: expect.stringContaining("(and 300 more)"),
    });
  });
});
