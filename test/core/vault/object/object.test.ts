import { createHash, randomBytes } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import {
  AlgorithmSuiteIdentifier,
  buildDecrypt,
  buildEncrypt,
  CommitmentPolicy,
  RawAesKeyringNode,
  RawAesWrappingSuiteIdentifier,
} from "@aws-crypto/client-node";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HoldfastError, StoreThrottledError } from "../../../../core/errors.ts";
import { keyIdOf, vaultKeys } from "../../../../core/vault/keys.ts";
import type { Compression } from "../../../../core/vault/object/compression.ts";
import { ObjectIntegrityError } from "../../../../core/vault/object/errors.ts";
import { readObject } from "../../../../core/vault/object/read.ts";
import { type WrittenObject, writeObject } from "../../../../core/vault/object/write.ts";
import { gather } from "../../../../core/vault/stream/pieces.ts";
import { type MemoryStore, memoryStore } from "../../../support/memory-store.ts";
import { SAMPLE_REF as ref, sha256Of } from "../../../support/vault.ts";

const envelope = { keyId: keyIdOf(ref), dataKey: randomBytes(32) };
const key = vaultKeys.chunkKey(ref, 1, 1);
const ZSTD: Compression = { codec: "zstd", level: 1 };
const CODECS: readonly Compression[] = [ZSTD, { codec: "gzip", level: 1 }, { codec: "none" }];

async function* pieces(body: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, n = 0; at < body.length; n += 1) {
    const size = sizes.length === 0 ? body.length : (sizes[n % sizes.length] ?? 1);
    yield body.subarray(at, at + size);
    at += size;
  }
}

async function write(store: MemoryStore, body: Uint8Array, options: Partial<Parameters<typeof writeObject>[0]> = {}) {
  const source = pieces(body, [1000]);
  return writeObject({ store, envelope, ref, key, source, compression: ZSTD, frameBytes: 512, ...options });
}

const read = (store: MemoryStore, written: WrittenObject): Promise<Buffer> =>
  gather(readObject({ store, envelope, ref, written }), 1e8);

// What the Encryption SDK's own streams would do to the process; none may happen here.
const unhandled: unknown[] = [];
const note = (error: unknown): void => void unhandled.push(error);
beforeAll(() => void process.on("unhandledRejection", note));
afterAll(() => {
  process.off("unhandledRejection", note);
  expect(unhandled).toEqual([]);
});

test("comes back whole however it was cut on its way in and out", async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 3000 }), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 6000 }),
      sizes,
      fc.integer({ min: 1, max: 700 }),
      fc.integer({ min: 1, max: 900 }),
      fc.constantFrom(...CODECS),
      async (body, cuts, frameBytes, pieceBytes, compression) => {
        const store = memoryStore();
        store.pieceBytes = pieceBytes;
        const written = await write(store, body, { source: pieces(body, cuts), frameBytes, compression });
        expect(written).toMatchObject({
          object: key,
          keyId: envelope.keyId,
          plainBytes: body.length,
          sha256Plain: sha256Of(body),
          bytes: store.objects.get(key)?.length,
          sha256: sha256Of(store.objects.get(key) ?? Buffer.alloc(0)),
        });
        expect((await read(store, written)).equals(body)).toBe(true);
      },
    ),
    { numRuns: 150 },
  );
});

test("is a message that the Encryption SDK itself decrypts, with the context in clear", async () => {
  const store = memoryStore();
  const body = randomBytes(5000);
  await write(store, body, { compression: { codec: "none" } });
  const keyring = new RawAesKeyringNode({
    keyNamespace: "holdfast",
    keyName: envelope.keyId,
    unencryptedMasterKey: Uint8Array.from(envelope.dataKey),
    wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
  });
  const { decrypt } = buildDecrypt(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);
  const { plaintext, messageHeader } = await decrypt(keyring, store.objects.get(key) ?? Buffer.alloc(0));
  expect(plaintext.equals(body)).toBe(true);
  expect(messageHeader.suiteId).toBe(0x0478);
  expect({ ...messageHeader.encryptionContext }).toEqual({
    "holdfast-format": "1/none",
    object: key,
    "restore-point": ref.restorePointId,
  });
});

