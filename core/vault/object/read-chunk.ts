/**
 * Reads a chunk's object slice by slice, each held to its own digest, for loading and comparing.
 * @module
 */
import type { ChunkObject, Slice } from "../manifest/chunk-objects.ts";
import { ObjectIntegrityError } from "./errors.ts";
import { type ReadObjectOptions, readObject } from "./read.ts";
import { Digest } from "./write.ts";

export interface SliceStream extends Slice {
  /**
   * The slice's plaintext, to be read to its end before the next slice is asked for (or left unread: it is then passed
   * over, and checked all the same). @throws IntegrityError; what was made of the bytes must not be kept before its end.
   */
  readonly bytes: AsyncIterable<Uint8Array>;
}

export type ReadChunkOptions = Omit<ReadObjectOptions, "written"> & { readonly chunk: ChunkObject };

/**
 * Yields the slices of a chunk in order. The whole object is proven only when this iteration itself ends.
 * @throws IntegrityError naming object and offset
 */
export async function* readChunk({ chunk, ...options }: ReadChunkOptions): AsyncGenerator<SliceStream> {
  const { object } = chunk.written;
  const pieces = readObject({ ...options, written: chunk.written });
  const state: State = { rest: undefined };
  try {
    for (const slice of chunk.slices) {
      const bytes = readSlice(pieces, state, slice, object);
      yield { ...slice, bytes };
      for await (const _passedOver of bytes);
    }
    // Nothing may follow; asking also runs the checks that stand at the object's end.
    if (state.rest !== undefined || (await pieces.next()).done !== true) {
      throw new ObjectIntegrityError("plaintext-length-mismatch", object, undefined, "goes on after its last slice");
    }
  } finally {
    await pieces.return(undefined);
  }
}

interface State {
  /** Bytes of the next slice that came with the last piece. */
  rest: Uint8Array | undefined;
}

async function* readSlice(
  pieces: AsyncGenerator<Uint8Array>,
  state: State,
  { chunk }: Slice,
  object: string,
): AsyncGenerator<Uint8Array> {
  const digest = new Digest();
  while (digest.bytes < chunk.plainBytes) {
    const piece = state.rest ?? (await pieces.next()).value;
    if (piece === undefined) {
      throw new ObjectIntegrityError("plaintext-length-mismatch", object, undefined, `ends within chunk ${chunk.n}`);
    }
    const own = piece.subarray(0, chunk.plainBytes - digest.bytes);
    state.rest = own.length < piece.length ? piece.subarray(own.length) : undefined;
    digest.update(own);
    yield own;
  }
  const got = digest.hex();
  if (got !== chunk.sha256Plain) {
    const reason = `slice at ${chunk.offset} has sha256 ${got}, the manifest says ${chunk.sha256Plain}`;
    throw new ObjectIntegrityError("plaintext-digest-mismatch", object, undefined, reason);
  }
}
