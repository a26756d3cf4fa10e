/**
 * Who can open an envelope. A recipient wraps the data key; an unwrapper opens what was wrapped for it.
 * @module
 */
import type { RecipientEntry } from "./schema.ts";

export type RecipientKind = "aws-kms" | "rsa-oaep-sha256";

export interface Recipient {
  readonly kind: RecipientKind;
  /** Stands in the envelope, in clear: the key's ARN or the public key's fingerprint. */
  readonly id: string;
  wrap(dataKey: Uint8Array, context: Record<string, string>): Promise<Uint8Array>;
}

export interface Unwrapper {
  readonly kind: RecipientKind;
  canUnwrap(entry: RecipientEntry): boolean;
  /** @throws IntegrityError `envelope-unwrap-failed` when the bytes are not for this key or were changed */
  unwrap(wrapped: Uint8Array, entry: RecipientEntry, context: Record<string, string>): Promise<Uint8Array>;
}
