/**
 * What every encrypted object says about itself, in clear and under authentication: the version of its layout with the
 * codec beneath, the restore point, its own key. Never names of tables.
 * @module
 */
import type { RestorePointRef } from "../keys.ts";
import { CODECS, type Codec } from "./compression.ts";

/** Version of the layout of objects; a reader refuses any other. */
const OBJECT_FORMAT = "1";
/** Key namespace of the Encryption SDK's raw AES keyring; its key name is the envelope's key id. */
export const KEY_NAMESPACE = "holdfast";

export type Context = Readonly<Record<string, string>>;

export function objectContext(ref: RestorePointRef, object: string, codec: Codec): Context {
  return { "holdfast-format": `${OBJECT_FORMAT}/${codec}`, object, "restore-point": ref.restorePointId };
}

/** The codec that `got` names when it is the context of this very object, else what differs, in words. */
export function matchContext(
  got: Context,
  ref: RestorePointRef,
  object: string,
): { codec: Codec } | { difference: string } {
  const format = got["holdfast-format"];
  const codec = CODECS.find((candidate) => format === `${OBJECT_FORMAT}/${candidate}`);
  if (codec === undefined) {
    const allowed = CODECS.map((candidate) => `${OBJECT_FORMAT}/${candidate}`).join(", ");
    return { difference: `holdfast-format is ${quoted(format)}, allowed are ${allowed}` };
  }
  const want = objectContext(ref, object, codec);
  for (const name of new Set([...Object.keys(want), ...Object.keys(got)])) {
    if (got[name] !== want[name]) {
      return { difference: `${name} is ${quoted(got[name])}, expected is ${quoted(want[name])}` };
    }
  }
  return { codec };
}

const quoted = (text: string | undefined): string => (text === undefined ? "absent" : JSON.stringify(text));
