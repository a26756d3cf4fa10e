import { randomBytes } from "node:crypto";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { keyIdOf, vaultKeys } from "../../../../core/vault/keys.ts";
import type { Codec } from "../../../../core/vault/object/compression.ts";
import { objectContext } from "../../../../core/vault/object/context.ts";
import { encryptMessage } from "../../../../core/vault/object/encrypt.ts";
import { readObject } from "../../../../core/vault/object/read.ts";
import { gather } from "../../../../core/vault/stream/pieces.ts";
import { memoryStore } from "../../../support/memory-store.ts";
import { SAMPLE_REF as ref, sha256Of } from "../../../support/vault.ts";

const envelope = { keyId: keyIdOf(ref), dataKey: randomBytes(32) };
const key = vaultKeys.chunkKey(ref, 1, 1);
const rows = Buffer.from("1\tone\n2\ttwo\n".repeat(2000));

/** An authentic object of `compressed`, whatever that is, read as the rows it should be. */
async function readAs(codec: Codec, compressed: Buffer, plaintext = rows): Promise<Buffer> {
  const store = memoryStore();
  const source = (async function* () {
    yield compressed;
  })();
  const message = await gather(encryptMessage(source, envelope, objectContext(ref, key, codec), 512), 1e8);
  store.objects.set(key, message);
  const stored = { object: key, keyId: envelope.keyId, bytes: message.length, sha256: sha256Of(message) };
  const written = { ...stored, plainBytes: plaintext.length, sha256Plain: sha256Of(plaintext) };
  return gather(readObject({ store, envelope, ref, written }), 1e8);
}

const codecs = [
  ["zstd", zstdCompressSync(rows)],
  ["gzip", gzipSync(rows)],
] as const;

test.each(codecs)("reads one whole %s stream", async (codec, compressed) => {
  expect((await readAs(codec, compressed)).equals(rows)).toBe(true);
});

test.each(codecs)("refuses a %s stream that is cut, however authentic", async (codec, compressed) => {
  for (const length of [0, 1, 10, compressed.length - 1]) {
    await expect(readAs(codec, compressed.subarray(0, length)), `${length} bytes`).rejects.toMatchObject({
      name: "IntegrityError",
    });
  }
});

test.each(codecs)("refuses bytes after a %s stream, however authentic", async (codec, compressed) => {
  for (const more of [Buffer.of(0), Buffer.from("more"), randomBytes(5000), compressed]) {
    const error = await readAs(codec, Buffer.concat([compressed, more])).catch((thrown) => thrown);
    expect(error).toMatchObject({ name: "IntegrityError" });
  }
});

test.each(codecs)("refuses what is not %s at all", async (codec) => {
  await expect(readAs(codec, rows)).rejects.toMatchObject({ name: "IntegrityError", code: "object-malformed" });
});
