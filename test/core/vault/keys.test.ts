import { expect, test } from "vitest";
import { parseMetaKey, vaultKeys } from "../../../core/vault/keys.ts";
import { listRestorePoints } from "../../../core/vault/list.ts";
import { ensureVault } from "../../../core/vault/marker.ts";
import { memoryStore } from "../../support/memory-store.ts";
import { SAMPLE_REF as ref } from "../../support/vault.ts";

test("lays keys out as the format says", () => {
  const meta = "v1/meta/shop/full/2026-11-21/20261121T021500Z-7k3f9q2mxa/";
  const data = "v1/data/shop/full/2026-11-21/20261121T021500Z-7k3f9q2mxa/";
  expect(vaultKeys.manifestKey(ref)).toBe(`${meta}manifest`);
  expect(vaultKeys.summaryKey(ref)).toBe(`${meta}summary.json`);
  expect(vaultKeys.envelopeKey(ref, 2)).toBe(`${meta}keys/0002.json`);
  expect(vaultKeys.schemaKey(ref, "archive")).toBe(`${meta}schema/archive`);
  expect(vaultKeys.schemaKey(ref, "pre-data.sql", 3)).toBe(`${meta}schema/pre-data.sql.3`);
  expect(vaultKeys.manifestPartKey(ref, 1, 2)).toBe(`${meta}manifest-parts/0001.2`);
  expect(vaultKeys.chunkKey(ref, 7, 1)).toBe(`${data}00007.1`);
  expect(vaultKeys.chunkKey(ref, 123456, 12)).toBe(`${data}123456.12`);
});

test("finds the restore point a key belongs to, and none in other keys", () => {
  expect(parseMetaKey(vaultKeys.manifestKey(ref))).toEqual({ ref, name: "manifest" });
  for (const key of [
    "v1/vault.json",
    "v1/meta/shop/full/2026-11-21/20261121T021500Z-7k3f9q2mxa",
    "v1/meta/shop/full/2026-11-20/20261121T021500Z-7k3f9q2mxa/manifest",
    "v1/meta/shop/other/2026-11-21/20261121T021500Z-7k3f9q2mxa/manifest",
    "v1/meta/SHOP/full/2026-11-21/20261121T021500Z-7k3f9q2mxa/manifest",
    "v2/meta/shop/full/2026-11-21/20261121T021500Z-7k3f9q2mxa/manifest",
    "v1/meta/shop/full/2026-11-21/../manifest",
    "",
  ]) {
    expect(parseMetaKey(key)).toBeUndefined();
  }
});

async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

test("lists committed restore points of one source or all, oldest first", async () => {
  const store = memoryStore();
  const at = (source: string, restorePointId: string) => ({ source, kind: "full" as const, restorePointId });
  const refs = [
    at("shop", "20261121T021500Z-aaaaaaaaaa"),
    at("shop", "20261122T021500Z-aaaaaaaaaa"),
    at("shop-eu", "20261120T021500Z-aaaaaaaaaa"),
  ];
  for (const each of refs) await store.putIfAbsent(vaultKeys.manifestKey(each), Buffer.from("m"));
  await store.putIfAbsent(vaultKeys.envelopeKey(at("shop", "20261123T021500Z-aaaaaaaaaa"), 1), Buffer.from("e"));
  expect(await collected(listRestorePoints(store, "shop"))).toEqual(refs.slice(0, 2));
  expect(await collected(listRestorePoints(store))).toHaveLength(3);
  await expect(listRestorePoints(store, "../x").next()).rejects.toMatchObject({ code: "invalid-id" });
});

test("marks a vault once and refuses one of another format", async () => {
  const store = memoryStore();
  await ensureVault(store);
  await ensureVault(store);
  for (const text of ['{"format":"holdfast-vault-2"}', "else", "[]"]) {
    store.objects.set(vaultKeys.marker, Buffer.from(text));
    await expect(ensureVault(store)).rejects.toMatchObject({ code: "vault-format-unknown" });
  }
});
