/**
 * Objects that fit in memory: the manifest, its parts, the schema. Their names are fixed, so a second writer finds the
 * first one's object and compares instead of overwriting.
 * @module
 */
import { createHash } from "node:crypto";
import type { RestorePointRef } from "../keys.ts";
import type { Store } from "../store/port.ts";
import { gather } from "../stream/pieces.ts";
import { type Compression, compress, decompress, SMALL_OBJECT_COMPRESSION } from "./compression.ts";
import { objectContext } from "./context.ts";
import { openMessage } from "./decrypt.ts";
import { encryptMessage } from "./encrypt.ts";
import { ObjectIntegrityError } from "./errors.ts";
import type { MessageKey } from "./message.ts";
import { inObject } from "./read.ts";
import type { WrittenObject } from "./write.ts";

/** 512 MiB: a manifest part of 10,000 chunks has about 5 MB, the largest schema seen 2 MB. */
export const MOST_SMALL_BYTES = 512 * 1024 * 1024;

export interface SmallObjectOptions {
  readonly store: Store;
  readonly envelope: MessageKey;
  readonly ref: RestorePointRef;
}

/** What is in the store under a key, decrypted, with what a manifest would say about it. */
export interface SmallObject {
  readonly body: Buffer;
  readonly written: WrittenObject;
}

/** Creates the object. @returns undefined when the key is taken already. */
export async function createSmallObject(
  { store, envelope, ref }: SmallObjectOptions,
  key: string,
  body: Uint8Array,
  compression: Compression = SMALL_OBJECT_COMPRESSION,
): Promise<WrittenObject | undefined> {
  const context = objectContext(ref, key, compression.codec);
  const message = encryptMessage(compress(once(body), compression), envelope, context);
  const bytes = await gather(message, 2 * MOST_SMALL_BYTES);
  if (!(await store.putIfAbsent(key, bytes))) return undefined;
  return described(key, envelope, bytes, body);
}

/**
 * Writes `body` under the first of `keyOf(1)`, `keyOf(2)`, … that is free or holds the same already, so that a retry
 * after a lost answer changes nothing and a retry with other content loses nothing.
 */
export async function writeSmallObject(
  options: SmallObjectOptions,
  keyOf: (attempt: number) => string,
  body: Uint8Array,
): Promise<WrittenObject> {
  for (let attempt = 1; ; attempt += 1) {
    const key = keyOf(attempt);
    const created = await createSmallObject(options, key, body);
    if (created !== undefined) return created;
    const found = await readSmallObject(options, key).catch((error: unknown) => {
      if (error instanceof ObjectIntegrityError) return undefined; // damaged: the next name is as good
      throw error;
    });
    if (found?.body.equals(body)) return found.written;
  }
}

/**
 * Reads and checks the whole object. Without `written`, what is read is authentic but might be an older object of the
 * same name; with it, exactly this one.
 * @throws IntegrityError `object-missing` or naming what is wrong
 */
export async function readSmallObject(
  { store, envelope, ref }: SmallObjectOptions,
  key: string,
  written?: WrittenObject,
): Promise<SmallObject> {
  const tooLong = (error: unknown): never => {
    if (!(error instanceof RangeError)) throw inObject(error, key);
    throw new ObjectIntegrityError("object-length-mismatch", key, undefined, error.message, error);
  };
  const bytes = await gather(await store.read(key), 2 * MOST_SMALL_BYTES).catch(tooLong);
  const { codec, frames } = await openMessage(once(bytes), { key: envelope, ref, object: key });
  const body = await gather(decompress(frames, codec), MOST_SMALL_BYTES).catch(tooLong);
  const found = described(key, envelope, bytes, body);
  for (const field of ["bytes", "sha256", "plainBytes", "sha256Plain"] as const) {
    if (written !== undefined && found[field] !== written[field]) {
      const reason = `${field} is ${found[field]}, the manifest says ${written[field]}`;
      throw new ObjectIntegrityError("object-digest-mismatch", key, undefined, reason);
    }
  }
  return { body, written: found };
}

function described(object: string, { keyId }: MessageKey, bytes: Uint8Array, body: Uint8Array): WrittenObject {
  return {
    object,
    keyId,
    bytes: bytes.length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    plainBytes: body.length,
    sha256Plain: createHash("sha256").update(body).digest("hex"),
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
