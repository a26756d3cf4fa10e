import { expect, test } from "vitest";
import type { Catalog, RestorePoint, Run } from "../../../../core/catalog/index.ts";
import { IntegrityError, PreconditionError, StoreThrottledError } from "../../../../core/errors.ts";
import { quarantiningDamage } from "../../../../core/restore/run/damage.ts";
import { ObjectIntegrityError } from "../../../../core/vault/object/errors.ts";

const run = { source: "shop", restorePointId: "20261121T021500Z-7k3f9q2mxa", heartbeatAt: "2026-11-21T03:00:00.000Z" };

async function markedAfter(error: Error, isBusy = false): Promise<unknown> {
  let marked: unknown;
  const restorePoints = {
    get: async (id: string) => ({ restorePointId: id }) as RestorePoint,
    markVerified: async (_: RestorePoint, verdict: unknown) => {
      if (isBusy) throw new StoreThrottledError("catalog-busy", "slow down");
      marked = verdict;
    },
  };
  const context = { catalog: { restorePoints } as unknown as Catalog };
  const work = quarantiningDamage(run as Run, context, () => Promise.reject(error));
  await expect(work).rejects.toBe(error);
  return marked;
}

const damaged = new ObjectIntegrityError("object-not-authentic", "v1/data/x", 400, "authentication failed");

test.each([damaged, new IntegrityError("manifest-missing", "there is no manifest")])(
  "damage of the vault ($code) quarantines the restore point that was to be restored",
  async (error) => {
    expect(await markedAfter(error)).toEqual({ level: "restore", at: run.heartbeatAt, isValid: false });
  },
);

test.each([
  new IntegrityError("restore-differs", "somebody wrote to the target"),
  new PreconditionError("target-not-empty", "it has tables"),
  new StoreThrottledError("store-throttled", "slow down"),
])("what is no damage of the vault ($code) does not", async (error) => {
  expect(await markedAfter(error)).toBeUndefined();
});

test("a catalog that does not answer does not hide the damage", async () => {
  expect(await markedAfter(damaged, true)).toBeUndefined();
});
