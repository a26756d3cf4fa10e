import { generateKeyPairSync } from "node:crypto";
import type { Recipient, Unwrapper } from "../../core/vault/envelope/recipient.ts";
import { rsaRecipient, rsaUnwrapper } from "../../core/vault/envelope/rsa.ts";

export interface TestRecipient {
  readonly recipient: Recipient;
  readonly unwrapper: Unwrapper;
  readonly privateKeyPem: string;
}

/** A fresh offline key; about 0.2 s, so once per file. */
export function newRsaRecipient(): TestRecipient {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 3072,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  return {
    recipient: rsaRecipient({ publicKeyPem: publicKey }),
    unwrapper: rsaUnwrapper({ privateKeyPem: privateKey }),
    privateKeyPem: privateKey,
  };
}
