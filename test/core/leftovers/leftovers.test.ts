/** Random vaults, and a clearing that may be cut off anywhere: nothing that a manifest names ever goes. */
import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { restorePointOf } from "../../../core/backup/commit/restore-point.ts";
import type { Catalog, RestorePoint, Run } from "../../../core/catalog/index.ts";
import { newRestorePointId } from "../../../core/ids.ts";
import { type ClearContext, clearLeftovers } from "../../../core/leftovers/clear.ts";
import { type FindContext, findLeftovers } from "../../../core/leftovers/find.ts";
import { type Leftovers, writeLeftovers } from "../../../core/leftovers/list.ts";
import { commitManifest } from "../../../core/vault/commit.ts";
import { openEnvelope } from "../../../core/vault/envelope/open.ts";
import { type RestorePointRef, vaultKeys } from "../../../core/vault/keys.ts";
import { objectsNamedIn } from "../../../core/vault/manifest/read.ts";
import { openManifest } from "../../../core/vault/open.ts";
import { verifyRestorePoint } from "../../../core/vault/verify/verify.ts";
import { type MemoryStore, memoryStore } from "../../support/memory-store.ts";
import { newRsaRecipient, type TestRecipient } from "../../support/recipients.ts";
import { writeSampleObjects } from "../../support/vault.ts";

const NOW = Date.parse("2026-11-21T12:00:00Z");
const HOUR = 3600_000;
const SOURCE = "shop";
const RUN_ID = "shop-20261121T120000Z-7k3f9q2mxa";
const OWN_ID = "20261121T120000Z-7k3f9q2mxa";

let recipient: TestRecipient;
beforeAll(() => {
  recipient = newRsaRecipient();
});

/** How far a run came, how long ago it began, and what became of it. */
interface Past {
  readonly isCommitted: boolean;
  readonly hoursAgo: number;
  readonly run: "running" | "failed" | "succeeded" | "forgotten";
  /** Hours before now at which it ended, at most when it began. */
  readonly endedHoursAgo: number;
  readonly isKnown: boolean;
  /** Chunks of attempts that lost. */
  readonly losers: number;
  readonly isSchemaDoubled: boolean;
  readonly chunksPerPart: number | undefined;
}

const past: fc.Arbitrary<Past> = fc.record({
  isCommitted: fc.boolean(),
  hoursAgo: fc.integer({ min: 0, max: 100 }),
  run: fc.constantFrom("running", "failed", "succeeded", "forgotten"),
  endedHoursAgo: fc.integer({ min: 0, max: 100 }),
  isKnown: fc.boolean(),
  losers: fc.integer({ min: 0, max: 3 }),
  isSchemaDoubled: fc.boolean(),
  chunksPerPart: fc.constantFrom(undefined, 2),
});

interface World {
  readonly vault: MemoryStore;
  readonly catalog: Catalog;
  readonly points: readonly (Past & { readonly ref: RestorePointRef })[];
  readonly filed: Map<string, RestorePoint>;
  readonly run: Run;
  readonly find: FindContext;
  readonly clear: ClearContext;
}

async function worldOf(pasts: readonly Past[]): Promise<World> {
  const vault = memoryStore();
  const points = await Promise.all(pasts.map(async (one) => ({ ...one, ref: await writePast(vault, one) })));
  const runs = points.flatMap((one): Run[] => {
    if (one.run === "forgotten") return [];
    const finishedAt = new Date(NOW - Math.min(one.endedHoursAgo, one.hoursAgo) * HOUR).toISOString();
    const { restorePointId } = one.ref;
    const ended = one.run === "running" ? {} : { finishedAt };
    return [{ kind: "backup", source: SOURCE, restorePointId, status: one.run, ...ended } as unknown as Run];
  });
  const filed = new Map<string, RestorePoint>();
  for (const { ref, isCommitted, isKnown } of points) {
    if (isCommitted && isKnown) filed.set(ref.restorePointId, await pointOf(vault, ref));
  }
  const run = { runId: RUN_ID, source: SOURCE, restorePointId: OWN_ID, epoch: 1, notes: {} } as unknown as Run;
  const noted = { ...run, findings: [] as unknown[], notes: {} as Record<string, unknown> };
  const catalog = {
    runs: {
      beat: async () => noted,
      list: async () => runs,
      advance: async (_: string, { notes }: { notes?: object }) => Object.assign(noted.notes, notes),
      addFindings: async (_: string, findings: unknown[]) => void noted.findings.push(...findings),
    },
    restorePoints: {
      get: async (id: string) => filed.get(id),
      list: async () => [...filed.values()],
      markMissing: async (point: RestorePoint) =>
        filed.set(point.restorePointId, { ...point, status: "missing" }).size > 0,
      reconcile: async (point: RestorePoint) => {
        filed.set(point.restorePointId, point);
        return "filed";
      },
    },
  } as unknown as Catalog;
  const work = memoryStore();
  const unwrappers = [recipient.unwrapper];
  const find = { catalog, vault, work, unwrappers, clock: () => new Date(NOW) };
  return {
    vault,
    catalog,
    points,
    filed,
    run: noted as unknown as Run,
    find,
    clear: { catalog, vault, work, abortUploads: async () => 0 },
  };
}

