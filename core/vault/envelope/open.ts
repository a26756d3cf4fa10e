/**
 * Finds and opens the envelope of a restore point: the highest generation that is valid wins.
 * @module
 */
import { HoldfastError, IntegrityError, PreconditionError, StoreThrottledError } from "../../errors.ts";
import { keyIdOf, type RestorePointRef, vaultKeys } from "../keys.ts";
import { ObjectIntegrityError } from "../object/errors.ts";
import type { Store } from "../store/port.ts";
import { gather } from "../stream/pieces.ts";
import type { Unwrapper } from "./recipient.ts";
import {
  DATA_KEY_BYTES,
  type EnvelopeFile,
  type EnvelopePlace,
  envelopeContext,
  invalidEnvelope,
  keyCheckOf,
  parseEnvelope,
} from "./schema.ts";

/** The data key in clear: never logged, never stored. */
export interface OpenEnvelope {
  readonly keyId: string;
  readonly generation: number;
  /** 32 bytes. */
  readonly dataKey: Uint8Array;
  /** Higher generations that were passed over because they are damaged; verification reports them. */
  readonly damaged: readonly IntegrityError[];
}

/** 100 recipients of a 4096-bit key each need about 90 KB. */
const MOST_ENVELOPE_BYTES = 256 * 1024;

/**
 * @throws IntegrityError `envelope-missing`, `envelope-invalid`, `envelope-unwrap-failed`, `envelope-key-mismatch`, each
 *   naming the generation's object; PreconditionError `envelope-no-recipient` when none of the unwrappers is among its
 *   recipients, or the key service refuses; StoreThrottledError.
 */
export async function openEnvelope(
  store: Store,
  ref: RestorePointRef,
  unwrappers: readonly Unwrapper[],
): Promise<OpenEnvelope> {
  for await (const envelope of openGenerations(store, ref, unwrappers)) return envelope;
  throw missing(store, ref);
}

/**
 * Every generation that opens, from the highest down. All should hold the same data key; whether one does, only an object
 * can tell. @throws as `openEnvelope` when none opens
 */
export async function* openGenerations(
  store: Store,
  ref: RestorePointRef,
  unwrappers: readonly Unwrapper[],
): AsyncGenerator<OpenEnvelope> {
  const failures: HoldfastError[] = [];
  let opened = 0;
  for (const generation of (await listGenerations(store, ref)).reverse()) {
    try {
      const file = await readGeneration(store, ref, generation);
      const dataKey = await unwrap(file, ref, unwrappers);
      opened += 1;
      yield { keyId: file.keyId, generation, dataKey, damaged: failures.filter(isDamage) };
    } catch (error) {
      // A key service that asks for patience must not make an older generation win.
      if (!(error instanceof HoldfastError) || error instanceof StoreThrottledError) throw error;
      failures.push(error);
    }
  }
  if (opened > 0) return;
  // One that is for others is no news beside one that was changed.
  throw failures.find(isDamage) ?? failures[0] ?? missing(store, ref);
}

const isDamage = (error: HoldfastError): error is IntegrityError => error instanceof IntegrityError;

/** Generations there are, ascending. */
export async function listGenerations(store: Store, ref: RestorePointRef): Promise<number[]> {
  const prefix = vaultKeys.envelopePrefix(ref);
  const generations: number[] = [];
  for await (const { key } of store.list(prefix)) {
    const match = /^(\d{4})\.json$/.exec(key.slice(prefix.length));
    if (match !== null) generations.push(Number(match[1]));
  }
  return generations;
}

export async function readGeneration(store: Store, ref: RestorePointRef, generation: number): Promise<EnvelopeFile> {
  const place: EnvelopePlace = { ref, generation, object: vaultKeys.envelopeKey(ref, generation) };
  const bytes = await gather(await store.read(place.object), MOST_ENVELOPE_BYTES).catch((error: unknown) => {
    throw error instanceof RangeError ? invalidEnvelope(place.object, error.message, error) : error;
  });
  return parseEnvelope(bytes, place);
}

async function unwrap(file: EnvelopeFile, ref: RestorePointRef, unwrappers: readonly Unwrapper[]): Promise<Uint8Array> {
  const object = vaultKeys.envelopeKey(ref, file.generation);
  let failure: unknown;
  for (const entry of file.recipients) {
    const unwrapper = unwrappers.find((candidate) => candidate.canUnwrap(entry));
    if (unwrapper === undefined) continue;
    try {
      const wrapped = Buffer.from(entry.wrappedKey, "base64");
      const dataKey = await unwrapper.unwrap(wrapped, entry, envelopeContext(ref));
      if (dataKey.length === DATA_KEY_BYTES && keyCheckOf(dataKey, keyIdOf(ref)) === file.keyCheck) return dataKey;
      throw new ObjectIntegrityError(
        "envelope-key-mismatch",
        object,
        undefined,
        `the key wrapped for ${entry.id} is not the envelope's own`,
        undefined,
        "The envelope was changed or belongs to another restore point: another generation or a replica may be whole.",
      );
    } catch (error) {
      failure ??= inEnvelope(error, object);
    }
  }
  if (failure !== undefined) throw failure;
  const recipients = file.recipients.map(({ kind, id }) => `${kind} ${id}`).join(", ");
  throw new PreconditionError("envelope-no-recipient", `envelope ${object} is for ${recipients}, and no key given is`, {
    hint: "Use credentials for one of these keys, or the private key of the offline recipient.",
  });
}

/** Who unwraps knows the key and not the object. */
function inEnvelope(error: unknown, object: string): unknown {
  if (!(error instanceof IntegrityError) || error instanceof ObjectIntegrityError) return error;
  return new ObjectIntegrityError(error.code, object, undefined, error.message, error, error.hint);
}

function missing(store: Store, ref: RestorePointRef): IntegrityError {
  return new ObjectIntegrityError(
    "envelope-missing",
    vaultKeys.envelopeKey(ref, 1),
    undefined,
    `${store.location} has neither it nor a later generation of the envelope`,
    undefined,
    "Without it the restore point cannot be read: look for older versions of this object, or in a replica.",
  );
}
