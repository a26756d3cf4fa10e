import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { commitManifest } from "../../../core/vault/commit.ts";
import { openEnvelope } from "../../../core/vault/envelope/open.ts";
import { vaultKeys } from "../../../core/vault/keys.ts";
import { listRestorePoints } from "../../../core/vault/list.ts";
import { chunkObjects } from "../../../core/vault/manifest/chunk-objects.ts";
import { readManifest } from "../../../core/vault/manifest/read.ts";
import type { Manifest } from "../../../core/vault/manifest/schema.ts";
import { readChunk } from "../../../core/vault/object/read-chunk.ts";
import { gather } from "../../../core/vault/stream/pieces.ts";
import { readSummary } from "../../../core/vault/summary.ts";
import { type MemoryStore, memoryStore } from "../../support/memory-store.ts";
import { newRsaRecipient, type TestRecipient } from "../../support/recipients.ts";
import { SAMPLE_REF as ref, SAMPLE_ROWS, type Sample, writeSample, writeSampleObjects } from "../../support/vault.ts";

let offline: TestRecipient;
let store: MemoryStore;
beforeAll(() => {
  offline = newRsaRecipient();
});
beforeEach(() => {
  store = memoryStore();
});

const write = (chunksPerPart?: number): Promise<Sample> =>
  writeSample(store, { recipients: [offline.recipient], ...(chunksPerPart && { chunksPerPart }) });
const listed = async (): Promise<string[]> => {
  const ids = [];
  for await (const { restorePointId } of listRestorePoints(store)) ids.push(restorePointId);
  return ids;
};

test.each([
  ["one object", undefined, 0],
  ["parts", 2, 3],
])("reads back a manifest written as %s, by the vault and the private key alone", async (_, chunksPerPart, parts) => {
  const { manifest } = await write(chunksPerPart);
  const envelope = await openEnvelope(store, ref, [offline.unwrapper]);
  expect(await readManifest(store, envelope, ref)).toEqual(manifest);
  expect([...store.objects.keys()].filter((key) => key.includes("manifest-parts/"))).toHaveLength(parts);
});

test("gives each table its own rows out of chunks and bundles", async () => {
  const { envelope, manifest } = await write();
  const rows: Record<string, string[]> = {};
  for (const chunk of chunkObjects(manifest)) {
    for await (const { table, bytes } of readChunk({ store, envelope, ref, chunk })) {
      const name = table === null ? "large objects" : `${table.schema}.${table.name}`;
      rows[name] = [...(rows[name] ?? []), (await gather(bytes, 1e6)).toString()];
    }
  }
  const { "large objects": largeObjects, ...tables } = rows;
  expect(tables).toEqual(SAMPLE_ROWS);
  expect(largeObjects).toHaveLength(1);
});

test("passes over slices nobody reads", async () => {
  const { envelope, manifest } = await write();
  const [bundle] = chunkObjects(manifest).filter(({ slices }) => slices.length > 1);
  if (bundle === undefined) throw new Error("the sample has no bundle");
  const read: string[] = [];
  for await (const { table, bytes } of readChunk({ store, envelope, ref, chunk: bundle })) {
    if (table?.name === bundle.slices.at(-1)?.table?.name) read.push((await gather(bytes, 1e6)).toString());
  }
  expect(read).toEqual(SAMPLE_ROWS['odd.Table With "Quotes"']);
});

