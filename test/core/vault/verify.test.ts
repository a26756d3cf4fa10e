import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { IntegrityError, ObjectFrozenError, StoreThrottledError } from "../../../core/errors.ts";
import { commitManifest } from "../../../core/vault/commit.ts";
import { vaultKeys } from "../../../core/vault/keys.ts";
import type { Store } from "../../../core/vault/store/port.ts";
import { Findings, type VerifyReport } from "../../../core/vault/verify/report.ts";
import {
  type VerifyLevel,
  verifyFull,
  verifyPresence,
  verifyQuick,
  verifyRestorePoint,
} from "../../../core/vault/verify/verify.ts";
import { type MemoryStore, memoryStore } from "../../support/memory-store.ts";
import { newRsaRecipient, type TestRecipient } from "../../support/recipients.ts";
import { SAMPLE_REF as ref, type Sample, writeSample, writeSampleObjects } from "../../support/vault.ts";

let offline: TestRecipient;
let store: MemoryStore;
let sample: Sample;
beforeAll(() => {
  offline = newRsaRecipient();
});
beforeEach(async () => {
  store = memoryStore();
  sample = await writeSample(store, { recipients: [offline.recipient], frameBytes: 256 });
});

const verify = (level: VerifyLevel, on: Store = store): Promise<VerifyReport> =>
  verifyRestorePoint(level, on, [offline.unwrapper], ref);
const object = (key: string): Buffer => {
  const body = store.objects.get(key);
  if (body === undefined) throw new Error(`the sample has no ${key}`);
  return body;
};
const flip = (key: string, at: number): void => {
  const body = object(key);
  const place = at < 0 ? body.length + at : at;
  body.writeUInt8((body[place] ?? 0) ^ 1, place);
};

test.each([
  ["presence", verifyPresence],
  ["quick", verifyQuick],
  ["full", verifyFull],
] as const)("finds a whole restore point valid at the level %s", async (_, run) => {
  const seen: number[] = [];
  const report = await run(store, [offline.unwrapper], ref, { onProgress: ({ objects }) => seen.push(objects) });
  expect(report).toMatchObject({ isValid: true, issues: [] });
  expect(seen.at(-1)).toBe(8);
});

test("reads every plaintext byte at the level full", async () => {
  const chunks = sample.manifest.tables.flatMap((table) => table.chunks).concat(sample.manifest.largeObjects.chunks);
  const schema = sample.manifest.schema.reduce((sum, { plainBytes }) => sum + plainBytes, 0);
  const want = chunks.reduce((sum, { plainBytes }) => sum + plainBytes, schema);
  expect((await verify("full")).plainBytes).toBe(want);
});

const chunk = (n: number): string => vaultKeys.chunkKey(ref, n, 1);
const damages: readonly [what: string, VerifyLevel, () => void, key: string, code: string | RegExp][] = [
  ["a chunk is missing", "presence", () => void store.objects.delete(chunk(2)), chunk(2), "object-missing"],
  [
    "a chunk is cut",
    "presence",
    () => void store.objects.set(chunk(1), object(chunk(1)).subarray(0, -1)),
    chunk(1),
    "object-length-mismatch",
  ],
  ["a chunk's first byte changed", "quick", () => flip(chunk(1), 0), chunk(1), "object-malformed"],
  ["a chunk's first frame changed", "quick", () => flip(chunk(1), 400), chunk(1), "object-not-authentic"],
  ["a chunk's last byte changed", "full", () => flip(chunk(1), -1), chunk(1), "object-not-authentic"],
  [
    "two chunks were swapped",
    "quick",
    () => {
      const [first, second] = [object(chunk(1)), object(chunk(2))];
      store.objects.set(chunk(1), second).set(chunk(2), first);
    },
    chunk(1),
    /object-swapped|object-length-mismatch/,
  ],
  [
    "a schema object changed",
    "quick",
    () => flip(vaultKeys.schemaKey(ref, "archive"), -20),
    vaultKeys.schemaKey(ref, "archive"),
    "object-not-authentic",
  ],
  [
    "a schema object is missing",
    "presence",
    () => void store.objects.delete(vaultKeys.schemaKey(ref, "roles.json")),
    vaultKeys.schemaKey(ref, "roles.json"),
    "object-missing",
  ],
  [
    "the manifest changed",
    "presence",
    () => flip(vaultKeys.manifestKey(ref), 500),
    vaultKeys.manifestKey(ref),
    /object-/,
  ],
  [
    "the manifest is missing",
    "presence",
    () => void store.objects.delete(vaultKeys.manifestKey(ref)),
    vaultKeys.manifestKey(ref),
    "manifest-missing",
  ],
  [
    "the envelope is missing",
    "presence",
    () => void store.objects.delete(vaultKeys.envelopeKey(ref, 1)),
    vaultKeys.envelopeKey(ref, 1),
    "envelope-missing",
  ],
  [
    "the envelope changed",
    "presence",
    () => flip(vaultKeys.envelopeKey(ref, 1), 0),
    vaultKeys.envelopeKey(ref, 1),
    "envelope-invalid",
  ],
];

