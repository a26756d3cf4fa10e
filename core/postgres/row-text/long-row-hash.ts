/**
 * The MD5 of one row's record, taken while its COPY text comes in, however long it is: nothing of it is held. Whether a field
 * stands in quotes shows only within it, so both ways are hashed side by side until that is decided.
 * @module
 */
import { createHash, type Hash } from "node:crypto";
import { BACKSLASH, NULL_LETTER, QUOTE, TAB, UNESCAPED } from "./record-text.ts";

/** So much text is decoded at a time; a byte becomes two at most. */
const STEP_BYTES = 128 * 1024;

export class LongRowHash {
  /** Of what came before the field that is being read, and of the field as it is in quotes. */
  #quoted: Hash = createHash("md5").update("(");
  /** Of what came before the field: all there is to hash if it is NULL. */
  #before: Hash | undefined;
  /** As `#quoted`, of the field as it is without quotes; gone once it needs them. */
  #bare: Hash | undefined;
  #isEmpty = true;
  #isNull = false;
  #isEscaped = false;
  readonly #hasColumns: boolean;
  readonly #quoting: Uint8Array;
  readonly #decoded = Buffer.allocUnsafe(2 * STEP_BYTES);

  /** @param quoting as `quotingBytes` */
  constructor(hasColumns: boolean, quoting: Uint8Array) {
    this.#hasColumns = hasColumns;
    this.#quoting = quoting;
    if (hasColumns) this.#beginField();
  }

  /** The next bytes of the row without its line feed, cut anywhere. */
  add(bytes: Uint8Array): void {
    if (!this.#hasColumns) return;
    for (let start = 0; ; ) {
      // A tab within a value is written as \t: this one is between two values.
      const tab = bytes.indexOf(TAB, start);
      const end = tab < 0 ? bytes.length : tab;
      for (let at = start; at < end; at += STEP_BYTES) {
        this.#addContent(bytes.subarray(at, Math.min(end, at + STEP_BYTES)));
      }
      if (tab < 0) return;
      this.#endField();
      this.#quoted.update(",");
      this.#beginField();
      start = tab + 1;
    }
  }

  /** Once, at the row's end. */
  digest(): Buffer {
    if (this.#hasColumns) this.#endField();
    return this.#quoted.update(")").digest();
  }

  #beginField(): void {
    this.#before = this.#quoted.copy();
    this.#bare = this.#quoted.copy();
    this.#quoted.update('"');
    this.#isEmpty = true;
    this.#isNull = false;
  }

  #endField(): void {
    if (this.#isNull && this.#before !== undefined) this.#quoted = this.#before;
    else if (this.#bare !== undefined && !this.#isEmpty) this.#quoted = this.#bare;
    else this.#quoted.update('"');
  }

  #addContent(bytes: Uint8Array): void {
    const [decoded, quoting] = [this.#decoded, this.#quoting];
    let length = 0;
    let isBare = this.#bare !== undefined;
    for (let at = 0; at < bytes.length; at += 1) {
      let byte = bytes[at] ?? 0;
      if (this.#isEscaped) {
        this.#isEscaped = false;
        this.#isNull = byte === NULL_LETTER;
        if (this.#isNull) continue;
        byte = UNESCAPED[byte] ?? byte;
      } else if (byte === BACKSLASH) {
        this.#isEscaped = true;
        continue;
      }
      if (isBare && quoting[byte] === 1) isBare = false;
      if (byte === QUOTE || byte === BACKSLASH) decoded[length++] = byte;
      decoded[length++] = byte;
    }
    if (length > 0) this.#isEmpty = false;
    const content = decoded.subarray(0, length);
    this.#quoted.update(content);
    if (isBare) this.#bare?.update(content);
    else this.#bare = undefined;
  }
}
