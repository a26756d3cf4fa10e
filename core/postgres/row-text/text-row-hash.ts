/**
 * The row hash of a table, computed from the COPY text of its rows instead of in SQL: what a restore point holds is compared
 * with a live database by it, whether or not hashes were taken when it was dumped. A row's text is decoded field by field and
 * put together as PostgreSQL writes a record (record_out in its rowtypes.c), which is what the SQL side hashes.
 * Every encoding of a server has ASCII's bytes for ASCII only, so text is read alike in all of them.
 * @module
 */
import { hash } from "node:crypto";
import { LongRowHash } from "./long-row-hash.ts";
import { BACKSLASH, CLOSE, COMMA, LINE_FEED, NULL_LETTER, OPEN, QUOTE, TAB, UNESCAPED } from "./record-text.ts";

const MODULUS = 1n << 128n;
/** Sums of 32-bit words stay exact in a double up to 2^21 of them. */
const ROWS_PER_FOLD = 1 << 20;

export class TextRowHash {
  rows = 0;
  readonly #hasColumns: boolean;
  readonly #quoting: Uint8Array;
  /** The row that the last bytes did not end. */
  #open: LongRowHash | undefined;
  #record = Buffer.allocUnsafe(64 * 1024);
  #total = 0n;
  #words: [number, number, number, number] = [0, 0, 0, 0];

  /**
   * @param columns how many the text has; a table may have none
   * @param quoting as `quotingBytes`
   */
  constructor(columns: number, quoting: Uint8Array) {
    this.#hasColumns = columns > 0;
    this.#quoting = quoting;
  }

  /** Takes the next bytes of the text, cut anywhere. Memory: some times their length, whatever a row's. */
  add(bytes: Uint8Array): void {
    const block = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let start = 0;
    for (let end = block.indexOf(LINE_FEED); end >= 0; end = block.indexOf(LINE_FEED, start)) {
      if (this.#open === undefined) {
        const length = this.#writeRecord(block, start, end);
        this.#addDigest(hash("md5", this.#record.subarray(0, length), "buffer"));
      } else {
        this.#open.add(block.subarray(start, end));
        this.#addDigest(this.#open.digest());
        this.#open = undefined;
      }
      start = end + 1;
    }
    if (start === block.length) return;
    this.#open ??= new LongRowHash(this.#hasColumns, this.#quoting);
    this.#open.add(block.subarray(start));
  }

  /** 32 hex digits, as `rowHashOf` gives them. */
  get value(): string {
    this.#fold();
    return this.#total.toString(16).padStart(32, "0");
  }

  #addDigest(digest: Buffer): void {
    for (const word of [0, 1, 2, 3] as const) this.#words[word] += digest.readUInt32BE(word * 4);
    this.rows += 1;
    if (this.rows % ROWS_PER_FOLD === 0) this.#fold();
  }

  #fold(): void {
    const [a, b, c, d] = this.#words.map(BigInt) as [bigint, bigint, bigint, bigint];
    this.#total = (this.#total + (a << 96n) + (b << 64n) + (c << 32n) + d) % MODULUS;
    this.#words = [0, 0, 0, 0];
  }

  /** The record's text, from the row's; each byte becomes two at most, each field gets quotes, the whole brackets. */
  #writeRecord(block: Buffer, start: number, end: number): number {
    const most = 3 * (end - start) + 16;
    if (this.#record.length < most) this.#record = Buffer.allocUnsafe(2 * most);
    const record = this.#record;
    let at = 0;
    record[at++] = OPEN;
    let from = start;
    while (this.#hasColumns) {
      let to = from;
      while (to < end && block[to] !== TAB) to += 1;
      at = this.#writeField(block, from, to, at);
      if (to >= end) break;
      record[at++] = COMMA;
      from = to + 1;
    }
    record[at++] = CLOSE;
    return at;
  }

  #writeField(block: Buffer, from: number, to: number, start: number): number {
    if (to - from === 2 && block[from] === BACKSLASH && block[from + 1] === NULL_LETTER) return start;
    const record = this.#record;
    const isQuoted = from === to || this.#needsQuotes(block, from, to);
    let at = start;
    if (isQuoted) record[at++] = QUOTE;
    for (let index = from; index < to; index += 1) {
      let byte = block[index] ?? 0;
      if (byte === BACKSLASH) {
        index += 1;
        byte = UNESCAPED[block[index] ?? 0] ?? 0;
      }
      if (byte === QUOTE || byte === BACKSLASH) record[at++] = byte;
      record[at++] = byte;
    }
    if (isQuoted) record[at++] = QUOTE;
    return at;
  }

  #needsQuotes(block: Buffer, from: number, to: number): boolean {
    for (let index = from; index < to; index += 1) {
      let byte = block[index] ?? 0;
      if (byte === BACKSLASH) {
        index += 1;
        byte = UNESCAPED[block[index] ?? 0] ?? 0;
      }
      if (this.#quoting[byte] === 1) return true;
    }
    return false;
  }
}
