import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SliceReader } from "../../../../core/postgres/load/slices.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

function slicesOf(texts: readonly string[]) {
  let offset = 0;
  return texts.map((text) => {
    const slice = { offset, plainBytes: text.length, sha256Plain: sha256(text) };
    offset += text.length;
    return slice;
  });
}

async function* inPieces(text: string, bytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < text.length; at += bytes) yield Buffer.from(text.slice(at, at + bytes));
}

async function readAll(reader: SliceReader, slices: ReturnType<typeof slicesOf>): Promise<string[]> {
  const texts: string[] = [];
  for (const slice of slices) {
    const pieces: Uint8Array[] = [];
    for await (const piece of reader.read(slice)) pieces.push(piece);
    texts.push(Buffer.concat(pieces).toString());
  }
  await reader.finish();
  return texts;
}

describe("the slices of a chunk", () => {
  it("are what was joined, however the stream is cut", async () => {
    const text = fc.string({ unit: fc.constantFrom("a", "\n", "\t", "7"), maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(fc.array(text, { maxLength: 6 }), fc.integer({ min: 1, max: 50 }), async (texts, bytes) => {
        expect(await readAll(new SliceReader(1, inPieces(texts.join(""), bytes)), slicesOf(texts))).toEqual(texts);
      }),
    );
  });

  it.each([
    ["a changed byte", "ab\ncX\n", "chunk-digest-mismatch"],
    ["a byte too few", "ab\ncd", "chunk-too-short"],
    ["a byte too many", "ab\ncd\n\n", "chunk-too-long"],
  ])("are refused for %s", async (_, got, code) => {
    const reader = new SliceReader(7, inPieces(got, 4));
    const reading = readAll(reader, slicesOf(["ab\n", "cd\n"]));
    await expect(reading).rejects.toMatchObject({
      name: "IntegrityError",
      code,
      message: expect.stringContaining("chunk 7"),
    });
  });

  it("are refused when there is a gap between them", async () => {
    const [first, second] = slicesOf(["ab\n", "cd\n"]);
    if (first === undefined || second === undefined) throw new Error("two slices were made");
    const reading = readAll(new SliceReader(7, inPieces("ab\ncd\n", 4)), [first, { ...second, offset: 4 }]);
    await expect(reading).rejects.toMatchObject({ code: "chunk-slices-not-contiguous" });
  });
});
