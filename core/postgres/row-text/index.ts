/**
 * Rows as COPY writes them, and the row hash made of that text.
 * @module
 */
export { hashByCopy, isRowTooLong } from "./hash-by-copy.ts";
export { quotingBytes } from "./record-text.ts";
export { spacesOf } from "./spaces.ts";
export { TextRowHash } from "./text-row-hash.ts";
