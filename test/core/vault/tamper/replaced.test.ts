/** A whole restore point forged under an id that exists: authentic by itself, and not what the catalog knows was committed. */
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { restorePointOf } from "../../../../core/backup/commit/restore-point.ts";
import type { Catalog, RestorePoint } from "../../../../core/catalog/index.ts";
import { fileRestorePoint } from "../../../../core/rebuild/file.ts";
import { openRestorePoint } from "../../../../core/restore/restore-point.ts";
import { vaultKeys } from "../../../../core/vault/keys.ts";
import { openManifest } from "../../../../core/vault/open.ts";
import { verifyRestorePoint } from "../../../../core/vault/verify/verify.ts";
import { type MemoryStore, memoryStore } from "../../../support/memory-store.ts";
import { newRsaRecipient, type TestRecipient } from "../../../support/recipients.ts";
import { SAMPLE_REF as ref, writeSample } from "../../../support/vault.ts";

let offline: TestRecipient;
let vault: MemoryStore;
let known: RestorePoint;
const object = vaultKeys.manifestKey(ref);
const replaced = { name: "IntegrityError", code: "manifest-replaced", object };

beforeAll(() => {
  offline = newRsaRecipient();
});
beforeEach(async () => {
  vault = memoryStore();
  const options = { recipients: [offline.recipient] };
  await writeSample(vault, options);
  known = restorePointOf(await openManifest(vault, ref, [offline.unwrapper]));
  // With the recipient's public key, which is public, and the right to put everything anew.
  vault.objects.clear();
  await writeSample(vault, options);
});

describe("a restore point that was replaced as a whole", () => {
  test("is whole to the vault alone, which cannot know better", async () => {
    expect(await verifyRestorePoint("full", vault, [offline.unwrapper], ref)).toMatchObject({ isValid: true });
  });

  test.each(["presence", "quick", "full"] as const)(
    "is found by a verification that knows the catalog (%s)",
    async (level) => {
      const options = { committedSha256: known.manifestSha256 };
      const { issues } = await verifyRestorePoint(level, vault, [offline.unwrapper], ref, options);
      expect(issues).toMatchObject([{ object, code: "manifest-replaced", message: expect.stringContaining(object) }]);
    },
  );

  test("is not opened for a restore that knows the catalog", async () => {
    const access = { store: vault, unwrappers: [offline.unwrapper] };
    const opened = openRestorePoint(access, ref, { committedSha256: known.manifestSha256 });
    await expect(opened).rejects.toMatchObject(replaced);
  });

  test("is not filed over what the catalog says, and is a finding of the rebuild", async () => {
    let isFiled = false;
    const reconcile = async () => {
      isFiled = true;
      return "updated" as const;
    };
    const catalog = { restorePoints: { get: async () => known, reconcile } } as unknown as Catalog;
    const { result, findings } = await fileRestorePoint(ref, { catalog, vault, unwrappers: [offline.unwrapper] });
    expect(result).toBe("refused");
    expect(findings).toMatchObject([{ where: object, code: "manifest-replaced" }]);
    expect(isFiled).toBe(false);
  });
});
