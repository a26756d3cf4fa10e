/**
 * The envelope's JSON (docs/FORMAT.md, "Envelope") and what binds it to its restore point.
 * @module
 */
import { createHmac } from "node:crypto";
import { z } from "zod";
import { IntegrityError } from "../../errors.ts";
import { keyIdOf, type RestorePointRef } from "../keys.ts";

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

/** @throws IntegrityError `envelope-invalid` when it is not JSON, not of this shape, or of another restore point */
export function parseEnvelope(
  bytes: Uint8Array,
  ref: RestorePointRef,
  generation: number,
  object: string,
): EnvelopeFile {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw invalid(object, "not JSON in UTF-8", cause);
  }
  const parsed = envelopeFile.safeParse(json);
  if (!parsed.success) throw invalid(object, z.prettifyError(parsed.error).replaceAll("\n", " "));
  const envelope = parsed.data;
  const want = { ...ref, generation, keyId: keyIdOf(ref) };
  for (const field of ["source", "kind", "restorePointId", "generation", "keyId"] as const) {
    if (envelope[field] !== want[field]) {
      throw invalid(
        object,
        `${field} is ${JSON.stringify(envelope[field])}, expected is ${JSON.stringify(want[field])}`,
      );
    }
  }
  return envelope;
}

function invalid(object: string, reason: string, cause?: unknown): IntegrityError {
  return new IntegrityError("envelope-invalid", `envelope ${object}: ${reason}`, {
    hint: "The envelope was changed: an older generation, a version of the object or a replica may be whole.",
    cause,
  });
}
