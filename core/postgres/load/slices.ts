/**
 * One stream of plaintext cut into the tables' own slices, each held against its digest before its rows can be committed.
 * @module
 */
import { createHash } from "node:crypto";
import { IntegrityError } from "../../errors.ts";

/** Where a table's rows lie in a chunk's plaintext, and what they must be. */
export interface Slice {
  readonly offset: number;
  readonly plainBytes: number;
  readonly sha256Plain: string;
}

export class SliceReader {
  readonly #chunk: number;
  readonly #pieces: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();
  #offset = 0;

  constructor(chunk: number, plaintext: AsyncIterable<Uint8Array>) {
    this.#chunk = chunk;
    this.#pieces = plaintext[Symbol.asyncIterator]();
  }

  /**
   * The bytes of the next slice; slices are read in order of their offsets and each to its end.
   * @throws IntegrityError `chunk-slices-not-contiguous`, `chunk-too-short`, `chunk-digest-mismatch`
   */
  async *read(slice: Slice): AsyncGenerator<Uint8Array> {
    if (slice.offset !== this.#offset) {
      const message = `chunk ${this.#chunk} has a slice at byte ${slice.offset}, expected is ${this.#offset}`;
      throw new IntegrityError("chunk-slices-not-contiguous", message);
    }
    const digest = createHash("sha256");
    let wanted = slice.plainBytes;
    while (wanted > 0) {
      const piece = await this.#take(wanted);
      wanted -= piece.byteLength;
      digest.update(piece);
      yield piece;
    }
    const got = digest.digest("hex");
    if (got === slice.sha256Plain) return;
    const message = `chunk ${this.#chunk} at byte ${slice.offset}: sha256 is ${got}, the manifest says ${slice.sha256Plain}`;
    throw new IntegrityError("chunk-digest-mismatch", message, {
      hint: "The stored bytes are not those that were dumped: restore another restore point or replica.",
    });
  }

  /** Reads past a slice whose rows are not wanted, to its end and against its digest. @throws as `read` */
  async pass(slice: Slice): Promise<void> {
    for await (const _ of this.read(slice)) {
      // Nobody wants the bytes; that they are the manifest's is what the next slice is found by.
    }
  }

  /** Reads on to the end, so that the object's own checks are made. @throws IntegrityError `chunk-too-long` */
  async finish(): Promise<void> {
    let left = this.#rest.byteLength;
    for (let next = await this.#pieces.next(); next.done !== true; next = await this.#pieces.next()) {
      left += next.value.byteLength;
    }
    if (left === 0) return;
    throw new IntegrityError("chunk-too-long", `chunk ${this.#chunk} has ${left} bytes more than the manifest says`);
  }

  /** Lets go of the source, also before its end. */
  async close(): Promise<void> {
    await this.#pieces.return?.();
  }

  async #take(most: number): Promise<Uint8Array> {
    while (this.#rest.byteLength === 0) {
      const next = await this.#pieces.next();
      if (next.done === true) {
        const message = `chunk ${this.#chunk} ends after ${this.#offset} bytes, ${most} more were announced`;
        throw new IntegrityError("chunk-too-short", message);
      }
      this.#rest = next.value;
    }
    const piece = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(piece.byteLength);
    this.#offset += piece.byteLength;
    return piece;
  }
}
