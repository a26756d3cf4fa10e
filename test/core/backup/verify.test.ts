import { beforeEach, describe, expect, it } from "vitest";
import { judgeVerify, planVerify, type VerifyContext, verifyGroup } from "../../../core/backup/verify.ts";
import type { Catalog, Failure, Move, RestorePoint, Run, Settings } from "../../../core/catalog/index.ts";
import { type ErrorRecord, StoreThrottledError } from "../../../core/errors.ts";
import { readVerifications } from "../../../core/vault/verification.ts";
import { memoryStore } from "../../support/memory-store.ts";
import { pauseUntilAborted } from "../../support/pauses.ts";
import { newRsaRecipient } from "../../support/recipients.ts";
import { writeSample } from "../../support/vault.ts";

const RUN_ID = "shop-20261121T021500Z-7k3f9q2mxa";
const GIBIBYTE = 1024 ** 3;

let marked: RestorePoint["verified"] | undefined;
let context: VerifyContext;
let catalog: Catalog;
let run: Run;

/** The part of the catalog that a verification uses, in memory. */
function memoryCatalog(): Catalog {
  let notes: Settings = {};
  const noted = new Map<string, Failure>();
  const current = (): Run => ({ ...run, notes });
  const point = { restorePointId: run.restorePointId, source: "shop", storedBytes: 20 * GIBIBYTE };
  return {
    runs: {
      beat: async () => current(),
      advance: async (_: string, move: Move) => {
        notes = { ...notes, ...move.notes };
        return current();
      },
      addFindings: async () => {},
    },
    failures: {
      record: async ({ epoch }: Run, where: string, error: ErrorRecord) =>
        void noted.set(where, { epoch, where, at: "", error }),
      list: async () => [...noted.values()],
    },
    restorePoints: {
      get: async () => point,
      markVerified: async (_: RestorePoint, verified: RestorePoint["verified"]) => {
        marked = verified;
      },
    },
  } as unknown as Catalog;
}

beforeEach(() => {
  marked = undefined;
  run = {
    runId: RUN_ID,
    source: "shop",
    restorePointId: "20261121T021500Z-7k3f9q2mxa",
    epoch: 1,
    settings: { level: "full" },
    heartbeatAt: "2026-11-21T02:15:00.000Z",
  } as unknown as Run;
  catalog = memoryCatalog();
  context = { catalog, vault: memoryStore(), work: memoryStore(), unwrappers: [], pause: pauseUntilAborted };
});

/** As a group that finds everything in order. */
const look = (n: number, groups: number) =>
  catalog.failures.record(run, `looked at ${n} of ${groups}`, { name: "PreconditionError", code: "c", message: "m" });