describe("damage", () => {
  const body = Buffer.from(createHash("sha512").update("rows").digest("hex").repeat(30));

  test.each(CODECS)("of any one bit is found and named ($codec)", async (compression) => {
    const store = memoryStore();
    const written = await write(store, body.subarray(0, 1100), { compression });
    const whole = store.objects.get(key) ?? Buffer.alloc(0);
    for (let at = 0; at < whole.length; at += 1) {
      const changed = Buffer.from(whole);
      changed.writeUInt8((changed[at] ?? 0) ^ (1 << (at & 7)), at);
      store.objects.set(key, changed);
      const error = await read(store, written).catch((thrown: unknown) => thrown);
      if (!(error instanceof ObjectIntegrityError)) throw new Error(`byte ${at}: ${String(error)}`);
      expect(error.object).toBe(key);
      expect(error.message).toContain(key);
      expect(error.offset ?? 0).toBeLessThanOrEqual(at);
    }
  });

  test("names the frame it lies in", async () => {
    const store = memoryStore();
    const written = await write(store, body, { compression: { codec: "none" } });
    const whole = store.objects.get(key) ?? Buffer.alloc(0);
    const frame = 4 + 12 + 512 + 16;
    const finalFrame = frame + 8 + (body.length % 512) - 512;
    const header = whole.length - Math.floor(body.length / 512) * frame - finalFrame;
    whole.writeUInt8((whole[header + 3 * frame + 100] ?? 0) ^ 1, header + 3 * frame + 100);
    await expect(read(store, written)).rejects.toMatchObject({
      name: "IntegrityError",
      code: "object-not-authentic",
      offset: header + 3 * frame,
    });
  });

  test("by cutting anywhere is found", async () => {
    const store = memoryStore();
    const written = await write(store, body);
    const whole = store.objects.get(key) ?? Buffer.alloc(0);
    for (let length = 0; length < whole.length; length += 1) {
      store.objects.set(key, whole.subarray(0, length));
      await expect(read(store, written)).rejects.toBeInstanceOf(ObjectIntegrityError);
    }
  });

  test("by adding bytes is found", async () => {
    const store = memoryStore();
    const written = await write(store, body);
    const whole = store.objects.get(key) ?? Buffer.alloc(0);
    store.objects.set(key, Buffer.concat([whole, Buffer.alloc(1)]));
    await expect(read(store, written)).rejects.toMatchObject({ code: "object-length-mismatch" });
    await expect(read(store, { ...written, bytes: whole.length + 1 })).rejects.toMatchObject({
      code: "object-malformed",
      offset: whole.length,
    });
  });

  test("by swapping two frames, dropping one or repeating one is found", async () => {
    const store = memoryStore();
    const written = await write(store, body, { compression: { codec: "none" } });
    const whole = store.objects.get(key) ?? Buffer.alloc(0);
    const frame = 4 + 12 + 512 + 16;
    const header = whole.length - Math.floor(body.length / 512) * frame - (frame + 8 + (body.length % 512) - 512);
    const head = whole.subarray(0, header);
    const [first, second] = [
      whole.subarray(header, header + frame),
      whole.subarray(header + frame, header + 2 * frame),
    ];
    const rest = whole.subarray(header + 2 * frame);
    for (const [order, bytes] of [
      [[second, first], whole.length],
      [[second], whole.length - frame],
      [[first, first, second], whole.length + frame],
    ] as const) {
      store.objects.set(key, Buffer.concat([head, ...order, rest]));
      await expect(read(store, { ...written, bytes })).rejects.toMatchObject({ code: "object-malformed" });
    }
  });

  test("by putting another object of the same restore point in its place is found", async () => {
    const store = memoryStore();
    const written = await write(store, body);
    const other = vaultKeys.chunkKey(ref, 2, 1);
    const otherWritten = await write(store, body, { key: other });
    store.objects.set(key, store.objects.get(other) ?? Buffer.alloc(0));
    await expect(read(store, { ...otherWritten, object: written.object })).rejects.toMatchObject({
      code: "object-swapped",
      object: key,
    });
  });

  test("by an object of another restore point under the same key is found", async () => {
    const store = memoryStore();
    const foreign = { ...ref, restorePointId: "20261121T021500Z-aaaaaaaaaa" };
    const written = await write(store, body, { ref: foreign });
    await expect(read(store, written)).rejects.toMatchObject({ code: "object-swapped" });
  });

  test("by an earlier message of the same name is found by its digest", async () => {
    const store = memoryStore();
    const written = await write(store, body);
    store.objects.delete(key);
    await write(store, body);
    await expect(read(store, written)).rejects.toMatchObject({ code: "object-digest-mismatch" });
  });

  test("by another key is found", async () => {
    const store = memoryStore();
    const written = await write(store, body);
    const other = { keyId: envelope.keyId, dataKey: randomBytes(32) };
    const error = await gather(readObject({ store, envelope: other, ref, written }), 1e8).catch((thrown) => thrown);
    expect(error).toMatchObject({ name: "IntegrityError", code: "object-not-authentic", offset: 0 });
  });

  test("by bytes nobody wrote never crashes nor gives data", async () => {
    const store = memoryStore();
    const written = await write(store, body);
    const whole = store.objects.get(key) ?? Buffer.alloc(0);
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 400 }),
        fc.integer({ min: 0, max: whole.length }),
        fc.integer({ min: 0, max: whole.length }),
        async (noise, from, to) => {
          const damaged = Buffer.concat([whole.subarray(0, from), noise, whole.subarray(to)]);
          fc.pre(!damaged.equals(whole));
          store.objects.set(key, damaged);
          const error = await read(store, { ...written, bytes: damaged.length }).catch((thrown: unknown) => thrown);
          expect(error).toBeInstanceOf(HoldfastError);
        },
      ),
      { numRuns: 500 },
    );
  });
});

