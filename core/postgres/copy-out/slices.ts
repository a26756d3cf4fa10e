/** Joins the output of many COPY statements into one stream, with a digest for each table's slice of it. @module */
import { createHash, type Hash } from "node:crypto";
import { addRowHashes } from "../row-hash.ts";
import { BLOCK_BYTES } from "./copy-reader.ts";

/** A table's own piece of a chunk's plaintext. */
export interface Slice {
  /** `LARGE_OBJECTS_OID` for large objects. */
  readonly tableOid: number;
  /** Where it begins in the chunk's plaintext, in bytes. */
  readonly offset: number;
  readonly plainBytes: number;
  /** hex */
  readonly sha256Plain: string;
  /** COPY rows: table rows, or pieces of large objects. */
  readonly rows: number;
  /** 32 hex digits; with `rowHash` only, never for large objects, and not where a row is too long for it. */
  readonly rowHash?: string;
}

interface OpenSlice {
  readonly tableOid: number;
  readonly offset: number;
  readonly digest: Hash;
  rows: number;
  readonly hashes: string[];
  ranges: number;
}

/** Small outputs are gathered, so that a bundle of tiny tables does not become a stream of tiny buffers. */
export class SliceJoiner {
  readonly slices: Slice[] = [];
  #position = 0;
  #open: OpenSlice | undefined;
  #gathered: Buffer[] = [];
  #gatheredBytes = 0;

  begin(tableOid: number): void {
    this.#open = { tableOid, offset: this.#position, digest: createHash("sha256"), rows: 0, hashes: [], ranges: 0 };
  }

  /** Yields what is ready to go out; leaving early leaves the source early too. @returns what the source returned. */
  async *through<Result>(source: AsyncGenerator<Buffer, Result, undefined>): AsyncGenerator<Buffer, Result, undefined> {
    let isEnded = false;
    try {
      for (;;) {
        const step = await source.next();
        isEnded = step.done === true;
        if (step.done === true) return step.value;
        const ready = this.#add(step.value);
        if (ready !== undefined) yield ready;
      }
    } finally {
      if (!isEnded) await source.return(undefined as never);
    }
  }

  #add(block: Buffer): Buffer | undefined {
    this.#open?.digest.update(block);
    this.#position += block.length;
    if (this.#gatheredBytes === 0 && block.length >= BLOCK_BYTES) return block;
    this.#gathered.push(block);
    this.#gatheredBytes += block.length;
    return this.#gatheredBytes >= BLOCK_BYTES ? this.flush() : undefined;
  }

  addRange(rows: number, rowHash: string | undefined): void {
    if (this.#open === undefined) return;
    this.#open.rows += rows;
    this.#open.ranges += 1;
    if (rowHash !== undefined) this.#open.hashes.push(rowHash);
  }

  finish(): void {
    if (this.#open === undefined) return;
    const { tableOid, offset, digest, rows, hashes, ranges } = this.#open;
    const plainBytes = this.#position - offset;
    const slice = { tableOid, offset, plainBytes, sha256Plain: digest.digest("hex"), rows };
    const isHashed = hashes.length > 0 && hashes.length === ranges;
    this.slices.push(!isHashed ? slice : { ...slice, rowHash: addRowHashes(hashes) });
    this.#open = undefined;
  }

  flush(): Buffer | undefined {
    if (this.#gatheredBytes === 0) return undefined;
    const joined = this.#gathered.length === 1 ? this.#gathered[0] : Buffer.concat(this.#gathered);
    this.#gathered = [];
    this.#gatheredBytes = 0;
    return joined;
  }
}
