/**
 * Writes one object: digest of the plaintext → compression → encryption → digest of the ciphertext → store, streaming.
 * @module
 */
import { createHash, type Hash } from "node:crypto";
import type { RestorePointRef } from "../keys.ts";
import type { Store } from "../store/port.ts";
import { inPieces } from "../stream/pieces.ts";
import { type Compression, compress } from "./compression.ts";
import { objectContext } from "./context.ts";
import { encryptMessage } from "./encrypt.ts";
import type { MessageKey } from "./message.ts";

/** What a manifest says about an object; the reader holds it to every word. */
export interface WrittenObject {
  /** The object's key in the vault. */
  readonly object: string;
  readonly keyId: string;
  /** Length as stored. */
  readonly bytes: number;
  /** Hex, of the bytes as stored. */
  readonly sha256: string;
  readonly plainBytes: number;
  /** Hex, of the plaintext. */
  readonly sha256Plain: string;
  /** The store's own checksum, when it keeps one. */
  readonly store?: string | undefined;
}

export interface WriteObjectOptions {
  readonly store: Store;
  readonly envelope: MessageKey;
  readonly ref: RestorePointRef;
  /** A key never used before: attempts carry their number. */
  readonly key: string;
  readonly source: AsyncIterable<Uint8Array>;
  readonly compression: Compression;
  /** Plaintext bytes per frame. @default 1 MiB; a reader holds one frame, 16 MiB at most */
  readonly frameBytes?: number;
  readonly signal?: AbortSignal;
}

/** A call of the compressor goes through the thread pool: worth it from here on. [measured 2026-11] */
const LEAST_PIECE_BYTES = 64 * 1024;

/**
 * Streams `source` into the vault as one encrypted object, in memory bounded by frames and the store's parts. When the
 * source throws or `signal` aborts, nothing is left behind and that error is passed on.
 */
export async function writeObject(options: WriteObjectOptions): Promise<WrittenObject> {
  const { store, envelope, ref, key, source, compression, frameBytes, signal } = options;
  const plain = new Digest();
  const cipher = new Digest();
  const context = objectContext(ref, key, compression.codec);
  const compressed = compress(joined(plain.watch(source)), compression);
  const encrypted = cipher.watch(encryptMessage(compressed, envelope, context, frameBytes));
  const stored = await store.upload(key, encrypted, { ...(signal && { signal }) });
  return {
    object: key,
    keyId: envelope.keyId,
    bytes: cipher.bytes,
    sha256: cipher.hex(),
    plainBytes: plain.bytes,
    sha256Plain: plain.hex(),
    ...(stored.checksum !== undefined && { store: stored.checksum }),
  };
}

/** Joins rows to pieces worth a call; pieces that are big already pass uncopied. */
async function* joined(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const pieces of inPieces(source, LEAST_PIECE_BYTES)) {
    const [only] = pieces;
    yield pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces);
  }
}

/** Counts and hashes what passes. */
export class Digest {
  bytes = 0;
  readonly #hash: Hash = createHash("sha256");

  async *watch(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of source) {
      this.update(piece);
      yield piece;
    }
  }

  update(piece: Uint8Array): void {
    this.bytes += piece.length;
    this.#hash.update(piece);
  }

  /** Once, at the end. */
  hex(): string {
    return this.#hash.digest("hex");
  }
}
