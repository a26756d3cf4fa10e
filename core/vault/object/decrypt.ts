/**
 * Decrypts an AWS Encryption SDK message frame by frame: nothing is given out before its frame's tag was checked, one
 * frame is held at a time, and a failure names the offset of the frame it lies in.
 * @module
 */
import { EncryptedDataKey, type GetDecipher, getDecryptionHelper } from "@aws-crypto/client-node";
import { HoldfastError } from "../../errors.ts";
import type { RestorePointRef } from "../keys.ts";
import { ByteReader } from "./byte-reader.ts";
import type { Codec } from "./compression.ts";
import { KEY_NAMESPACE, matchContext } from "./context.ts";
import { ObjectIntegrityError } from "./errors.ts";
import { type MessageHeader, readHeader } from "./header.ts";
import { MalformedError } from "./malformed.ts";
import {
  FINAL_FRAME,
  frameAad,
  HEADER_IV,
  IV_BYTES,
  type MessageKey,
  materialsManager,
  SUITE,
  TAG_BYTES,
} from "./message.ts";

/** A reader must bound what it holds; writers use 1 MiB. */
export const MOST_FRAME_BYTES = 16 * 1024 * 1024;

export interface OpenOptions {
  readonly key: MessageKey;
  readonly ref: RestorePointRef;
  /** The object's key: compared with what the object says, and named in messages. */
  readonly object: string;
}

export interface OpenMessage {
  readonly codec: Codec;
  /** Decrypted, still compressed. @throws IntegrityError naming the object and the offset of the frame at fault. */
  readonly frames: AsyncGenerator<Buffer>;
}

/**
 * Reads and checks the header; the frames follow as they are asked for, and must be, or be returned, to close the source.
 * @throws IntegrityError `object-malformed`, `object-not-authentic`, `object-swapped` naming the object
 */
export async function openMessage(source: AsyncIterable<Uint8Array>, options: OpenOptions): Promise<OpenMessage> {
  const { object, ref } = options;
  const reader = new ByteReader(source);
  try {
    const header = await readHeader((n) => reader.take(n));
    const matched = matchContext(header.context, ref, object);
    if ("difference" in matched) throw new ObjectIntegrityError("object-swapped", object, 0, matched.difference);
    const getDecipher = await openHeader(header, options.key);
    return { codec: matched.codec, frames: readFrames(reader, header, getDecipher, object) };
  } catch (error) {
    await reader.close();
    throw named(error, object, 0);
  }
}

async function* readFrames(
  reader: ByteReader,
  header: MessageHeader,
  getDecipher: GetDecipher,
  object: string,
): AsyncGenerator<Buffer> {
  let offset = reader.offset;
  try {
    let isFinal = false;
    for (let sequence = 1; !isFinal; sequence += 1) {
      offset = reader.offset;
      const frame = await readFrame(reader, sequence, header, getDecipher);
      isFinal = frame.isFinal;
      yield* frame.plaintext;
    }
    offset = reader.offset;
    if (!(await reader.isAtEnd())) throw new MalformedError("object goes on after its final frame");
  } catch (error) {
    throw named(error, object, offset);
  } finally {
    await reader.close();
  }
}

/** Errors of stores are passed on; what is left came from bytes that are not what they should be. */
function named(error: unknown, object: string, offset: number): unknown {
  if (!(error instanceof Error) || error instanceof HoldfastError) return error;
  if (!(error instanceof MalformedError) && !isAuthenticationFailure(error)) return error;
  const code = error instanceof MalformedError ? "object-malformed" : "object-not-authentic";
  const reason = error instanceof MalformedError ? error.message : "authentication failed";
  return new ObjectIntegrityError(code, object, offset, reason, error);
}

/** Node's words for a wrong GCM tag; thrown by `final`, and wrapped as UnauthenticatedError here and nowhere else. */
class UnauthenticatedError extends Error {
  override readonly name = "UnauthenticatedError";
}
const isAuthenticationFailure = (error: Error): boolean => error instanceof UnauthenticatedError;

async function openHeader(header: MessageHeader, key: MessageKey): Promise<GetDecipher> {
  if (header.frameBytes < 1 || header.frameBytes > MOST_FRAME_BYTES) {
    throw new MalformedError(`frame length is ${header.frameBytes}, allowed is 1 to ${MOST_FRAME_BYTES}`);
  }
  const { providerId, providerInfo, ciphertext } = header.dataKey;
  if (providerId !== KEY_NAMESPACE) throw new MalformedError(`key namespace is ${JSON.stringify(providerId)}`);
  const dataKey = new EncryptedDataKey({
    providerId,
    providerInfo: providerInfo.toString("utf8"),
    rawInfo: providerInfo,
    encryptedDataKey: ciphertext,
  });
  return authenticated(async () => {
    const materials = await materialsManager(key).decryptMaterials({
      suite: SUITE,
      encryptionContext: header.context,
      encryptedDataKeys: [dataKey],
    });
    const getDecipher = getDecryptionHelper(materials).getDecipherInfo(header.messageId, header.commitment);
    const decipher = getDecipher(HEADER_IV).setAAD(header.raw).setAuthTag(header.tag);
    decipher.update(Buffer.alloc(0));
    decipher.final();
    return getDecipher;
  });
}

interface Frame {
  readonly isFinal: boolean;
  readonly plaintext: readonly Buffer[];
}

async function readFrame(
  reader: ByteReader,
  sequence: number,
  header: MessageHeader,
  getDecipher: GetDecipher,
): Promise<Frame> {
  const first = (await reader.take(4)).readUInt32BE();
  const isFinal = first === FINAL_FRAME;
  const got = isFinal ? (await reader.take(4)).readUInt32BE() : first;
  if (got !== sequence) throw new MalformedError(`frame number is ${got}, expected is ${sequence}`);
  const iv = await reader.take(IV_BYTES);
  const contentBytes = isFinal ? (await reader.take(4)).readUInt32BE() : header.frameBytes;
  if (contentBytes > header.frameBytes) {
    throw new MalformedError(`final frame announces ${contentBytes} bytes, allowed are ${header.frameBytes}`);
  }
  const content = await reader.takePieces(contentBytes);
  const tag = await reader.take(TAG_BYTES);
  const plaintext = await authenticated(async () => {
    const decipher = getDecipher(iv)
      .setAAD(frameAad({ messageId: header.messageId, isFinal, sequence, contentBytes }))
      .setAuthTag(tag);
    const pieces = content.map((piece) => decipher.update(piece));
    if (content.length === 0) decipher.update(Buffer.alloc(0));
    decipher.final();
    return pieces;
  });
  return { isFinal, plaintext };
}

/** Whatever cryptography throws here means that key and bytes do not belong together. */
async function authenticated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new UnauthenticatedError("authentication failed", { cause: error });
  }
}
