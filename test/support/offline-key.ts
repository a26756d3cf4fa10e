/** The offline recipient of the stack that tests run against: the golden vault's, which is no secret. */
import { createPrivateKey, createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";

const file = path.join(import.meta.dirname, "../golden/vault/v1/recipient.jwk.json");
const privateKey = createPrivateKey({ key: JSON.parse(readFileSync(file, "utf8")), format: "jwk" });

export const offlineKey = {
  privateKeyPem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  publicKeyPem: createPublicKey(privateKey).export({ type: "spki", format: "pem" }).toString(),
} as const;
