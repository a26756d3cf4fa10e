/**
 * Wraps data keys for the holder of an RSA key kept offline: the way in when the account or its keys are gone.
 * @module
 */
import {
  constants,
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
} from "node:crypto";
import { ConfigurationError, IntegrityError } from "../../errors.ts";
import type { Recipient, Unwrapper } from "./recipient.ts";

const KIND = "rsa-oaep-sha256";
/** What NIST SP 800-57 asks for data to be kept beyond 2030 (128-bit strength). */
const LEAST_MODULUS_BITS = 3072;
/** `openssl pkeyutl -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256` uses the same digest for MGF1. */
const PADDING = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" } as const;

/** @throws ConfigurationError `recipient-key-invalid` */
export function rsaRecipient({ publicKeyPem }: { publicKeyPem: string }): Recipient {
  const key = parseKey(() => createPublicKey(publicKeyPem), "public");
  return {
    kind: KIND,
    id: fingerprint(key),
    // OAEP has no context of its own; the envelope's key check binds the key to its restore point.
    wrap: async (dataKey) => publicEncrypt({ key, ...PADDING }, dataKey),
  };
}

/** @throws ConfigurationError `recipient-key-invalid` */
export function rsaUnwrapper({ privateKeyPem }: { privateKeyPem: string }): Unwrapper {
  const key = parseKey(() => createPrivateKey(privateKeyPem), "private");
  const id = fingerprint(createPublicKey(privateKeyPem));
  return {
    kind: KIND,
    canUnwrap: (entry) => entry.kind === KIND && entry.id === id,
    async unwrap(wrapped) {
      try {
        return privateDecrypt({ key, ...PADDING }, wrapped);
      } catch (cause) {
        throw unwrapFailed(id, cause);
      }
    },
  };
}

/** `sha256:` and the hex digest of the key's SubjectPublicKeyInfo in DER. */
function fingerprint(publicKey: KeyObject): string {
  const der = publicKey.export({ type: "spki", format: "der" });
  return `sha256:${createHash("sha256").update(der).digest("hex")}`;
}

function parseKey(parse: () => KeyObject, half: "public" | "private"): KeyObject {
  let key: KeyObject;
  try {
    key = parse();
  } catch (cause) {
    throw invalidKey(half, "not a key in PEM form", cause);
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.asymmetricKeyType === "rsa" && bits >= LEAST_MODULUS_BITS) return key;
  const got = `${key.asymmetricKeyType ?? "unknown"} of ${bits} bits`;
  throw invalidKey(half, got);
}

function invalidKey(half: "public" | "private", got: string, cause?: unknown): ConfigurationError {
  const allowed = `rsa of at least ${LEAST_MODULUS_BITS} bits`;
  const message = `recipient's ${half} key is ${got}, allowed is ${allowed}`;
  return new ConfigurationError("recipient-key-invalid", message, { cause });
}

function unwrapFailed(id: string, cause: unknown): IntegrityError {
  return new IntegrityError("envelope-unwrap-failed", `the data key wrapped for ${id} does not unwrap`, {
    hint: "The envelope was changed: another generation, recipient or replica may be whole.",
    cause,
  });
}