test.each([
  ["another suite", AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY_ECDSA_P384, {}],
  ["a context with more names", undefined, { table: "orders" }],
])("refuses a message of ours with %s", async (_, suiteId, more) => {
  const store = memoryStore();
  const { encrypt } = buildEncrypt(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);
  const keyring = new RawAesKeyringNode({
    keyNamespace: "holdfast",
    keyName: envelope.keyId,
    unencryptedMasterKey: Uint8Array.from(envelope.dataKey),
    wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
  });
  const { result } = await encrypt(keyring, Buffer.from("rows"), {
    suiteId: suiteId ?? AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY,
    encryptionContext: { "holdfast-format": "1/none", object: key, "restore-point": ref.restorePointId, ...more },
  });
  store.objects.set(key, result);
  const written = { object: key, keyId: envelope.keyId, bytes: result.length, sha256: sha256Of(result) };
  const expected = { ...written, plainBytes: 4, sha256Plain: sha256Of(Buffer.from("rows")) };
  await expect(read(store, expected)).rejects.toBeInstanceOf(ObjectIntegrityError);
});

test("stops at the announced length of what a message decompresses to", async () => {
  const store = memoryStore();
  const written = await write(store, Buffer.alloc(50_000_000));
  let given = 0;
  const consume = async (): Promise<void> => {
    for await (const piece of readObject({ store, envelope, ref, written: { ...written, plainBytes: 1000 } })) {
      given += piece.length;
    }
  };
  await expect(consume()).rejects.toMatchObject({ code: "plaintext-length-mismatch" });
  expect(given).toBe(0);
});

test("passes the source's error on and leaves nothing", async () => {
  const failure = new Error("session ended");
  for (const compression of CODECS) {
    for (const good of [0, 1, 50]) {
      const store = memoryStore();
      async function* source(): AsyncGenerator<Uint8Array> {
        for (let n = 0; n < good; n += 1) yield randomBytes(100_000);
        throw failure;
      }
      await expect(write(store, Buffer.alloc(0), { source: source(), compression })).rejects.toBe(failure);
      expect([...store.objects.keys()]).toEqual([]);
    }
  }
});