describe("finds and names what is damaged", () => {
  test.each(damages)("when %s (%s)", async (_, level, damage, key, code) => {
    damage();
    const report = await verify(level);
    expect(report.isValid).toBe(false);
    expect(report.issues).toContainEqual(
      expect.objectContaining({ object: key, code: expect.stringMatching(code), message: expect.stringMatching(/\w/) }),
    );
  });

  test("with the offset of the frame", async () => {
    flip(chunk(1), -1);
    const [issue] = (await verify("full")).issues;
    expect(issue?.offset).toBeGreaterThan(object(chunk(1)).length - 256 - 40);
  });

  test("all of it, not only the first", async () => {
    for (const n of [1, 2, 3, 4]) flip(chunk(n), -1);
    expect((await verify("full")).issues.map((issue) => issue.object)).toEqual([1, 2, 3, 4].map(chunk));
  });
});

test("sees at the cheaper levels only what they promise", async () => {
  flip(chunk(1), -1);
  expect(await verify("presence")).toMatchObject({ isValid: true });
  expect(await verify("quick")).toMatchObject({ isValid: true });
});

test("looks at the chunks it is asked to, so that workers can share", async () => {
  flip(chunk(1), -1);
  const options = { chunks: (n: number) => n !== 1 };
  expect(await verifyFull(store, [offline.unwrapper], ref, options)).toMatchObject({ isValid: true });
});

test("compares row counts, not only digests", async () => {
  store = memoryStore();
  const { envelope, manifest } = await writeSampleObjects(store, { recipients: [offline.recipient] });
  const [orders] = manifest.tables;
  const [first, second] = orders?.chunks ?? [];
  Object.assign(first ?? {}, { rows: 399 });
  Object.assign(second ?? {}, { rows: 251 });
  await commitManifest(store, envelope, ref, manifest);
  expect((await verify("full")).issues.map(({ code }) => code)).toEqual(["row-count-mismatch", "row-count-mismatch"]);
});

test("finds bytes changed under a checksum of the store", async () => {
  const checksum = (key: string): string => `sha256:${object(key).subarray(0, 8).toString("base64")}`;
  const summed = memoryStore();
  const withChecksums: Store = {
    ...summed,
    upload: async (key, body) => {
      const stored = await summed.upload(key, body);
      store = summed;
      return { ...stored, checksum: checksum(key) };
    },
    head: async (key) => {
      const stored = await summed.head(key);
      return stored && { ...stored, checksum: checksum(key) };
    },
  };
  await writeSample(withChecksums, { recipients: [offline.recipient] });
  expect(await verify("presence", withChecksums)).toMatchObject({ isValid: true });
  flip(chunk(3), 0);
  expect((await verify("presence", withChecksums)).issues).toMatchObject([
    { object: chunk(3), code: "store-checksum-mismatch" },
  ]);
});

test.each([new StoreThrottledError("store-throttled", "slow down"), new ObjectFrozenError("object-archived", "cold")])(
  "reports nothing about what it could not look at: $name is thrown",
  async (error) => {
    const failing: Store = {
      ...store,
      read: async (key, options) => {
        if (key === chunk(2)) throw error;
        return store.read(key, options);
      },
    };
    await expect(verify("full", failing)).rejects.toBe(error);
  },
);

test("notes the damage of a hundred thousand objects in seconds, and the same damage once", () => {
  const findings = new Findings();
  const note = (n: number) =>
    findings.note(`chunk ${n}`, new IntegrityError("object-missing", `no object of chunk ${n}`));
  const begun = performance.now();
  for (let n = 0; n < 100_000; n += 1) note(n);
  note(7);
  // Searching all of them for each took minutes.
  expect(performance.now() - begun).toBeLessThan(5_000);
  expect(findings.issues).toHaveLength(100_000);
});
