/**
 * The envelope's JSON (docs/FORMAT.md, "Envelope") and what binds it to its restore point.
 * @module
 */
import { createHmac } from "node:crypto";
import { z } from "zod";
import type { IntegrityError } from "../../errors.ts";
import { keyIdOf, type RestorePointRef } from "../keys.ts";
import { ObjectIntegrityError } from "../object/errors.ts";

export const ENVELOPE_FORMAT = "holdfast-envelope-1";
export const DATA_KEY_BYTES = 32;

const recipientEntry = z.object({
  /** How the key is wrapped; a reader passes over kinds it does not know. */
  kind: z.string().min(1),
  /** ARN of the KMS key; `sha256:` and the hex digest of the public key's SubjectPublicKeyInfo. */
  id: z.string().min(1),
  wrappedKey: z.base64().min(1),
});
export type RecipientEntry = z.infer<typeof recipientEntry>;

const envelopeFile = z.object({
  format: z.literal(ENVELOPE_FORMAT),
  source: z.string(),
  kind: z.string(),
  restorePointId: z.string(),
  generation: z.int().min(1).max(9999),
  keyId: z.string(),
  keyCheck: z.string().regex(/^[0-9a-f]{64}$/),
  recipients: z.array(recipientEntry).min(1).max(100),
});
export type EnvelopeFile = z.infer<typeof envelopeFile>;

/** What KMS binds the wrapped key to: an envelope moved to another restore point does not unwrap. */
export function envelopeContext({ source, kind, restorePointId }: RestorePointRef): Record<string, string> {
  return { "holdfast-format": ENVELOPE_FORMAT, source, kind, "restore-point": restorePointId };
}

/** Tells the right key from any other, for recipients that bind no context. Reveals nothing of a random key. */
export function keyCheckOf(dataKey: Uint8Array, keyId: string): string {
  return createHmac("sha256", dataKey).update(`holdfast-key-check-1 ${keyId}`).digest("hex");
}

/** Where an envelope was read from, which it has to say itself. */
export interface EnvelopePlace {
  readonly ref: RestorePointRef;
  readonly generation: number;
  /** Its key in the vault. */
  readonly object: string;
}

/** @throws IntegrityError `envelope-invalid` when it is not JSON, not of this shape, or of another restore point */
export function parseEnvelope(bytes: Uint8Array, { ref, generation, object }: EnvelopePlace): EnvelopeFile {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw invalidEnvelope(object, "not JSON in UTF-8", cause);
  }
  const parsed = envelopeFile.safeParse(json);
  if (!parsed.success) throw invalidEnvelope(object, z.prettifyError(parsed.error).replaceAll("\n", " "));
  const envelope = parsed.data;
  const want = { ...ref, generation, keyId: keyIdOf(ref) };
  for (const field of ["source", "kind", "restorePointId", "generation", "keyId"] as const) {
    if (envelope[field] !== want[field]) {
      const [got, expected] = [JSON.stringify(envelope[field]), JSON.stringify(want[field])];
      throw invalidEnvelope(object, `${field} is ${got}, expected is ${expected}`);
    }
  }
  return envelope;
}

export function invalidEnvelope(object: string, reason: string, cause?: unknown): IntegrityError {
  return new ObjectIntegrityError(
    "envelope-invalid",
    object,
    undefined,
    reason,
    cause,
    "The envelope was changed: an older generation, a version of the object or a replica may be whole.",
  );
}
