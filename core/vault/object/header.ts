/**
 * Reads the header of a message of the one kind this format uses; anything else is not ours.
 * @module
 */

import { MalformedError } from "./malformed.ts";
import { COMMITMENT_BYTES, CONTENT_FRAMED, MESSAGE_ID_BYTES, MESSAGE_VERSION, SUITE_ID, TAG_BYTES } from "./message.ts";

export interface MessageHeader {
  readonly messageId: Buffer;
  readonly context: Readonly<Record<string, string>>;
  readonly dataKey: {
    readonly providerId: string;
    readonly providerInfo: Buffer;
    readonly ciphertext: Buffer;
  };
  readonly frameBytes: number;
  readonly commitment: Buffer;
  /** The header without its tag: what the tag authenticates. */
  readonly raw: Buffer;
  readonly tag: Buffer;
}

/** Gives the next `n` bytes, or throws MalformedError when the object ends before. */
export type Take = (n: number) => Promise<Buffer>;

/** @throws MalformedError */
export async function readHeader(take: Take): Promise<MessageHeader> {
  const read: Buffer[] = [];
  const next = async (n: number): Promise<Buffer> => {
    const bytes = await take(n);
    read.push(bytes);
    return bytes;
  };
  const uint16 = async (): Promise<number> => (await next(2)).readUInt16BE();
  const field = async (): Promise<Buffer> => next(await uint16());

  const version = (await next(1)).readUInt8();
  if (version !== MESSAGE_VERSION)
    throw new MalformedError(`message version is ${version}, allowed is ${MESSAGE_VERSION}`);
  const suite = await uint16();
  if (suite !== SUITE_ID)
    throw new MalformedError(`algorithm suite is 0x${suite.toString(16)}, allowed is 0x${SUITE_ID.toString(16)}`);
  const messageId = await next(MESSAGE_ID_BYTES);
  const context = parseContext(await field());
  const keys = await uint16();
  if (keys !== 1) throw new MalformedError(`message has ${keys} encrypted data keys, allowed is 1`);
  const providerId = (await field()).toString("utf8");
  const providerInfo = await field();
  const ciphertext = await field();
  const contentType = (await next(1)).readUInt8();
  if (contentType !== CONTENT_FRAMED) {
    throw new MalformedError(`content type is ${contentType}, allowed is ${CONTENT_FRAMED} (framed)`);
  }
  const frameBytes = (await next(4)).readUInt32BE();
  const commitment = await next(COMMITMENT_BYTES);
  const raw = Buffer.concat(read);
  const tag = await take(TAG_BYTES);
  return { messageId, context, dataKey: { providerId, providerInfo, ciphertext }, frameBytes, commitment, raw, tag };
}

function parseContext(bytes: Buffer): Record<string, string> {
  const context: Record<string, string> = Object.create(null);
  if (bytes.length === 0) return context;
  let at = 2;
  const field = (): string => {
    if (at + 2 > bytes.length) throw new MalformedError("encryption context is cut short");
    const end = at + 2 + bytes.readUInt16BE(at);
    if (end > bytes.length) throw new MalformedError("encryption context is cut short");
    const text = bytes.toString("utf8", at + 2, end);
    at = end;
    return text;
  };
  if (bytes.length < 2) throw new MalformedError("encryption context is cut short");
  for (let pairs = bytes.readUInt16BE(0); pairs > 0; pairs -= 1) {
    const name = field();
    if (name in context) throw new MalformedError(`encryption context names ${JSON.stringify(name)} twice`);
    context[name] = field();
  }
  if (at !== bytes.length) throw new MalformedError("encryption context has bytes left over");
  return context;
}
