/**
 * Proof that what was copied is the whole of what was planned: every table's ranges are contiguous from block 0 to an open
 * end, and every one of them has its rows in an object.
 * @module
 */
import { IntegrityError } from "../../errors.ts";
import { LARGE_OBJECTS_OID } from "../../postgres/plan/index.ts";
import type { LargeObjectRange } from "../../postgres/plan/types.ts";
import type { ChunkWinner } from "../dump/dump-chunk.ts";
import type { ChunkBody, PlanDocument } from "../dump/plan-document.ts";

type Range = readonly [from: number, to: number | null];

/**
 * What a chunk's winner says it has copied lies in its object, part by part: a table without a slice would pass for empty.
 * @throws IntegrityError `coverage-gap`
 */
export function assertSlices(n: number, { covered, slices }: Pick<ChunkWinner, "covered" | "slices">): void {
  const tables = covered.parts.map(([oid]) => oid);
  const expected = covered.largeObjects.length > 0 ? [...tables, LARGE_OBJECTS_OID] : tables;
  const found = slices.map(({ tableOid }) => tableOid);
  if (found.join() === expected.join()) return;
  throw gap(`chunk ${n}`, `has slices of oids ${found.join(", ") || "none"}, copied were ${expected.join(", ")}`);
}

/**
 * @param bodies what the chunks' winners have copied
 * @throws IntegrityError `coverage-gap` naming the table's oid and the block.
 */
export function assertCoverage(plan: PlanDocument, bodies: readonly ChunkBody[]): void {
  const ranges = new Map<number, Range[]>();
  for (const [oid, covered] of bodies.flatMap(({ parts }) => parts)) {
    const known = ranges.get(oid);
    if (known === undefined) ranges.set(oid, [...covered]);
    else known.push(...covered);
  }
  for (const { oid, kind, rowsLeftOut } of plan.tables) {
    if (kind === "table" && rowsLeftOut === undefined) assertContiguous(`table oid ${oid}`, ranges.get(oid) ?? []);
    else if (ranges.has(oid)) throw gap(`oid ${oid}`, "has chunks and is no table whose rows were to be copied");
  }
  const known = new Set(plan.tables.map(({ oid }) => oid));
  for (const oid of ranges.keys()) if (!known.has(oid)) throw gap(`table oid ${oid}`, "is not in the plan");
  if (plan.largeObjects.count > 0) assertLargeObjects(bodies.flatMap(({ largeObjects }) => largeObjects));
}

function assertContiguous(what: string, unordered: readonly Range[]): void {
  const ordered = unordered.toSorted(([a], [b]) => a - b);
  let expected: number | null = 0;
  for (const [from, to] of ordered) {
    if (from !== expected) throw gap(what, `is covered from block ${from}, expected from ${expected ?? "nowhere"}`);
    expected = to;
  }
  if (ordered.length === 0) throw gap(what, "is in no chunk");
  if (expected !== null) throw gap(what, `is covered up to block ${expected}, expected to the end`);
}

/** By oid, and within one object by byte. */
function assertLargeObjects(unordered: readonly LargeObjectRange[]): void {
  const ordered = unordered.toSorted((a, b) => a.fromOid - b.fromOid || a.fromByte - b.fromByte);
  let oid: number | null = 0;
  let byte = 0;
  for (const range of ordered) {
    if (range.fromOid !== oid || range.fromByte !== byte) {
      throw gap("large objects", `are covered from ${range.fromOid}/${range.fromByte}, expected from ${oid}/${byte}`);
    }
    if (range.toByte === null) [oid, byte] = [range.toOid, 0];
    else byte = range.toByte;
  }
  if (oid !== null || byte !== 0) throw gap("large objects", `are covered up to ${oid}/${byte}, expected to the end`);
}

function gap(what: string, problem: string): IntegrityError {
  return new IntegrityError("coverage-gap", `${what} ${problem}`, {
    hint: "The restore point was not committed. This is a defect; please report it with the run's log.",
  });
}