test("passes the store's error on while reading, as what it is", async () => {
  const store = memoryStore();
  const written = await write(store, randomBytes(20_000));
  const failure = new StoreThrottledError("store-unreachable", "connection lost");
  const whole = store.objects.get(key) ?? Buffer.alloc(0);
  const broken = {
    ...store,
    read: async () =>
      (async function* () {
        yield whole.subarray(0, 9000);
        throw failure;
      })(),
  };
  await expect(gather(readObject({ store: broken, envelope, ref, written }), 1e8)).rejects.toBe(failure);
});

test("lets a reader leave in the middle and closes the stored stream", async () => {
  const store = memoryStore();
  const written = await write(store, randomBytes(200_000));
  let isClosed = false;
  const watched = {
    ...store,
    read: async () =>
      (async function* () {
        try {
          yield* await store.read(key);
        } finally {
          isClosed = true;
        }
      })(),
  };
  store.pieceBytes = 700;
  for await (const piece of readObject({ store: watched, envelope, ref, written })) {
    expect(piece.length).toBeGreaterThan(0);
    break;
  }
  await expect.poll(() => isClosed).toBe(true);
});

test("closes the source when the store fails, and passes the store's error on", async () => {
  const failure = new StoreThrottledError("store-throttled", "slow down");
  for (const compression of CODECS) {
    let isClosed = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield randomBytes(100_000);
      } finally {
        isClosed = true;
      }
    }
    const failing = {
      ...memoryStore(),
      upload: async (_key: string, body: AsyncIterable<Uint8Array>) => {
        let bytes = 0;
        for await (const piece of body) {
          bytes += piece.length;
          if (bytes > 300_000) throw failure;
        }
        return { key, bytes };
      },
    };
    await expect(write(failing, Buffer.alloc(0), { source: source(), compression })).rejects.toBe(failure);
    await expect.poll(() => isClosed).toBe(true);
  }
});

describe("back-pressure", () => {
  const MEBIBYTE = 1024 * 1024;
  const turns = async (n: number): Promise<void> => {
    for (let turn = 0; turn < n; turn += 1) await setImmediate();
  };

  test.each(CODECS)("takes no more from its source than a slow store lets through ($codec)", async (compression) => {
    let given = 0;
    async function* source(): AsyncGenerator<Uint8Array> {
      for (let n = 0; n < 20; n += 1) {
        given += MEBIBYTE;
        yield randomBytes(MEBIBYTE);
      }
    }
    let taken = 0;
    let mostAhead = 0;
    const slow = {
      ...memoryStore(),
      upload: async (_key: string, body: AsyncIterable<Uint8Array>) => {
        for await (const piece of body) {
          taken += piece.length;
          mostAhead = Math.max(mostAhead, given - taken);
          if (piece.length > 10_000) await turns(5);
        }
        return { key, bytes: taken };
      },
    };
    await write(slow, Buffer.alloc(0), { source: source(), compression, frameBytes: MEBIBYTE });
    expect(given).toBe(20 * MEBIBYTE);
    expect(mostAhead).toBeLessThan(6 * MEBIBYTE);
  });

  test.each(CODECS)("takes no more from the store than a slow reader lets through ($codec)", async (compression) => {
    const store = memoryStore();
    const source = pieces(randomBytes(16 * MEBIBYTE), [MEBIBYTE]);
    const written = await write(store, Buffer.alloc(0), { source, compression, frameBytes: MEBIBYTE });
    let given = 0;
    const counted = {
      ...store,
      read: async () =>
        (async function* () {
          for await (const piece of await store.read(key)) {
            given += piece.length;
            yield piece;
          }
        })(),
    };
    let taken = 0;
    let mostAhead = 0;
    for await (const piece of readObject({ store: counted, envelope, ref, written })) {
      taken += piece.length;
      await turns(5);
      mostAhead = Math.max(mostAhead, given - taken);
    }
    expect(taken).toBe(16 * MEBIBYTE);
    expect(mostAhead).toBeLessThan(6 * MEBIBYTE);
  });
});
