/**
 * Reads objects back and holds them to what the manifest says: length and digest of the stored bytes, the context, every
 * frame's tag, length and digest of the plaintext.
 * @module
 */
import type { RestorePointRef } from "../keys.ts";
import type { Store } from "../store/port.ts";
import { decompress } from "./compression.ts";
import { openMessage } from "./decrypt.ts";
import { ObjectIntegrityError } from "./errors.ts";
import { MalformedError } from "./malformed.ts";
import type { MessageKey } from "./message.ts";
import { Digest, type WrittenObject } from "./write.ts";

/** As in the manifest; the plaintext's digest is absent for a bundle, whose slices have one each. */
export type ExpectedObject = Omit<WrittenObject, "sha256Plain"> & { readonly sha256Plain?: string | undefined };

export interface ReadObjectOptions {
  readonly store: Store;
  readonly envelope: MessageKey;
  /** The restore point the object was written for. */
  readonly ref: RestorePointRef;
  readonly written: ExpectedObject;
  readonly signal?: AbortSignal;
}

/**
 * Yields the plaintext. Each piece given out is authentic; the whole is only when iteration ends without an error, so
 * what was made of the pieces must not be kept before.
 * @throws IntegrityError naming object and offset at the first frame that is wrong, and at the end when a length or
 *   digest differs; ObjectFrozenError; StoreThrottledError.
 */
export async function* readObject(options: ReadObjectOptions): AsyncGenerator<Uint8Array> {
  const { store, envelope, ref, written, signal } = options;
  const { object } = written;
  if (written.keyId !== envelope.keyId) {
    const reason = `is encrypted under key ${JSON.stringify(written.keyId)}, at hand is ${JSON.stringify(envelope.keyId)}`;
    throw new ObjectIntegrityError("object-key-mismatch", object, undefined, reason);
  }
  const cipher = new Digest();
  const plain = new Digest();
  const stored = cipher.watch(await store.read(object, { ...(signal && { signal }) }));
  const { codec, frames } = await openMessage(bounded(stored, written.bytes, object, "stored"), {
    key: envelope,
    ref,
    object,
  });
  try {
    yield* plain.watch(bounded(decompress(frames, codec), written.plainBytes, object, "plaintext"));
  } catch (error) {
    throw inObject(error, object);
  }
  const differences: readonly [code: string, got: number | string, want: number | string | undefined][] = [
    ["object-length-mismatch", cipher.bytes, written.bytes],
    ["object-digest-mismatch", cipher.hex(), written.sha256],
    ["plaintext-length-mismatch", plain.bytes, written.plainBytes],
    ["plaintext-digest-mismatch", plain.hex(), written.sha256Plain],
  ];
  for (const [code, got, want] of differences) {
    if (want !== undefined && got !== want) {
      throw new ObjectIntegrityError(code, object, undefined, `got ${got}, the manifest says ${want}`);
    }
  }
}

/** Ends a stream that is longer than announced before anyone has to hold or store it. */
async function* bounded(
  source: AsyncIterable<Uint8Array>,
  mostBytes: number,
  object: string,
  what: "stored" | "plaintext",
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const piece of source) {
    bytes += piece.length;
    if (bytes > mostBytes) {
      const [code, offset] =
        what === "stored" ? (["object-length-mismatch", mostBytes] as const) : ["plaintext-length-mismatch", undefined];
      throw new ObjectIntegrityError(code, object, offset, `is longer than ${mostBytes} bytes (${what})`);
    }
    yield piece;
  }
}

/** Decompression knows no object; the reader of its message wants one. */
export function inObject(error: unknown, object: string): unknown {
  if (!(error instanceof MalformedError)) return error;
  return new ObjectIntegrityError("object-malformed", object, undefined, error.message, error);
}