describe("the commit", () => {
  test("makes the restore point appear, and only it does", async () => {
    const { envelope, manifest } = await writeSampleObjects(store, { recipients: [offline.recipient] });
    expect(await listed()).toEqual([]);
    await expect(readManifest(store, envelope, ref)).rejects.toMatchObject({ code: "manifest-missing" });
    expect(await commitManifest(store, envelope, ref, manifest)).toMatchObject({ isNew: true });
    expect(await listed()).toEqual([ref.restorePointId]);
  });

  test.each([
    ["one object", {}],
    ["parts", { chunksPerPart: 2 }],
  ])("done again with the same content changes nothing (%s)", async (_, options) => {
    const { envelope, manifest } = await writeSampleObjects(store, { recipients: [offline.recipient] });
    const first = await commitManifest(store, envelope, ref, manifest, options);
    const before = new Map(store.objects);
    const second = await commitManifest(store, envelope, ref, structuredClone(manifest), options);
    expect(second).toEqual({ ...first, isNew: false });
    expect(store.objects).toEqual(before);
  });

  test("done again later, after its answer was lost, is the first commit with the first moment", async () => {
    const { envelope, manifest } = await writeSampleObjects(store, { recipients: [offline.recipient] });
    const run = { id: "shop-20261121T021500Z-7k3f9q2mxa", startedAt: "2026-11-21T02:15:00.000Z" };
    const at = (committedAt: string) =>
      commitManifest(store, envelope, ref, { ...manifest, run: { ...run, committedAt } });
    const first = await at("2026-11-21T02:20:00.000Z");
    const second = await at("2026-11-21T02:21:00.000Z");
    expect(second).toEqual({ ...first, isNew: false });
    expect(second.stored.run?.committedAt).toBe("2026-11-21T02:20:00.000Z");
    const other = { ...manifest, run: { ...run, startedAt: run.startedAt.replace("02:15", "02:16"), committedAt: "" } };
    await expect(commitManifest(store, envelope, ref, other)).rejects.toThrow();
  });

  test("of other content is refused and leaves the first", async () => {
    const { envelope, manifest } = await write();
    const other: Manifest = { ...manifest, warnings: [] };
    await expect(commitManifest(store, envelope, ref, other)).rejects.toMatchObject({
      name: "PreconditionError",
      code: "restore-point-committed",
    });
    expect(await readManifest(store, envelope, ref)).toEqual(manifest);
  });

  test("finishes what an attempt left that died after its parts, even when the content differs now", async () => {
    const { envelope, manifest } = await writeSampleObjects(store, { recipients: [offline.recipient] });
    const [orders, ...others] = manifest.tables;
    if (orders === undefined) throw new Error("the sample has no tables");
    const renumbered = { ...manifest, tables: [{ ...orders, chunks: orders.chunks.toReversed() }, ...others] };
    await commitManifest(store, envelope, ref, renumbered, { chunksPerPart: 2 });
    await store.delete(vaultKeys.manifestKey(ref));
    await commitManifest(store, envelope, ref, manifest, { chunksPerPart: 2 });
    expect(await readManifest(store, envelope, ref)).toEqual(manifest);
  });

  test.each<[string, (manifest: Manifest) => unknown]>([
    ["rows do not add up", ({ tables: [table] }) => table && Object.assign(table, { rows: table.rows + 1 })],
    ["a bundle has a gap", ({ tables: [, table] }) => Object.assign(table?.chunks[0] ?? {}, { plainBytes: 1 })],
    ["a chunk lies elsewhere", ({ tables: [table] }) => Object.assign(table?.chunks[0] ?? {}, { object: "v1/data/x" })],
    ["it is of another restore point", (manifest) => Object.assign(manifest, { source: "other" })],
    ["a schema object lies elsewhere", ({ schema: [first] }) => Object.assign(first ?? {}, { object: "v1/data/x" })],
    ["a view has chunks", (manifest) => Object.assign(manifest.tables[0] ?? {}, { kind: "matview" })],
  ])("is refused before anything is written when %s", async (_, damage) => {
    const { envelope, manifest } = await writeSampleObjects(store, { recipients: [offline.recipient] });
    const before = new Map(store.objects);
    damage(manifest);
    await expect(commitManifest(store, envelope, ref, manifest)).rejects.toMatchObject({
      name: "IntegrityError",
      code: "manifest-inconsistent",
    });
    expect(store.objects).toEqual(before);
  });
});

test("tells a few numbers without the key, and nothing of tables or the database", async () => {
  await write();
  expect(await readSummary(store, ref)).toMatchObject({ tables: 5, rows: 653, chunks: 4, serverVersion: "18.4" });
  const inClear = [...store.objects].map(([key, body]) => `${key}\n${body.toString("latin1")}`).join("\n");
  for (const name of ["orders", "countries", "Table With", "Germany"]) expect(inClear).not.toContain(name);
});

test.each(["{", "[]", "\u0000", '{"format":"holdfast-summary-2"}'])(
  "does without a summary that reads %j",
  async (text) => {
    await write();
    store.objects.set(vaultKeys.summaryKey(ref), Buffer.from(text));
    expect(await readSummary(store, ref)).toBeUndefined();
  },
);
