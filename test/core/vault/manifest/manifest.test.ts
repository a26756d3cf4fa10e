import fc from "fast-check";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { HoldfastError, IntegrityError } from "../../../../core/errors.ts";
import { vaultKeys } from "../../../../core/vault/keys.ts";
import { chunkObjects } from "../../../../core/vault/manifest/chunk-objects.ts";
import { assertConsistent, parseJson } from "../../../../core/vault/manifest/parse.ts";
import { joinManifest, splitManifest } from "../../../../core/vault/manifest/parts.ts";
import { readManifest } from "../../../../core/vault/manifest/read.ts";
import { type Manifest, manifestSchema, storedManifestSchema } from "../../../../core/vault/manifest/schema.ts";
import { createSmallObject } from "../../../../core/vault/object/small.ts";
import { type MemoryStore, memoryStore } from "../../../support/memory-store.ts";
import { newRsaRecipient, type TestRecipient } from "../../../support/recipients.ts";
import { SAMPLE_REF as ref, type Sample, writeSample } from "../../../support/vault.ts";

let offline: TestRecipient;
let store: MemoryStore;
let sample: Sample;
beforeAll(() => {
  offline = newRsaRecipient();
});
beforeEach(async () => {
  store = memoryStore();
  sample = await writeSample(store, { recipients: [offline.recipient], chunksPerPart: 2 });
});

const read = (): Promise<Manifest> => readManifest(store, sample.envelope, ref);
const caught = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return error;
  }
};

test("split and joined is the same, however long the parts", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10 }), (chunksPerPart) => {
      const { head, parts } = splitManifest(sample.manifest, chunksPerPart);
      expect(parts.length === 0 ? head : joinManifest(head, parts)).toEqual(sample.manifest);
    }),
  );
});

test("ignores members it does not know, as the format asks of readers", () => {
  const newer = { ...sample.manifest, colour: "blue", server: { ...sample.manifest.server, moon: 1 } };
  expect(parseJson(manifestSchema, Buffer.from(JSON.stringify(newer)), "manifest")).toEqual(sample.manifest);
});

test("refuses a format it does not know", () => {
  const newer = Buffer.from(JSON.stringify({ ...sample.manifest, format: "holdfast-manifest-2" }));
  expect(caught(() => parseJson(manifestSchema, newer, "v1/meta/manifest"))).toMatchObject({
    name: "IntegrityError",
    code: "manifest-invalid",
    message: expect.stringMatching(/v1\/meta\/manifest: format/),
  });
});

test("names any bytes, any JSON and any manifest with one member replaced as invalid, or reads it as it is", () => {
  const members = Object.keys(sample.manifest) as (keyof Manifest)[];
  const noise = fc.oneof(
    fc.uint8Array(),
    fc.json().map((text) => Buffer.from(text)),
    fc
      .tuple(fc.constantFrom(...members), fc.jsonValue())
      .map(([member, value]) => Buffer.from(JSON.stringify({ ...sample.manifest, [member]: value }))),
  );
  fc.assert(
    fc.property(noise, (bytes) => {
      const result = caught(() => {
        const manifest = parseJson(storedManifestSchema, bytes, "manifest");
        assertConsistent(manifest, ref);
        return manifest;
      });
      if (!(result instanceof IntegrityError)) expect(manifestSchema.parse(result)).toBeDefined();
    }),
    { numRuns: 500 },
  );
});

test.each([
  ["missing", (key: string) => void store.objects.delete(key), "object-missing"],
  ["changed", (key: string) => void store.objects.get(key)?.fill(1, 600, 620), "object-not-authentic"],
])("fails to read when a part is %s", async (_, damage, code) => {
  const key = vaultKeys.manifestPartKey(ref, 2, 1);
  damage(key);
  await expect(read()).rejects.toMatchObject({ name: "IntegrityError", code, message: expect.stringContaining(key) });
});

test("fails to read when a part is an authentic one of the same name but not the one the manifest lists", async () => {
  const key = vaultKeys.manifestPartKey(ref, 2, 1);
  store.objects.delete(key);
  const body = Buffer.from(
    JSON.stringify({ format: "holdfast-manifest-part-1", id: ref.restorePointId, part: 2, chunks: [] }),
  );
  await createSmallObject({ store, envelope: sample.envelope, ref }, key, body);
  await expect(read()).rejects.toMatchObject({ name: "IntegrityError", code: "object-digest-mismatch" });
});

test("never gives a manifest when any byte of it changed", async () => {
  const key = vaultKeys.manifestKey(ref);
  const whole = store.objects.get(key) ?? Buffer.alloc(0);
  for (let at = 0; at < whole.length; at += 5) {
    const changed = Buffer.from(whole);
    changed.writeUInt8((changed[at] ?? 0) ^ 0x20, at);
    store.objects.set(key, changed);
    await expect(read()).rejects.toMatchObject({ name: "IntegrityError", object: key });
  }
});

test("names slices that do not fit one another, whatever their numbers are", () => {
  const [orders, countries] = sample.manifest.tables;
  fc.assert(
    fc.property(fc.nat(3000), fc.nat(3000), fc.integer({ min: 1, max: 4 }), (offset, plainBytes, n) => {
      const changed = structuredClone(sample.manifest);
      Object.assign(changed.tables[1]?.chunks[0] ?? {}, { offset, plainBytes, n });
      const [was] = countries?.chunks ?? [];
      const result = caught(() => chunkObjects(changed));
      const isSame = offset === was?.offset && plainBytes === was.plainBytes && n === was.n;
      if (isSame) expect(result).toEqual(chunkObjects(sample.manifest));
      else expect(result).toBeInstanceOf(HoldfastError);
      expect(orders?.chunks).toHaveLength(2);
    }),
  );
});

test("names two chunks that are one object: its rows would be loaded twice", () => {
  const twice = structuredClone(sample.manifest);
  const [first, second] = twice.tables[0]?.chunks ?? [];
  Object.assign(second ?? {}, { ...first, n: second?.n });
  expect(caught(() => chunkObjects(twice))).toMatchObject({
    name: "IntegrityError",
    code: "manifest-inconsistent",
    message: expect.stringContaining(first?.object ?? ""),
  });
});
