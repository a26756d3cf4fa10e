import { beforeEach, describe, expect, it } from "vitest";
import { vaultKeys } from "../../../core/vault/keys.ts";
import { fileVerification, readVerifications } from "../../../core/vault/verification.ts";
import { type MemoryStore, memoryStore } from "../../support/memory-store.ts";
import { SAMPLE_REF as ref } from "../../support/vault.ts";

const RUN = "shop-20261122T021500Z-7k3f9q2mxa";
const report = (at: string, isValid = true, runId = RUN) => ({
  runId,
  level: "full" as const,
  at,
  isValid,
  findings: isValid ? [] : [{ where: "v1/data/x", code: "object-missing", message: "is not there" }],
});

let store: MemoryStore;
beforeEach(() => {
  store = memoryStore();
});

describe("reports of verifications", () => {
  it("of a run that judges again are its first", async () => {
    const first = await fileVerification(store, ref, report("2026-11-22T03:00:00.000Z"));
    const second = await fileVerification(store, ref, report("2026-11-22T03:00:09.000Z"));
    expect(second).toEqual(first);
    expect(store.objects.size).toBe(1);
  });

  it("are read oldest first by their own time, not by the run's", async () => {
    await fileVerification(store, ref, report("2026-11-23T00:00:00.000Z", true, RUN));
    await fileVerification(store, ref, report("2026-11-22T00:00:00.000Z", false, RUN.replace("1122T", "1124T")));
    const { verifications, damaged } = await readVerifications(store, ref);
    expect(verifications.map(({ isValid }) => isValid)).toEqual([false, true]);
    expect(damaged).toEqual([]);
  });

  it.each<[string, (body: Buffer) => Buffer]>([
    ["is no JSON", () => Buffer.from("{")],
    ["is of another restore point", (body) => Buffer.from(body.toString().replaceAll("7k3f9q2mxa", "000000000z"))],
    ["is of another version", (body) => Buffer.from(body.toString().replace("verification-1", "verification-2"))],
    ["is endless", (body) => Buffer.concat([body, Buffer.alloc(2 * 1024 * 1024, " ")])],
  ])("are named when one %s", async (_, damage) => {
    await fileVerification(store, ref, report("2026-11-22T03:00:00.000Z", false));
    const key = vaultKeys.reportKey(ref, RUN);
    store.objects.set(key, damage(store.objects.get(key) ?? Buffer.alloc(0)));
    const { verifications, damaged } = await readVerifications(store, ref);
    expect(verifications).toEqual([]);
    expect(damaged).toMatchObject([{ code: "report-invalid", message: expect.stringContaining(key) }]);
  });
});
