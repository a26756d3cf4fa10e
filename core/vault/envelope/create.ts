/**
 * Writes envelopes: the first generation with a new data key, later ones with the same key for other recipients.
 * @module
 */

import { PreconditionError } from "../../errors.ts";
import type { RandomBytes } from "../../ids.ts";
import { keyIdOf, type RestorePointRef, vaultKeys } from "../keys.ts";
import type { Store } from "../store/port.ts";
import { listGenerations, type OpenEnvelope, openEnvelope } from "./open.ts";
import type { Recipient, Unwrapper } from "./recipient.ts";
import { DATA_KEY_BYTES, ENVELOPE_FORMAT, type EnvelopeFile, envelopeContext, keyCheckOf } from "./schema.ts";

export interface CreateEnvelopeOptions {
  /** At least one; everyone named can read the restore point. */
  readonly recipients: readonly Recipient[];
  /** Opens the envelope that an earlier attempt left. */
  readonly unwrappers: readonly Unwrapper[];
  readonly random: RandomBytes;
}

/** Idempotent: an envelope that is there already is opened and left as it is. @throws as openEnvelope */
export async function createEnvelope(
  store: Store,
  ref: RestorePointRef,
  { recipients, unwrappers, random }: CreateEnvelopeOptions,
): Promise<OpenEnvelope> {
  if ((await listGenerations(store, ref)).length > 0) return openEnvelope(store, ref, unwrappers);
  const dataKey = random(DATA_KEY_BYTES);
  if (await putGeneration(store, ref, 1, dataKey, recipients)) {
    return { keyId: keyIdOf(ref), generation: 1, dataKey, damaged: [] };
  }
  return openEnvelope(store, ref, unwrappers);
}

/**
 * Wraps the same data key for other recipients as the next generation. Objects stay as they are. Who could read before
 * still can until every version of the older generations is deleted.
 */
export async function rewrapEnvelope(
  store: Store,
  ref: RestorePointRef,
  { recipients, unwrappers }: Pick<CreateEnvelopeOptions, "recipients" | "unwrappers">,
): Promise<OpenEnvelope> {
  const open = await openEnvelope(store, ref, unwrappers);
  const highest = (await listGenerations(store, ref)).at(-1) ?? 0;
  const generation = highest + 1;
  if (await putGeneration(store, ref, generation, open.dataKey, recipients)) return { ...open, generation };
  throw new PreconditionError("envelope-changed", `generation ${generation} was written by someone else meanwhile`, {
    hint: "Look at the envelope's recipients and try again.",
  });
}

async function putGeneration(
  store: Store,
  ref: RestorePointRef,
  generation: number,
  dataKey: Uint8Array,
  recipients: readonly Recipient[],
): Promise<boolean> {
  const keyId = keyIdOf(ref);
  const context = envelopeContext(ref);
  const wrapped = await Promise.all(
    recipients.map(async (recipient) => ({
      kind: recipient.kind,
      id: recipient.id,
      wrappedKey: Buffer.from(await recipient.wrap(dataKey, context)).toString("base64"),
    })),
  );
  const file: EnvelopeFile = {
    format: ENVELOPE_FORMAT,
    ...ref,
    generation,
    keyId,
    keyCheck: keyCheckOf(dataKey, keyId),
    recipients: wrapped,
  };
  return store.putIfAbsent(vaultKeys.envelopeKey(ref, generation), Buffer.from(`${JSON.stringify(file, null, 2)}\n`));
}
