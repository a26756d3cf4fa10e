/**
 * The row hash of a table, computed from the COPY text of its rows instead of in SQL: what a restore point holds is compared
 * with a live database by it, whether or not hashes were taken when it was dumped. A row's text is decoded field by field and
 * put together as PostgreSQL writes a record (record_out in its rowtypes.c), which is what the SQL side hashes.
 * @module
 */
import { hash } from "node:crypto";

const [TAB, LINE_FEED, SPACE, QUOTE, OPEN, CLOSE, COMMA, BACKSLASH] = [0x09, 0x0a, 0x20, 0x22, 0x28, 0x29, 0x2c, 0x5c];
const BACKSPACE_LETTER = 0x62;
/** What COPY writes after a backslash, and what it means. `\N`, a whole field, is NULL. */
const ESCAPES: ReadonlyMap<number, number> = new Map([
  [BACKSPACE_LETTER, 0x08],
  [0x66, 0x0c],
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x74, 0x09],
  [0x76, 0x0b],
]);
const NULL_LETTER = 0x4e;
const MODULUS = 1n << 128n;
/** Sums of 32-bit words stay exact in a double up to 2^21 of them. */
const ROWS_PER_FOLD = 1 << 20;

/** True for the encodings in which only ASCII's white space makes record_out quote a field, whatever the locale. */
export function canHashText(encoding: string): boolean {
  return encoding === "UTF8";
}

export class TextRowHash {
  rows = 0;
  readonly #hasColumns: boolean;
  #partial: Buffer | undefined;
  #record = Buffer.allocUnsafe(64 * 1024);
  #total = 0n;
  #words: [number, number, number, number] = [0, 0, 0, 0];

  /** @param columns how many the text has; a table may have none */
  constructor(columns: number) {
    this.#hasColumns = columns > 0;
  }

  /** Takes the next bytes of the text, cut anywhere. */
  add(bytes: Uint8Array): void {
    let block = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (this.#partial !== undefined) block = Buffer.concat([this.#partial, block]);
    let start = 0;
    for (let end = block.indexOf(LINE_FEED); end >= 0; end = block.indexOf(LINE_FEED, start)) {
      this.#addRow(block, start, end);
      start = end + 1;
    }
    this.#partial = start < block.length ? Buffer.from(block.subarray(start)) : undefined;
  }

  /** 32 hex digits, as `rowHashOf` gives them. */
  get value(): string {
    this.#fold();
    return this.#total.toString(16).padStart(32, "0");
  }

  #addRow(block: Buffer, start: number, end: number): void {
    const length = this.#writeRecord(block, start, end);
    const digest = hash("md5", this.#record.subarray(0, length), "buffer");
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
      at = writeField(block, from, to, record, at);
      if (to >= end) break;
      record[at++] = COMMA;
      from = to + 1;
    }
    record[at++] = CLOSE;
    return at;
  }
}

function writeField(block: Buffer, from: number, to: number, record: Buffer, start: number): number {
  if (to - from === 2 && block[from] === BACKSLASH && block[from + 1] === NULL_LETTER) return start;
  const isQuoted = from === to || needsQuotes(block, from, to);
  let at = start;
  if (isQuoted) record[at++] = QUOTE;
  for (let index = from; index < to; index += 1) {
    let byte = block[index] ?? 0;
    if (byte === BACKSLASH) {
      index += 1;
      const escaped = block[index] ?? 0;
      byte = ESCAPES.get(escaped) ?? escaped;
    }
    if (byte === QUOTE || byte === BACKSLASH) record[at++] = byte;
    record[at++] = byte;
  }
  if (isQuoted) record[at++] = QUOTE;
  return at;
}

/** A backslash is data itself, or stands for white space, save backspace, which needs no quotes. */
function needsQuotes(block: Buffer, from: number, to: number): boolean {
  for (let index = from; index < to; index += 1) {
    const byte = block[index];
    if (byte === QUOTE || byte === OPEN || byte === CLOSE || byte === COMMA || byte === SPACE) return true;
    if (byte !== BACKSLASH) continue;
    index += 1;
    if (block[index] !== BACKSPACE_LETTER) return true;
  }
  return false;
}
