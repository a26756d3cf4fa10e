import { describe, expect, it } from "vitest";
import { assertCoverage, assertSlices } from "../../../../core/backup/commit/coverage.ts";
import type { ChunkBody, PlanDocument } from "../../../../core/backup/dump/plan-document.ts";

type Ranges = readonly (readonly [number, number | null])[];

const body = (oid: number, ranges: Ranges): ChunkBody => ({ kind: "rows", parts: [[oid, ranges]], largeObjects: [] });
const objects = (...largeObjects: ChunkBody["largeObjects"]): ChunkBody => ({
  kind: "large-objects",
  parts: [],
  largeObjects,
});

function plan(kinds: Readonly<Record<number, string>>, largeObjects = 0): PlanDocument {
  const tables = Object.entries(kinds).map(([oid, kind]) => ({ oid: Number(oid), kind }));
  return { tables, largeObjects: { count: largeObjects, bytes: 0 } } as unknown as PlanDocument;
}

const covers =
  (kinds: Readonly<Record<number, string>>, ...bodies: ChunkBody[]) =>
  () =>
    assertCoverage(plan(kinds), bodies);

describe("coverage", () => {
  it("holds for ranges that follow one another to an open end, in whatever chunks and order", () => {
    expect(
      covers(
        { 7: "table" },
        body(7, [
          [8, 16],
          [16, null],
        ]),
        body(7, [[0, 8]]),
      ),
    ).not.toThrow();
    expect(covers({ 7: "table", 8: "partitioned", 9: "matview" }, body(7, [[0, null]]))).not.toThrow();
  });

  it.each<[string, Ranges]>([
    ["the beginning", [[8, null]]],
    [
      "a piece in the middle",
      [
        [0, 8],
        [9, null],
      ],
    ],
    [
      "the open end",
      [
        [0, 8],
        [8, 16],
      ],
    ],
    ["everything", []],
  ])("fails when %s is missing", (_what, ranges) => {
    expect(covers({ 7: "table" }, body(7, ranges))).toThrowError(/table oid 7/);
  });

  it("fails when a piece is there twice", () => {
    expect(
      covers(
        { 7: "table" },
        body(7, [
          [0, 8],
          [4, null],
        ]),
      ),
    ).toThrowError(/table oid 7/);
    expect(covers({ 7: "table" }, body(7, [[0, null]]), body(7, [[0, null]]))).toThrowError(/table oid 7/);
  });

  it("fails when a table has no chunk, or a chunk no table", () => {
    expect(covers({ 7: "table", 8: "table" }, body(7, [[0, null]]))).toThrowError(/table oid 8 is in no chunk/);
    expect(covers({ 7: "table" }, body(7, [[0, null]]), body(9, [[0, null]]))).toThrowError(/not in the plan/);
    expect(covers({ 7: "partitioned" }, body(7, [[0, null]]))).toThrowError(/is no table/);
  });

  it("fails when a table that was copied has no slice, or a slice no table", () => {
    const slice = (tableOid: number) => ({ tableOid, offset: 0, plainBytes: 0, sha256Plain: "", rows: 0 });
    const bundle: ChunkBody = {
      kind: "bundle",
      parts: [
        [7, [[0, null]]],
        [8, [[0, null]]],
      ],
      largeObjects: [],
    };
    const large = objects({ fromOid: 0, toOid: null, fromByte: 0, toByte: null });
    expect(() => assertSlices(1, { covered: bundle, slices: [slice(7), slice(8)] })).not.toThrow();
    expect(() => assertSlices(1, { covered: large, slices: [slice(2613)] })).not.toThrow();
    for (const slices of [[], [slice(7)], [slice(8), slice(7)], [slice(7), slice(8), slice(9)]]) {
      expect(() => assertSlices(3, { covered: bundle, slices })).toThrowError(/chunk 3 has slices of oids/);
    }
    expect(() => assertSlices(1, { covered: large, slices: [] })).toThrowError(/copied were 2613/);
  });

  it("of large objects goes by object, and by bytes within one", () => {
    const chunks = [
      objects({ fromOid: 0, toOid: 20, fromByte: 0, toByte: null }),
      objects({ fromOid: 20, toOid: 30, fromByte: 0, toByte: 512 }),
      objects({ fromOid: 20, toOid: 30, fromByte: 512, toByte: null }),
      objects({ fromOid: 30, toOid: null, fromByte: 0, toByte: null }),
    ];
    expect(() => assertCoverage(plan({}, 3), chunks)).not.toThrow();
    for (const missing of chunks) {
      const rest = chunks.filter((chunk) => chunk !== missing);
      expect(() => assertCoverage(plan({}, 3), rest)).toThrowError(/large objects/);
    }
  });
});