async function writePast(vault: MemoryStore, one: Past): Promise<RestorePointRef> {
  const restorePointId = newRestorePointId(new Date(NOW - one.hoursAgo * HOUR), randomBytes);
  const ref: RestorePointRef = { source: SOURCE, kind: "full", restorePointId };
  const { envelope, manifest } = await writeSampleObjects(vault, { recipients: [recipient.recipient], ref });
  for (let n = 1; n <= one.losers; n += 1) vault.objects.set(vaultKeys.chunkKey(ref, n, 9), Buffer.from("lost"));
  if (one.isSchemaDoubled) vault.objects.set(vaultKeys.schemaKey(ref, "archive", 2), Buffer.from("lost"));
  const options = one.chunksPerPart === undefined ? {} : { chunksPerPart: one.chunksPerPart };
  if (one.isCommitted) await commitManifest(vault, envelope, ref, manifest, options);
  return ref;
}

async function pointOf(vault: MemoryStore, ref: RestorePointRef): Promise<RestorePoint> {
  return restorePointOf(await openManifest(vault, ref, [recipient.unwrapper]));
}

const belongsTo = (ref: RestorePointRef) => (key: string) => key.includes(`/${ref.restorePointId}/`);

/** Everything that some manifest needs, with manifests and envelopes. */
async function needed({ vault, points }: World): Promise<Set<string>> {
  const keys = new Set<string>();
  for (const { ref, isCommitted } of points) {
    if (!isCommitted) continue;
    const named = await objectsNamedIn(vault, await openEnvelope(vault, ref, [recipient.unwrapper]), ref);
    for (const key of [
      ...named,
      vaultKeys.manifestKey(ref),
      vaultKeys.summaryKey(ref),
      vaultKeys.envelopeKey(ref, 1),
    ]) {
      keys.add(key);
    }
  }
  return keys;
}

/** By this test's own words, not by the product's: who can write no more, and has not been whole before. */
function isDead({ run, isCommitted, hoursAgo, endedHoursAgo }: Past): boolean {
  if (run === "forgotten") return hoursAgo > 48;
  return run !== "running" && (isCommitted || run !== "succeeded") && Math.min(endedHoursAgo, hoursAgo) > 24;
}

async function sweep({ find, clear }: World): Promise<number> {
  const { leftoversKey } = await findLeftovers(RUN_ID, find);
  return (await clearLeftovers({ runId: RUN_ID, leftoversKey }, clear)).objects;
}

const keysOf = ({ vault }: World): string[] => [...vault.objects.keys()];

