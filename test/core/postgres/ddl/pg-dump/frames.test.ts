import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { errorFields, frame, frameScanner } from "../../../../../core/postgres/ddl/pg-dump/frames.ts";

describe("the scanner of protocol messages", () => {
  it("finds the same messages however the stream is cut", () => {
    const message = fc.tuple(fc.constantFrom("Z", "D", "E", "S"), fc.uint8Array({ maxLength: 40 }));
    fc.assert(
      fc.property(fc.array(message, { maxLength: 12 }), fc.array(fc.integer({ min: 1, max: 9 })), (messages, sizes) => {
        const found: unknown[] = [];
        const scan = frameScanner(
          (type, body) => found.push([type, [...body]]),
          (type) => type === "E",
        );
        const stream = Buffer.concat(messages.map(([type, body]) => frame(type, body)));
        let at = 0;
        for (const size of [...sizes, stream.length + 1]) {
          scan(stream.subarray(at, at + size));
          at += size;
        }
        expect(found).toEqual(messages.map(([type, body]) => [type, type === "E" ? [...body] : []]));
      }),
    );
  });

  it("reads the fields of an error", () => {
    expect(errorFields(Buffer.from("SERROR\0C42704\0Mno such thing\0\0"))).toEqual({
      S: "ERROR",
      C: "42704",
      M: "no such thing",
    });
  });
});
