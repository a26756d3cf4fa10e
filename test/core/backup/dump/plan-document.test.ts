import { describe, expect, it } from "vitest";
import { compactBody, type PlanDocument, wholeChunk } from "../../../../core/backup/dump/plan-document.ts";
import type { PlannedChunk } from "../../../../core/postgres/plan/types.ts";

const part = { tableOid: 7, relfilenode: 70, schema: "s", name: "t", columns: ["a", "b"], condition: "WHERE a > 0" };
const rows: PlannedChunk = {
  n: 3,
  kind: "rows",
  bytesEstimate: 10,
  parts: [
    {
      ...part,
      ranges: [
        { fromBlock: 0, toBlock: 8 },
        { fromBlock: 8, toBlock: null },
      ],
    },
  ],
};
const objects: PlannedChunk = {
  n: 4,
  kind: "large-objects",
  bytesEstimate: 10,
  parts: [{ ranges: [{ fromOid: 0, toOid: null, fromByte: 0, toByte: null }] }],
};
const plan = { chunks: [rows, objects] } as unknown as PlanDocument;

describe("a chunk's body in the catalog", () => {
  it("has numbers only, and gives the planned chunk back with the plan", () => {
    for (const chunk of [rows, objects]) {
      const body = compactBody(chunk);
      expect(JSON.stringify(body)).not.toMatch(/"(a|t|s|WHERE.*)"/);
      expect(wholeChunk(plan, chunk.n, chunk.bytesEstimate, body)).toEqual(chunk);
    }
  });

  it("fails for a table that the plan does not have", () => {
    const body = { kind: "rows" as const, parts: [[9, [[0, null]]]] as const, largeObjects: [] };
    expect(() => wholeChunk(plan, 1, 1, body)).toThrowError(/table oid 9/);
  });
});