describe("clearing leftovers", () => {
  it("takes all that dead runs have left, nothing of the living, nothing that a manifest names, and files what is whole", async () => {
    const property = fc.asyncProperty(fc.array(past, { minLength: 1, maxLength: 6 }), async (pasts) => {
      const world = await worldOf(pasts);
      const [before, kept] = [keysOf(world), await needed(world)];
      const cleared = await sweep(world);
      const after = new Set(keysOf(world));
      const gone = before.filter((key) => !after.has(key));
      expect(gone).toHaveLength(cleared);
      expect(gone.filter((key) => kept.has(key))).toEqual([]);
      for (const point of world.points) {
        const own = before.filter(belongsTo(point.ref));
        const left = own.filter((key) => after.has(key));
        if (!isDead(point)) expect(left).toEqual(own);
        else expect(left.filter((key) => !kept.has(key))).toEqual([]);
      }
      const committed = world.points.filter(({ isCommitted }) => isCommitted).map(({ ref }) => ref.restorePointId);
      expect([...world.filed.keys()].toSorted()).toEqual(committed.toSorted());
      expect(await sweep(world)).toBe(0);
    });
    await fc.assert(property, { numRuns: 25 });
  });

  it("that is cut off anywhere leaves every restore point whole, and the next one goes on", async () => {
    const property = fc.asyncProperty(
      fc.array(past, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 0, max: 40 }),
      async (pasts, deletions) => {
        const world = await worldOf(pasts);
        const kept = await needed(world);
        const remove = world.vault.delete;
        let left = deletions;
        world.vault.delete = async (key) => {
          if (left === 0) throw new Error("the process ended");
          left -= 1;
          await remove(key);
        };
        await sweep(world).catch(() => {});
        world.vault.delete = remove;
        for (const { ref, isCommitted } of world.points.slice(0, 2)) {
          if (!isCommitted) continue;
          const report = await verifyRestorePoint("full", world.vault, [recipient.unwrapper], ref);
          expect(report.issues).toEqual([]);
        }
        await sweep(world);
        const after = keysOf(world);
        for (const point of world.points.filter(isDead)) {
          expect(after.filter(belongsTo(point.ref)).filter((key) => !kept.has(key))).toEqual([]);
        }
      },
    );
    await fc.assert(property, { numRuns: 15 });
  });

  it("leaves alone what is committed after it was listed, however long its run has been dead", async () => {
    const dead: Past = {
      ...{ isCommitted: false, hoursAgo: 90, run: "failed", endedHoursAgo: 80, isKnown: false },
      ...{ losers: 2, isSchemaDoubled: true, chunksPerPart: undefined },
    };
    const world = await worldOf([dead]);
    const { leftoversKey, objects } = await findLeftovers(RUN_ID, world.find);
    expect(objects).toBeGreaterThan(0);
    const [point] = world.points;
    world.vault.objects.set(vaultKeys.manifestKey(point?.ref as RestorePointRef), Buffer.from("a manifest"));
    const before = keysOf(world);
    expect((await clearLeftovers({ runId: RUN_ID, leftoversKey }, world.clear)).objects).toBe(0);
    expect(keysOf(world)).toEqual(before);
  });

  it.each([true, false])(
    "marks a restore point that the catalog has as missing when its manifest is gone, and tells of it once (its other objects too: %s)",
    async (isAllGone) => {
      const old = { hoursAgo: 90, endedHoursAgo: 80, losers: 1, isSchemaDoubled: true, chunksPerPart: undefined };
      const world = await worldOf([
        { ...old, isCommitted: true, run: "forgotten", isKnown: true },
        { ...old, isCommitted: true, run: "succeeded", isKnown: true },
      ]);
      const [gone, kept] = world.points.map(({ ref }) => ref) as [RestorePointRef, RestorePointRef];
      const where = vaultKeys.manifestKey(gone);
      if (isAllGone) for (const key of keysOf(world).filter(belongsTo(gone))) await world.vault.delete(key);
      await world.vault.delete(where);
      const before = keysOf(world).filter(belongsTo(gone));
      await sweep(world);
      await sweep(world);
      expect(keysOf(world).filter(belongsTo(gone))).toEqual(before);
      expect(world.filed.get(gone.restorePointId)).toMatchObject({ status: "missing" });
      expect(world.filed.get(kept.restorePointId)).toMatchObject({ status: "available" });
      expect(world.run.findings).toEqual([expect.objectContaining({ where, code: "restore-point-missing" })]);
    },
  );

  it("files what is whole behind more restore points than a run tries that are refused every time", async () => {
    const old = { hoursAgo: 90, endedHoursAgo: 80, losers: 0, isSchemaDoubled: false, chunksPerPart: undefined };
    const world = await worldOf([{ ...old, isCommitted: true, run: "forgotten", isKnown: false }]);
    const [whole] = world.points.map(({ ref }) => ref) as [RestorePointRef];
    // Older and newer, fifty in all.
    for (let n = 1; n <= 50; n += 1) {
      const at = new Date(NOW - (90 + (n % 2 === 0 ? n : -n)) * HOUR);
      const ref = { ...whole, restorePointId: newRestorePointId(at, randomBytes) };
      world.vault.objects.set(vaultKeys.manifestKey(ref), Buffer.from("not what was written"));
    }
    for (let n = 0; n < 40 && !world.filed.has(whole.restorePointId); n += 1) {
      await findLeftovers(
        RUN_ID.replace("T12", `T${String(n % 24).padStart(2, "0")}`).replace("7k", `7${n % 10}`),
        world.find,
      );
    }
    expect([...world.filed.keys()]).toEqual([whole.restorePointId]);
  });

  it("notes no more than a run's item has room for, however many reports cannot be read", async () => {
    const old = { hoursAgo: 90, endedHoursAgo: 80, losers: 0, isSchemaDoubled: false, chunksPerPart: undefined };
    const world = await worldOf([{ ...old, isCommitted: true, run: "forgotten", isKnown: false }]);
    const [whole] = world.points.map(({ ref }) => ref) as [RestorePointRef];
    for (let n = 0; n < 300; n += 1) {
      world.vault.objects.set(`${vaultKeys.reportPrefix(whole)}${n}.json`, Buffer.from("{}"));
    }
    await findLeftovers(RUN_ID, world.find);
    expect(world.run.findings?.length).toBeGreaterThan(10);
    expect(world.run.findings?.length).toBeLessThanOrEqual(100);
  });

  it("looks each restore point through in three runs and no more, and no more of them in one than it has time for", async () => {
    const old: Past = {
      ...{ isCommitted: true, hoursAgo: 90, run: "succeeded", endedHoursAgo: 80, isKnown: true },
      ...{ losers: 0, isSchemaDoubled: false, chunksPerPart: undefined },
    };
    const world = await worldOf([old, { ...old, hoursAgo: 30, endedHoursAgo: 29 }]);
    const [settled, fresh] = world.points.map(({ ref }) => ref) as [RestorePointRef, RestorePointRef];
    const runs = await world.catalog.runs.list(SOURCE, 100);
    const looked = (hoursAgo: number, found = 0) => {
      const startedAt = new Date(NOW - hoursAgo * HOUR).toISOString();
      return { kind: "backup", runId: `${hoursAgo}`, startedAt, notes: { leftovers: { found } } } as unknown as Run;
    };
    const data = vi.spyOn(world.vault, "list");
    const lookedAt = async (...others: Run[]) => {
      world.catalog.runs.list = async () => [...others, ...runs];
      data.mockClear();
      await findLeftovers(RUN_ID, world.find);
      return data.mock.calls.map(([prefix]) => prefix).filter((prefix) => prefix.startsWith("v1/data/"));
    };
    const [both, one] = [[settled, fresh].map(vaultKeys.dataPrefix), [vaultKeys.dataPrefix(fresh)]];
    // The older one was over 56 hours ago, the newer one 5.
    expect((await lookedAt(looked(10), looked(20))).toSorted()).toEqual(both.toSorted());
    expect((await lookedAt(looked(10), looked(20), looked(60))).toSorted()).toEqual(both.toSorted());
    expect(await lookedAt(looked(10), looked(20), looked(50))).toEqual(one);
    expect(await lookedAt(looked(1), looked(2), looked(3))).toEqual([]);
    // One that had no room left has looked at nothing.
    expect(await lookedAt(looked(1, 2_000), looked(2), looked(3), looked(50))).toEqual(one);
    for (let n = 0; n < 100_000; n += 1) {
      world.vault.objects.set(`${vaultKeys.dataPrefix(settled)}another's ${n}`, Buffer.alloc(0));
      world.vault.objects.set(`${vaultKeys.dataPrefix(fresh)}another's ${n}`, Buffer.alloc(0));
    }
    expect(await lookedAt()).toHaveLength(1);
  });

  it("tells of a restore point that is gone although marking it fails", async () => {
    const old = { hoursAgo: 90, endedHoursAgo: 80, losers: 0, isSchemaDoubled: false, chunksPerPart: undefined };
    const world = await worldOf([{ ...old, isCommitted: true, run: "succeeded", isKnown: true }]);
    await world.vault.delete(vaultKeys.manifestKey(world.points[0]?.ref as RestorePointRef));
    world.catalog.restorePoints.markMissing = async () => {
      throw new Error("the process ended");
    };
    await expect(sweep(world)).rejects.toThrow("the process ended");
    expect(world.run.findings).toMatchObject([{ code: "restore-point-missing" }]);
  });

  it.each([
    ["was made by a run that succeeded", { run: "succeeded", isKnown: false }],
    ["nobody remembers, but has a summary,", { run: "forgotten", isKnown: false }],
  ] as const)("leaves a restore point that %s alone when its manifest was deleted, and names it", async (_, who) => {
    const old = { hoursAgo: 90, endedHoursAgo: 80, losers: 1, isSchemaDoubled: true, chunksPerPart: undefined };
    const world = await worldOf([{ ...old, isCommitted: true, ...who }]);
    const key = vaultKeys.manifestKey(world.points[0]?.ref as RestorePointRef);
    await world.vault.delete(key);
    const before = keysOf(world);
    expect(await sweep(world)).toBe(0);
    expect(keysOf(world)).toEqual(before);
    expect(world.run.findings).toContainEqual(expect.objectContaining({ where: key, code: "manifest-missing" }));
  });

  it("goes by no list that names what is not its own: another restore point's, a manifest, a committed one's envelope", async () => {
    const old: Past = {
      ...{ isCommitted: true, hoursAgo: 90, run: "succeeded", endedHoursAgo: 80, isKnown: true },
      ...{ losers: 1, isSchemaDoubled: false, chunksPerPart: undefined },
    };
    const world = await worldOf([old, { ...old, isCommitted: false }]);
    const [whole, half] = world.points.map(({ ref }) => ref) as [RestorePointRef, RestorePointRef];
    const manifest = await world.vault.head(vaultKeys.manifestKey(whole));
    const keys = [...world.vault.objects.keys()].filter(belongsTo(whole));
    const forged = {
      points: [
        { ref: half, manifest: null, keys },
        {
          ref: whole,
          manifest,
          keys: [vaultKeys.manifestKey(whole), vaultKeys.envelopeKey(whole, 1), vaultKeys.marker],
        },
        {
          ref: { ...half, source: "other" },
          manifest: null,
          keys: keys.map((key) => key.replace("/shop/", "/other/")),
        },
      ],
    };
    const before = keysOf(world);
    const leftoversKey = await writeLeftovers(world.find.work, RUN_ID, forged as Leftovers);
    expect((await clearLeftovers({ runId: RUN_ID, leftoversKey }, world.clear)).objects).toBe(0);
    expect(keysOf(world)).toEqual(before);
  });

  it("goes by no list but the one that was written under this name for this run", async () => {
    const old: Past = {
      ...{ isCommitted: true, hoursAgo: 90, run: "succeeded", endedHoursAgo: 80, isKnown: true },
      ...{ losers: 1, isSchemaDoubled: false, chunksPerPart: undefined },
    };
    const world = await worldOf([old]);
    const [whole] = world.points.map(({ ref }) => ref) as [RestorePointRef];
    const work = world.clear.work as MemoryStore;
    const { leftoversKey } = await findLeftovers(RUN_ID, world.find);
    const manifest = await world.vault.head(vaultKeys.manifestKey(whole));
    const chunks = keysOf(world).filter((key) => key.startsWith(vaultKeys.dataPrefix(whole)));
    const forged = { points: [{ ref: whole, manifest: manifest ?? null, keys: chunks }] };
    const before = keysOf(world);
    const clear = (key: string) => clearLeftovers({ runId: RUN_ID, leftoversKey: key }, world.clear);
    // Workers write into the work bucket too: the plan of what they copied lies there.
    work.objects.set(leftoversKey, Buffer.from(JSON.stringify(forged)));
    await expect(clear(leftoversKey)).rejects.toMatchObject({ code: "leftovers-replaced" });
    const others = await writeLeftovers(work, RUN_ID.replace("T12", "T11"), forged as Leftovers);
    await expect(clear(others)).rejects.toMatchObject({ code: "leftovers-replaced" });
    expect(keysOf(world)).toEqual(before);
  });

  it("clears nothing of a restore point whose manifest is not the one that was committed", async () => {
    const old: Past = {
      ...{ isCommitted: true, hoursAgo: 90, run: "succeeded", endedHoursAgo: 80, isKnown: true },
      ...{ losers: 1, isSchemaDoubled: false, chunksPerPart: undefined },
    };
    const world = await worldOf([old]);
    const [whole] = world.points.map(({ ref }) => ref) as [RestorePointRef];
    const known = world.filed.get(whole.restorePointId) as RestorePoint;
    world.filed.set(whole.restorePointId, { ...known, manifestSha256: "0".repeat(64) });
    const before = keysOf(world);
    expect(await sweep(world)).toBe(0);
    expect(keysOf(world)).toEqual(before);
    const where = vaultKeys.manifestKey(whole);
    expect(world.run.findings).toContainEqual(expect.objectContaining({ where, code: "manifest-replaced" }));
  });

  it("notes a manifest that does not open, and goes on", async () => {
    const old: Past = {
      ...{ isCommitted: true, hoursAgo: 90, run: "failed", endedHoursAgo: 80, isKnown: false },
      ...{ losers: 1, isSchemaDoubled: false, chunksPerPart: undefined },
    };
    const world = await worldOf([old, { ...old, isCommitted: false }, old]);
    const [damaged, half, good] = world.points.map(({ ref }) => ref) as [
      RestorePointRef,
      RestorePointRef,
      RestorePointRef,
    ];
    const key = vaultKeys.manifestKey(damaged);
    world.vault.objects.set(key, Buffer.from("not what was written"));
    await sweep(world);
    expect(world.run.findings).toContainEqual(expect.objectContaining({ where: key }));
    expect([...world.filed.keys()]).toEqual([good.restorePointId]);
    expect(keysOf(world).filter(belongsTo(half))).toEqual([]);
    expect(world.vault.objects.has(vaultKeys.chunkKey(damaged, 1, 9))).toBe(true);
  });
});
