/**
 * The digest of a restore point's large objects, read from the vault in the terms in which a live database is measured.
 * @module
 */
import { createHash } from "node:crypto";
import { IntegrityError } from "../errors.ts";
import { chunkObjects } from "../vault/manifest/chunk-objects.ts";
import { readObject } from "../vault/object/read.ts";
import type { OpenRestorePoint } from "./restore-point.ts";

const LINE_FEED = 0x0a;
/** `loid \t byte_offset \t \\x…`: COPY doubles the backslash of bytea's hexadecimal form. */
const ROW = /^(\d+)\t(\d+)\t\\\\x([0-9a-f]*)$/;

interface Piece {
  readonly offset: number;
  readonly md5: string;
}

/**
 * MD5 over every object's oid and the MD5s of its pieces, as `measureLargeObjects` has it. Reads every byte of them; holds a
 * piece and some 100 bytes for each piece seen.
 * @throws IntegrityError when stored bytes were changed, or `large-object-row-malformed`
 */
export async function largeObjectsMd5(point: OpenRestorePoint): Promise<string> {
  const pieces = new Map<number, Piece[]>();
  for (const { n, written, slices } of chunkObjects(point.manifest)) {
    if (slices.every(({ table, isPassedBy }) => table !== null || isPassedBy)) continue;
    for await (const line of linesOf(readObject({ ...point, written }))) {
      const [, oid, offset, hex] = ROW.exec(line) ?? [];
      if (hex === undefined)
        throw new IntegrityError("large-object-row-malformed", `chunk ${n} holds no large objects`);
      const piece = { offset: Number(offset), md5: md5(Buffer.from(hex, "hex")) };
      const known = pieces.get(Number(oid));
      if (known === undefined) pieces.set(Number(oid), [piece]);
      else known.push(piece);
    }
  }
  const objects = [...pieces]
    .toSorted(([a], [b]) => a - b)
    .map(([oid, parts]) => `${oid}:${md5(inOrder(parts).join(""))}`);
  return md5(objects.join(","));
}

function inOrder(pieces: readonly Piece[]): string[] {
  return pieces.toSorted((a, b) => a.offset - b.offset).map((piece) => piece.md5);
}

async function* linesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let parts: Uint8Array[] = [];
  for await (const block of stream) {
    let start = 0;
    for (let end = block.indexOf(LINE_FEED); end >= 0; end = block.indexOf(LINE_FEED, start)) {
      yield Buffer.concat([...parts, block.subarray(start, end)]).toString("latin1");
      parts = [];
      start = end + 1;
    }
    if (start < block.length) parts.push(block.subarray(start));
  }
}

function md5(content: string | Uint8Array): string {
  return createHash("md5").update(content).digest("hex");
}
