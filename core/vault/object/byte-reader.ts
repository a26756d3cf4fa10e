/**
 * Takes exact numbers of bytes from a stream, holding no more than was asked for plus one piece.
 * @module
 */
import { MalformedError } from "./malformed.ts";

export class ByteReader {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #rest: Buffer = Buffer.alloc(0);
  #offset = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#pieces = source[Symbol.asyncIterator]();
  }

  /** Bytes taken so far: the offset in the object of the next one. */
  get offset(): number {
    return this.#offset;
  }

  /** The next `n` bytes as one buffer. @throws MalformedError when the object ends before. */
  async take(n: number): Promise<Buffer> {
    const pieces = await this.takePieces(n);
    const [only] = pieces;
    return pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces, n);
  }

  /** The next `n` bytes as views of the source's pieces, uncopied. @throws MalformedError */
  async takePieces(n: number): Promise<Buffer[]> {
    const taken: Buffer[] = [];
    let wanted = n;
    while (wanted > 0) {
      if (this.#rest.length === 0 && !(await this.#refill())) {
        throw new MalformedError(`object ends after ${this.#offset} bytes, ${wanted} more were announced`);
      }
      const piece = this.#rest.subarray(0, wanted);
      this.#rest = this.#rest.subarray(piece.length);
      this.#offset += piece.length;
      wanted -= piece.length;
      taken.push(piece);
    }
    return taken;
  }

  /** True when nothing is left. */
  async isAtEnd(): Promise<boolean> {
    return this.#rest.length === 0 && !(await this.#refill());
  }

  /** Lets go of the source before its end. */
  async close(): Promise<void> {
    await this.#pieces.return?.();
  }

  async #refill(): Promise<boolean> {
    for (;;) {
      const { done, value } = await this.#pieces.next();
      if (done === true) return false;
      if (value.length === 0) continue;
      this.#rest = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
      return true;
    }
  }
}
