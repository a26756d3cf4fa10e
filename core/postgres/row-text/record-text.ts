/**
 * How COPY's text says a row, and how PostgreSQL writes the same row as a record.
 * @see PostgreSQL "COPY", "File Formats"; "Composite Type Input and Output Syntax"
 * @module
 */
export const [TAB, LINE_FEED, QUOTE, COMMA, BACKSLASH] = [0x09, 0x0a, 0x22, 0x2c, 0x5c] as const;
export const [OPEN, CLOSE] = [0x28, 0x29] as const;
/** After a backslash, and a whole field: NULL. No value has a backslash before it. */
export const NULL_LETTER = 0x4e;

/** What a byte after a backslash means: itself, save for these, which COPY writes by a letter. */
export const UNESCAPED: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => byte);
for (const [letter, byte] of Object.entries({ b: 0x08, t: TAB, n: LINE_FEED, v: 0x0b, f: 0x0c, r: 0x0d })) {
  UNESCAPED[letter.charCodeAt(0)] = byte;
}

/** Bytes that put a field of a record into quotes in every encoding and locale. */
const ALWAYS = [QUOTE, BACKSLASH, OPEN, CLOSE, COMMA, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x20];

/** By byte, 1 for those that put a field of a record into quotes. @param spaces what else the server takes for white space */
export function quotingBytes(spaces: readonly number[]): Uint8Array {
  const quoting = new Uint8Array(256);
  for (const byte of [...ALWAYS, ...spaces]) quoting[byte] = 1;
  return quoting;
}
