/**
 * The one kind of AWS Encryption SDK message this format uses: version 2, suite 0x0478, framed, one data key. Its bytes
 * are laid out and taken apart here; keys, commitment and ciphers are the SDK's. The SDK's own streams are not used: destroying
 * one ends the process, and reading says neither where damage lies nor that bytes follow (docs/adr/0010-encryption-sdk-without-its-streams.md).
 * @see https://docs.aws.amazon.com/encryption-sdk/latest/developer-guide/message-format.html
 * @module
 */
import {
  AlgorithmSuiteIdentifier,
  NodeAlgorithmSuite,
  NodeDefaultCryptographicMaterialsManager,
  RawAesKeyringNode,
  RawAesWrappingSuiteIdentifier,
} from "@aws-crypto/client-node";
import { KEY_NAMESPACE } from "./context.ts";

export const MESSAGE_VERSION = 2;
export const SUITE_ID = 0x0478;
export const CONTENT_FRAMED = 2;
export const MESSAGE_ID_BYTES = 32;
export const COMMITMENT_BYTES = 32;
export const IV_BYTES = 12;
export const TAG_BYTES = 16;
export const FINAL_FRAME = 0xffffffff;
/** The header's tag is made under an IV that no frame has: frames count from 1. */
export const HEADER_IV = Buffer.alloc(IV_BYTES);

const FRAME_AAD = Buffer.from("AWSKMSEncryptionClient Frame");
const FINAL_FRAME_AAD = Buffer.from("AWSKMSEncryptionClient Final Frame");

export interface MessageKey {
  readonly keyId: string;
  /** 32 bytes. */
  readonly dataKey: Uint8Array;
}

export const SUITE = new NodeAlgorithmSuite(AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY);

/** Wraps and unwraps each message's own key under the restore point's data key. */
export function materialsManager({ keyId, dataKey }: MessageKey): NodeDefaultCryptographicMaterialsManager {
  const keyring = new RawAesKeyringNode({
    keyNamespace: KEY_NAMESPACE,
    keyName: keyId,
    // The SDK keeps this buffer and refuses one that shares its memory with others.
    unencryptedMasterKey: Uint8Array.from(dataKey),
    wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
    utf8Sorting: true,
  });
  return new NodeDefaultCryptographicMaterialsManager(keyring);
}

export interface FramePlace {
  readonly messageId: Uint8Array;
  readonly isFinal: boolean;
  /** From 1. */
  readonly sequence: number;
  readonly contentBytes: number;
}

/** What a frame's tag authenticates besides its content: where it belongs. */
export function frameAad({ messageId, isFinal, sequence, contentBytes }: FramePlace): Buffer {
  const numbers = Buffer.alloc(12);
  numbers.writeUInt32BE(sequence, 0);
  numbers.writeBigUInt64BE(BigInt(contentBytes), 4);
  return Buffer.concat([messageId, isFinal ? FINAL_FRAME_AAD : FRAME_AAD, numbers]);
}
