import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeText, encodeText, isPlainText } from "../../../../../core/postgres/ddl/archive/text.ts";

describe("text of unknown encoding", () => {
  it("comes back byte by byte, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(Buffer.from(encodeText(decodeText(bytes))).toString("hex")).toBe(Buffer.from(bytes).toString("hex"));
      }),
      { numRuns: 3000 },
    );
  });

  it("reads as itself where it is UTF-8, and says where it is not", () => {
    expect(decodeText(Buffer.from("\ufeffété 日本 🐘"))).toBe("\ufeffété 日本 🐘");
    expect(isPlainText(decodeText(Buffer.from("été")))).toBe(true);
    const mixed = decodeText(Buffer.concat([Buffer.from("é"), Buffer.of(0xe9), Buffer.from("🐘")]));
    expect(mixed).toBe("é\udce9🐘");
    expect(isPlainText(mixed)).toBe(false);
  });
});
