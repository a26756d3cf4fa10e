import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findInVault, listVault, openVault } from "../../../cli/direct/vault.ts";
import { vaultKeys } from "../../../core/vault/keys.ts";
import { fileVerification } from "../../../core/vault/verification.ts";

const older = "20261120T021500Z-zzzzzzzzzz";
const newer = "20261121T021500Z-0000000000";
const unfinished = "20261122T021500Z-0000000000";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "holdfast-vault-"));
});
afterEach(() => rm(directory, { recursive: true }));

async function vaultWith(...committed: [source: string, restorePointId: string][]) {
  const store = openVault(directory, {});
  for (const [source, restorePointId] of committed) {
    await store.putIfAbsent(vaultKeys.manifestKey({ source, kind: "full", restorePointId }), new Uint8Array(1));
  }
  return store;
}

describe("a vault without its installation", () => {
  it("gives the newest restore point that has a manifest", async () => {
    const store = await vaultWith(["shop", newer], ["shop", older]);
    const ref = { source: "shop", kind: "full", restorePointId: unfinished } as const;
    await store.putIfAbsent(vaultKeys.envelopeKey(ref, 1), new Uint8Array(1));
    expect(await findInVault(store, "latest", undefined)).toEqual({ ...ref, restorePointId: newer });
  });

  it("passes over what a verification has found damaged, or may have, unless it is named", async () => {
    const store = await vaultWith(["shop", newer], ["shop", older]);
    const ref = { source: "shop", kind: "full", restorePointId: newer } as const;
    const runId = `shop-${newer}`;
    const report = { runId, level: "full" as const, at: "2026-11-22T00:00:00.000Z", isValid: false, findings: [] };
    await fileVerification(store, ref, report);
    expect(await findInVault(store, "latest", "shop")).toMatchObject({ restorePointId: older });
    expect(await findInVault(store, newer, "shop")).toEqual(ref);
    expect((await listVault(store, "shop")).map(({ restorePointId, status }) => [restorePointId, status])).toEqual([
      [newer, "quarantined"],
      [older, "available"],
    ]);
    await store.putIfAbsent(vaultKeys.reportKey({ ...ref, restorePointId: older }, runId), Buffer.from("?"));
    await expect(findInVault(store, "latest", "shop")).rejects.toMatchObject({
      message: expect.stringContaining("damaged"),
    });
  });

  it("finds an id whatever its source", async () => {
    const store = await vaultWith(["shop", older], ["blog", newer]);
    expect(await findInVault(store, newer, undefined)).toMatchObject({ source: "blog" });
  });

  it("does not guess among sources", async () => {
    const store = await vaultWith(["shop", older], ["blog", newer]);
    await expect(findInVault(store, "latest", undefined)).rejects.toMatchObject({ code: "source-needed" });
    expect(await findInVault(store, "latest", "shop")).toMatchObject({ restorePointId: older });
  });

  it("says what is not there", async () => {
    const store = await vaultWith(["shop", older]);
    await expect(findInVault(store, newer, "shop")).rejects.toMatchObject({
      name: "PreconditionError",
      code: "restore-point-not-found",
      message: expect.stringContaining(`no restore point ${newer} of shop`),
    });
  });
});

it.each(["s3://", "s3://Bucket", "s3://bucket/prefix", "gs://bucket", "https://bucket"])(
  "refuses %s for a vault",
  (location) => expect(() => openVault(location, {})).toThrow(/allowed is a directory or s3:\/\/bucket/),
);
