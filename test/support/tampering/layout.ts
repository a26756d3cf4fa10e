/**
 * Where the parts of a stored object lie (docs/FORMAT.md, "Objects"), so that tests can hit each of them.
 */
import { readHeader } from "../../../core/vault/object/header.ts";

const TAG_BYTES = 16;
const IV_BYTES = 12;
const FINAL_FRAME = 0xffffffff;

interface Frame {
  readonly start: number;
  readonly iv: number;
  readonly content: number;
  readonly tag: number;
  /** The byte after it. */
  readonly end: number;
}

export interface Layout {
  /** Bytes of the header with its tag. */
  readonly header: number;
  /** In the order of the object; the last is the final one. */
  readonly frames: readonly [Frame, ...Frame[]];
}

export async function layoutOf(object: Buffer): Promise<Layout> {
  let header = 0;
  const { frameBytes } = await readHeader(async (n) => {
    header += n;
    return object.subarray(header - n, header);
  });
  const frames: Frame[] = [];
  let start = header;
  let isFinal = false;
  while (!isFinal) {
    isFinal = object.readUInt32BE(start) === FINAL_FRAME;
    const iv = start + (isFinal ? 8 : 4);
    const content = iv + IV_BYTES + (isFinal ? 4 : 0);
    const tag = content + (isFinal ? object.readUInt32BE(iv + IV_BYTES) : frameBytes);
    const end = tag + TAG_BYTES;
    frames.push({ start, iv, content, tag, end });
    start = end;
  }
  const [first, ...rest] = frames;
  if (first === undefined || start !== object.length) throw new Error("the object is not one whole message");
  return { header, frames: [first, ...rest] };
}