describe("a verification", () => {
  it("is green only when every planned group was looked at", async () => {
    const { groups } = await planVerify(RUN_ID, context);
    expect(groups).toBe(3);
    for (const n of [0, 2]) await look(n, groups);
    await expect(judgeVerify(RUN_ID, context)).rejects.toMatchObject({
      name: "CancelledError",
      code: "verify-incomplete",
      message: expect.stringContaining("1 of 3 groups"),
    });
    expect(marked).toBeUndefined();
    await look(1, groups);
    await judgeVerify(RUN_ID, context);
    expect(marked).toMatchObject({ isValid: true, level: "full" });
  });

  it("is not green when nothing was planned, or groups were cut otherwise than planned", async () => {
    await expect(judgeVerify(RUN_ID, context)).rejects.toMatchObject({ code: "verify-incomplete" });
    const { groups } = await planVerify(RUN_ID, context);
    for (let n = 0; n < groups; n += 1) await look(n, groups + 1);
    await expect(judgeVerify(RUN_ID, context)).rejects.toMatchObject({ code: "verify-incomplete" });
    expect(marked).toBeUndefined();
  });

  it("throws what is known of a group that could not be looked at", async () => {
    await planVerify(RUN_ID, context);
    const error = { name: "StoreThrottledError", code: "store-throttled", message: "slow down" };
    await catalog.failures.record(run, "verify group 1", error);
    await expect(judgeVerify(RUN_ID, context)).rejects.toMatchObject({ name: "StoreThrottledError" });
  });

  it("quarantines for damage, whatever else was looked at", async () => {
    await planVerify(RUN_ID, context);
    const error = { name: "IntegrityError", code: "object-missing", message: "gone" };
    await catalog.failures.record(run, "found chunks/1", error);
    await expect(judgeVerify(RUN_ID, context)).rejects.toMatchObject({ code: "object-missing" });
    expect(marked).toMatchObject({ isValid: false });
  });

  it("quarantines for damage that was met before the store refused the rest", async () => {
    const offline = newRsaRecipient();
    const vault = memoryStore();
    await writeSample(vault, { recipients: [offline.recipient] });
    const data = [...vault.objects.keys()].filter((key) => key.startsWith("v1/data/")).toSorted();
    const [gone = "", refused = ""] = [data[0], data.at(-1)];
    vault.objects.delete(gone);
    const read: typeof vault.read = async (key, options) => {
      if (key !== refused) return vault.read(key, options);
      await new Promise((resolve) => setTimeout(resolve, 100));
      throw new StoreThrottledError("store-throttled", "slow down");
    };
    context = { ...context, vault: { ...vault, read }, unwrappers: [offline.unwrapper] };
    await planVerify(RUN_ID, context);
    const group = verifyGroup({ runId: RUN_ID, n: 0, groups: 1 }, context);
    await expect(group).rejects.toBeInstanceOf(StoreThrottledError);
    await expect(judgeVerify(RUN_ID, context)).rejects.toMatchObject({ name: "IntegrityError" });
    expect(marked).toMatchObject({ isValid: false });
  });

  it("is told to the vault first, once; and of damage the catalog learns even when the vault cannot be told", async () => {
    const record = { name: "IntegrityError", code: "object-missing", message: "is not there" };
    const { groups } = await planVerify(RUN_ID, context);
    for (let n = 0; n < groups; n += 1) await look(n, groups);
    await judgeVerify(RUN_ID, context);
    const ref = { source: "shop", kind: "full", restorePointId: run.restorePointId ?? "" } as const;
    const first = (await readVerifications(context.vault, ref)).verifications;
    expect(first).toMatchObject([{ runId: RUN_ID, level: "full", at: run.heartbeatAt, isValid: true }]);
    run = { ...run, heartbeatAt: "2026-11-21T02:16:00.000Z" };
    await judgeVerify(RUN_ID, context);
    expect((await readVerifications(context.vault, ref)).verifications).toEqual(first);
    expect(marked).toMatchObject({ at: "2026-11-21T02:15:00.000Z" });
    await catalog.failures.record(run, "found v1/data/x", record);
    const putIfAbsent = async () => {
      throw new StoreThrottledError("store-throttled", "slow down");
    };
    const refusing = { ...context, vault: { ...memoryStore(), putIfAbsent } };
    await expect(judgeVerify(RUN_ID, refusing)).rejects.toBeInstanceOf(StoreThrottledError);
    expect(marked).toMatchObject({ isValid: false });
  });

  it("notes each group that it has looked at to its end, and none that the store refused", async () => {
    const offline = newRsaRecipient();
    const vault = memoryStore();
    await writeSample(vault, { recipients: [offline.recipient] });
    context = { ...context, vault, unwrappers: [offline.unwrapper] };
    const { groups } = await planVerify(RUN_ID, context);
    const refuse = async () => {
      throw new StoreThrottledError("store-throttled", "slow down");
    };
    const refusing = { ...context, vault: { ...vault, read: refuse, head: refuse } };
    await expect(verifyGroup({ runId: RUN_ID, n: 0, groups }, refusing)).rejects.toBeInstanceOf(StoreThrottledError);
    expect(await catalog.failures.list(run)).toEqual([]);
    for (let n = 0; n < groups; n += 1) await verifyGroup({ runId: RUN_ID, n, groups }, context);
    expect(await judgeVerify(RUN_ID, context)).toEqual({ runId: RUN_ID, level: "full" });
  });
});
