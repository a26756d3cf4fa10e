/**
 * Text of databases without a declared encoding: bytes that are no UTF-8 become the lone surrogates U+DC80–U+DCFF, so that
 * every byte survives decoding and encoding, and all proper text reads as itself (the rule of Python's `surrogateescape`).
 * @module
 */
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const ESCAPE = 0xdc00;

export function decodeText(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return decodePiecewise(bytes);
  }
}

export function encodeText(text: string): Uint8Array {
  if (text.isWellFormed()) return Buffer.from(text, "utf8");
  const pieces = [...text].map((char) => {
    const code = char.codePointAt(0) ?? 0;
    return isEscape(code) ? Buffer.of(code - ESCAPE) : Buffer.from(char, "utf8");
  });
  return Buffer.concat(pieces);
}

/** True when the text can be sent as a string, false when only its bytes can say it. */
export function isPlainText(text: string): boolean {
  return text.isWellFormed();
}

function isEscape(code: number): boolean {
  return code >= ESCAPE + 0x80 && code <= ESCAPE + 0xff;
}

function decodePiecewise(bytes: Uint8Array): string {
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    const piece = bytes.subarray(at, at + Math.max(length, 1));
    pieces.push(length > 0 ? strict.decode(piece) : String.fromCharCode(ESCAPE + (bytes[at] ?? 0)));
    at += piece.length;
  }
  return pieces.join("");
}

/** Length of the whole UTF-8 sequence that starts here, or 0 when none does. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0;
  const length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (length < 2) return length;
  try {
    return strict.decode(bytes.subarray(at, at + length)).length > 0 ? length : 0;
  } catch {
    return 0;
  }
}
