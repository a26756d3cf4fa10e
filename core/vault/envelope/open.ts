/**
 * Finds and opens the envelope of a restore point: the highest generation that is valid wins.
 * @module
 */
import { HoldfastError, IntegrityError, PreconditionError, StoreThrottledError } from "../../errors.ts";
import { keyIdOf, type RestorePointRef, vaultKeys } from "../keys.ts";
import type { Store } from "../store/port.ts";
import { gather } from "../stream/pieces.ts";
import type { Unwrapper } from "./recipient.ts";
import { DATA_KEY_BYTES, type EnvelopeFile, envelopeContext, keyCheckOf, parseEnvelope } from "./schema.ts";

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
 * @throws IntegrityError `envelope-missing`, `envelope-invalid`, `envelope-unwrap-failed`, `envelope-key-mismatch`;
 *   PreconditionError `envelope-no-recipient` when none of the unwrappers is among its recipients, or the key service
 *   refuses; StoreThrottledError.
 */
export async function openEnvelope(
  store: Store,
  ref: RestorePointRef,
  unwrappers: readonly Unwrapper[],
): Promise<OpenEnvelope> {
  const failures: HoldfastError[] = [];
  for (const generation of (await listGenerations(store, ref)).reverse()) {
    try {
      const file = await readGeneration(store, ref, generation);
      const dataKey = await unwrap(file, ref, unwrappers);
      const damaged = failures.filter((error) => error instanceof IntegrityError);
      return { keyId: file.keyId, generation, dataKey, damaged };
    } catch (error) {
      // A key service that asks for patience must not make an older generation win.
      if (!(error instanceof HoldfastError) || error instanceof StoreThrottledError) throw error;
      failures.push(error);
    }
  }
  throw failures[0] ?? missing(store, ref);
}

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
  const key = vaultKeys.envelopeKey(ref, generation);
  const bytes = await gather(await store.read(key), MOST_ENVELOPE_BYTES).catch((error: unknown) => {
    if (!(error instanceof RangeError)) throw error;
    throw new IntegrityError("envelope-invalid", `envelope ${key}: ${error.message}`, { cause: error });
  });
  return parseEnvelope(bytes, ref, generation, key);
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
      throw new IntegrityError("envelope-key-mismatch", `envelope ${object}: the key for ${entry.id} is not its own`, {
        hint: "The envelope was changed or belongs to another restore point.",
      });
    } catch (error) {
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
  const recipients = file.recipients.map(({ kind, id }) => `${kind} ${id}`).join(", ");
  throw new PreconditionError("envelope-no-recipient", `envelope ${object} is for ${recipients}, and no key given is`, {
    hint: "Use credentials for one of these keys, or the private key of the offline recipient.",
  });
}

function missing(store: Store, ref: RestorePointRef): IntegrityError {
  const prefix = vaultKeys.envelopePrefix(ref);
  return new IntegrityError("envelope-missing", `${store.location} has no envelope under ${prefix}`, {
    hint: "Without it the restore point cannot be read: look for older versions of these objects or a replica.",
  });
}
