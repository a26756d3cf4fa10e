import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutTables } from "../../../../core/postgres/plan/cut.ts";
import type { SizedTable } from "../../../../core/postgres/plan/tables.ts";

const MIB = 1024 * 1024;

function sized(oid: number, blocks: number, bytes: number, extra: Partial<SizedTable> = {}): SizedTable {
  const common = { relfilenode: oid, kind: "table", persistence: "p", parent: null, schema: "s" } as const;
  const columns = [{ attnum: 1, name: "id", typeOid: 23, generated: "", identity: "" } as const];
  const table = { ...common, oid, name: `t${oid}`, columns, key: null, replicaIdentity: "d" } as const;
  return { table: { ...table, columns: [...columns] }, blocks, bytes, isHeap: true, condition: "", ...extra };
}

describe("cutting tables into chunks", () => {
  it("names every block of every table once, from block 0 to an open end", () => {
    const tables = fc.array(fc.record({ blocks: fc.nat(200_000), toast: fc.nat(4096 * MIB) }), { maxLength: 30 });
    fc.assert(
      fc.property(
        tables,
        fc.integer({ min: 1, max: 512 * MIB }),
        fc.integer({ min: 1, max: 64 * MIB }),
        (sizes, chunkBytes, rangeBytes) => {
          const input = sizes.map(({ blocks, toast }, i) =>
            sized(i + 1, blocks, blocks === 0 ? 0 : blocks * 8192 + toast),
          );
          fc.pre(input.every(({ bytes }) => bytes / Math.min(chunkBytes, rangeBytes) < 2_000));
          const parts = cutTables(input, { chunkBytes, rangeBytes }).flatMap((group) => group.parts);
          for (const { table } of input) {
            const ranges = parts.filter((part) => part.tableOid === table.oid).flatMap((part) => part.ranges);
            expect(ranges[0]?.fromBlock).toBe(0);
            expect(ranges.at(-1)?.toBlock).toBeNull();
            for (const [i, range] of ranges.slice(0, -1).entries())
              expect(range.toBlock).toBe(ranges[i + 1]?.fromBlock);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it("keeps chunks near the size asked for", () => {
    const groups = cutTables([sized(1, 131_072, 1024 * MIB)], { chunkBytes: 256 * MIB });
    expect(groups.map(({ bytesEstimate }) => bytesEstimate / MIB)).toEqual([256, 256, 256, 256]);
    expect(groups.every((group) => group.parts[0]?.ranges.length === 4)).toBe(true);
  });

  it("reads one page alone when one page holds more than a chunk", () => {
    const groups = cutTables([sized(1, 4, 256 * MIB)], { chunkBytes: 64 * MIB });
    expect(groups).toHaveLength(4);
  });

  it("bundles small tables, and describes no bundle at a length that a catalog item could not hold", () => {
    const small = Array.from({ length: 1000 }, (_, i) => sized(i + 1, 1, 8192));
    const groups = cutTables(small, { chunkBytes: 256 * MIB });
    expect(groups.map(({ parts }) => parts.length)).toEqual([200, 200, 200, 200, 200]);
    expect(groups.every(({ kind, parts }) => kind === "bundle" && JSON.stringify(parts).length < 100_000)).toBe(true);
  });

  it("never splits what is not a heap or what an extension filters", () => {
    const columnar = sized(1, 100_000, 800 * MIB, { isHeap: false });
    const filtered = sized(2, 100_000, 800 * MIB, { condition: "WHERE mine" });
    const groups = cutTables([columnar, filtered], { chunkBytes: 64 * MIB });
    expect(groups.map(({ parts }) => parts[0]?.ranges)).toEqual([
      [{ fromBlock: 0, toBlock: null }],
      [{ fromBlock: 0, toBlock: null }],
    ]);
    expect(groups[1]?.parts[0]?.condition).toBe("WHERE mine");
  });
});
