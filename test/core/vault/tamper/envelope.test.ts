/** Envelopes exchanged, added, cut: none opens a restore point with another's key, and each is named. */
import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { HoldfastError, IntegrityError } from "../../../../core/errors.ts";
import { createEnvelope, rewrapEnvelope } from "../../../../core/vault/envelope/create.ts";
import { openEnvelope } from "../../../../core/vault/envelope/open.ts";
import type { EnvelopeFile } from "../../../../core/vault/envelope/schema.ts";
import { keyIdOf, type RestorePointRef, vaultKeys } from "../../../../core/vault/keys.ts";
import { openManifest } from "../../../../core/vault/open.ts";
import { type VerifyLevel, verifyRestorePoint } from "../../../../core/vault/verify/verify.ts";
import { type MemoryStore, memoryStore } from "../../../support/memory-store.ts";
import { newRsaRecipient, type TestRecipient } from "../../../support/recipients.ts";
import { SAMPLE_REF as ref, writeSample } from "../../../support/vault.ts";

const refs: readonly [RestorePointRef, RestorePointRef, RestorePointRef] = [
  ref,
  { ...ref, restorePointId: "20261122T021500Z-aaaaaaaaaa" },
  { ...ref, source: "other" },
];
const random = (n: number): Uint8Array => randomBytes(n);
let offline: TestRecipient;
let stranger: TestRecipient;
let whole: ReadonlyMap<string, Buffer>;
let dataKeys: readonly Buffer[];

beforeAll(async () => {
  offline = newRsaRecipient();
  stranger = newRsaRecipient();
  const store = memoryStore();
  const keys: Buffer[] = [];
  for (const each of refs) {
    const options = { ref: each, recipients: [offline.recipient], unwrappers: [offline.unwrapper], random };
    keys.push(Buffer.from((await writeSample(store, options)).envelope.dataKey));
    await rewrapEnvelope(store, each, options);
  }
  whole = new Map(store.objects);
  dataKeys = keys;
});

function copy(): MemoryStore {
  const store = memoryStore();
  for (const [key, body] of whole) store.objects.set(key, body);
  return store;
}
const fileIn = (objects: ReadonlyMap<string, Buffer>, of: RestorePointRef, generation: number): EnvelopeFile =>
  JSON.parse(objects.get(vaultKeys.envelopeKey(of, generation))?.toString() ?? "null");
const put = (store: MemoryStore, of: RestorePointRef, generation: number, file: unknown): void =>
  void store.objects.set(vaultKeys.envelopeKey(of, generation), Buffer.from(JSON.stringify(file)));
const attempt = <T>(work: Promise<T>): Promise<T | Error> => work.catch((error: Error) => error);

/** Members of real envelopes, each from whichever restore point and generation. */
const mixture = fc.record({
  identity: fc.constantFrom(...refs),
  generation: fc.constantFrom(1, 2, 3),
  keyCheckOf: fc.constantFrom(...refs),
  wrappedFor: fc.constantFrom(...refs),
  place: fc.record({ ref: fc.constantFrom(...refs), generation: fc.constantFrom(1, 2, 3) }),
});

