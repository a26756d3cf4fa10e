/**
 * Gathers a stream's pieces without copying them, so that a write or a hash is never called for a few bytes.
 * @module
 */

/** Yields lists of pieces that together hold at least `leastBytes`; only the last may hold less, and none is empty. */
export async function* inPieces(source: AsyncIterable<Uint8Array>, leastBytes: number): AsyncGenerator<Uint8Array[]> {
  let pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of source) {
    if (piece.length === 0) continue;
    pieces.push(piece);
    bytes += piece.length;
    if (bytes < leastBytes) continue;
    yield pieces;
    pieces = [];
    bytes = 0;
  }
  if (pieces.length > 0) yield pieces;
}

/** Joins a stream into one buffer. @throws RangeError beyond `mostBytes`, before more is held. */
export async function gather(source: AsyncIterable<Uint8Array>, mostBytes: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of source) {
    bytes += piece.length;
    if (bytes > mostBytes) throw new RangeError(`stream is longer than ${mostBytes} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces, bytes);
}