describe("an envelope made of parts of others", () => {
  test("opens its restore point's own key or none, and every refusal names an envelope's object", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(mixture, { minLength: 1, maxLength: 3 }), async (mixtures) => {
        const store = copy();
        for (const { identity, generation, keyCheckOf, wrappedFor, place } of mixtures) {
          const file: EnvelopeFile = {
            ...fileIn(whole, identity, 1),
            generation,
            keyCheck: fileIn(whole, keyCheckOf, 1).keyCheck,
            recipients: fileIn(whole, wrappedFor, 1).recipients,
          };
          put(store, place.ref, place.generation, file);
        }
        for (const [at, each] of refs.entries()) {
          const opened = await attempt(openEnvelope(store, each, [offline.unwrapper]));
          if (opened instanceof Error) {
            expect(opened).toBeInstanceOf(IntegrityError);
            expect(opened.message).toContain(vaultKeys.envelopePrefix(each));
          } else {
            expect(dataKeys[at]?.equals(opened.dataKey)).toBe(true);
            expect(opened.keyId).toBe(keyIdOf(each));
            expect((await openManifest(store, each, [offline.unwrapper])).manifest.id).toBe(each.restorePointId);
          }
        }
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  test("of which one byte was changed at random opens the right key or is refused by name", async () => {
    const key = vaultKeys.envelopeKey(ref, 2);
    const body = whole.get(key) ?? Buffer.alloc(0);
    await fc.assert(
      fc.asyncProperty(fc.nat(body.length - 1), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
        const store = copy();
        const changed = Buffer.from(body);
        changed.writeUInt8(changed.readUInt8(at) ^ mask, at);
        store.objects.set(key, changed);
        store.objects.delete(vaultKeys.envelopeKey(ref, 1));
        const opened = await attempt(openEnvelope(store, ref, [offline.unwrapper]));
        if (opened instanceof Error) {
          expect(opened).toBeInstanceOf(HoldfastError);
          expect(opened.message).toContain(key);
        } else expect(dataKeys[0]?.equals(opened.dataKey)).toBe(true);
      }),
      { numRuns: 150 },
    );
  }, 60_000);
});

describe("objects under exchanged envelopes", () => {
  test("of which two restore points changed places wholly fail to open, naming the envelope", async () => {
    const store = copy();
    const [a, b] = refs;
    for (const generation of [1, 2]) {
      put(store, a, generation, fileIn(whole, b, generation));
      put(store, b, generation, fileIn(whole, a, generation));
    }
    for (const each of [a, b]) {
      const opened = await attempt(openManifest(store, each, [offline.unwrapper]));
      expect(opened).toMatchObject({ code: "envelope-invalid", object: vaultKeys.envelopeKey(each, 2) });
    }
  });

  test("fail to open under another restore point's key, naming the manifest", async () => {
    const store = copy();
    const [a, b] = refs;
    store.objects.set(vaultKeys.manifestKey(a), whole.get(vaultKeys.manifestKey(b)) ?? Buffer.alloc(0));
    const opened = await attempt(openManifest(store, a, [offline.unwrapper]));
    expect(opened).toMatchObject({ code: "object-swapped", object: vaultKeys.manifestKey(a), offset: 0 });
  });
});

describe("a generation added with another key", () => {
  /** As one who knows the offline recipient's public key can write it: everything about it is right but the key. */
  async function withForeign(generation: number): Promise<MemoryStore> {
    const store = copy();
    const scratch = memoryStore();
    await createEnvelope(scratch, ref, { recipients: [offline.recipient], unwrappers: [offline.unwrapper], random });
    put(store, ref, generation, { ...fileIn(scratch.objects, ref, 1), generation });
    return store;
  }

  test("is passed over: the restore point opens by the generation that its manifest was written under", async () => {
    const store = await withForeign(3);
    const { envelope, manifest } = await openManifest(store, ref, [offline.unwrapper]);
    expect(manifest.id).toBe(ref.restorePointId);
    expect(envelope).toMatchObject({ generation: 2, damaged: [{ code: "envelope-key-mismatch" }] });
  });

  test.each<[VerifyLevel, number]>([
    ["presence", 3],
    ["quick", 3],
    ["full", 1],
  ])("is found by verification (%s, generation %d), named, and nothing else is", async (level, generation) => {
    const { issues } = await verifyRestorePoint(level, await withForeign(generation), [offline.unwrapper], ref);
    const object = vaultKeys.envelopeKey(ref, generation);
    expect(issues).toMatchObject([{ object, code: "envelope-key-mismatch" }]);
  });

  test("for others only is found too, by its key check", async () => {
    const store = copy();
    const scratch = memoryStore();
    await createEnvelope(scratch, ref, { recipients: [stranger.recipient], unwrappers: [], random });
    put(store, ref, 3, { ...fileIn(scratch.objects, ref, 1), generation: 3 });
    const { issues } = await verifyRestorePoint("presence", store, [offline.unwrapper], ref);
    expect(issues).toMatchObject([{ object: vaultKeys.envelopeKey(ref, 3), code: "envelope-key-mismatch" }]);
  });

  test("where no generation opens the manifest, it is the manifest that is named", async () => {
    const store = await withForeign(3);
    for (const generation of [1, 2]) store.objects.delete(vaultKeys.envelopeKey(ref, generation));
    const opened = await attempt(openManifest(store, ref, [offline.unwrapper]));
    expect(opened).toMatchObject({ code: "object-not-authentic", object: vaultKeys.manifestKey(ref), offset: 0 });
  });
});

describe("the envelope's file", () => {
  const prefixOf = (bytes: Buffer, n: number): Buffer => bytes.subarray(0, n);
  test.each<[string, (bytes: Buffer) => Buffer | undefined, string]>([
    ["cut to nothing", (bytes) => prefixOf(bytes, 0), "envelope-invalid"],
    ["cut in its middle", (bytes) => prefixOf(bytes, bytes.length >> 1), "envelope-invalid"],
    ["without its last brace", (bytes) => prefixOf(bytes, bytes.lastIndexOf("}")), "envelope-invalid"],
    ["lengthened by a byte", (bytes) => Buffer.concat([bytes, Buffer.of(0)]), "envelope-invalid"],
    ["lengthened by itself", (bytes) => Buffer.concat([bytes, bytes]), "envelope-invalid"],
    ["exchanged with another restore point's", () => whole.get(vaultKeys.envelopeKey(refs[1], 1)), "envelope-invalid"],
    ["exchanged with another generation's", () => whole.get(vaultKeys.envelopeKey(ref, 2)), "envelope-invalid"],
    ["exchanged with the manifest", () => whole.get(vaultKeys.manifestKey(ref)), "envelope-invalid"],
    ["missing", () => undefined, "envelope-missing"],
  ])("%s is found at every level and named", async (_, change, code) => {
    const store = copy();
    store.objects.delete(vaultKeys.envelopeKey(ref, 2));
    const object = vaultKeys.envelopeKey(ref, 1);
    const bytes = change(whole.get(object) ?? Buffer.alloc(0));
    if (bytes === undefined) store.objects.delete(object);
    else store.objects.set(object, bytes);
    for (const level of ["presence", "quick", "full"] as const) {
      const { issues } = await verifyRestorePoint(level, store, [offline.unwrapper], ref);
      expect(issues).toMatchObject([{ object, code, message: expect.stringContaining(object) }]);
    }
  });

  test("with a damaged generation beside a whole one opens, and verification names the damaged one", async () => {
    const store = copy();
    const object = vaultKeys.envelopeKey(ref, 2);
    store.objects.set(object, Buffer.from("{}"));
    expect((await openManifest(store, ref, [offline.unwrapper])).envelope.generation).toBe(1);
    const { issues } = await verifyRestorePoint("full", store, [offline.unwrapper], ref);
    expect(issues).toMatchObject([{ object, code: "envelope-invalid" }]);
  });
});
