/**
 * The plan of a dump as workers read it: one encrypted object in the work bucket, for names of tables are nobody's
 * business; the catalog's chunk items hold numbers only and so stay small.
 * @module
 */
import type { Run } from "../../catalog/index.ts";
import { IntegrityError, PreconditionError } from "../../errors.ts";
import type { BlockRange, DumpPlan, LargeObjectRange, PlannedChunk, RowsPart } from "../../postgres/plan/types.ts";
import type { OpenEnvelope } from "../../vault/envelope/open.ts";
import type { ManifestParts, ManifestSchemaObject } from "../../vault/manifest/schema.ts";
import { readSmallObject, writeSmallObject } from "../../vault/object/small.ts";
import type { WrittenObject } from "../../vault/object/write.ts";
import type { Store } from "../../vault/store/port.ts";
import { refOf } from "../settings.ts";

/** What plan-dump hands to the workers and to the commit. */
export interface PlanDocument extends Omit<DumpPlan, "leftOut"> {
  readonly schema: readonly ManifestSchemaObject[];
  readonly schemaFingerprint: string;
  readonly schemaWarnings: readonly string[];
  /** Absent where everything is dumped. */
  readonly parts?: ManifestParts;
}

/** `[oid, [from, to][]]`: a table's ranges in a chunk item. */
type CompactPart = readonly [tableOid: number, ranges: readonly (readonly [number, number | null])[]];

/** A chunk item's body. */
export interface ChunkBody {
  readonly kind: PlannedChunk["kind"];
  readonly parts: readonly CompactPart[];
  readonly largeObjects: readonly LargeObjectRange[];
}

export async function writePlan(
  work: Store,
  envelope: OpenEnvelope,
  run: Run,
  plan: PlanDocument,
): Promise<WrittenObject> {
  const keyOf = (attempt: number) => `runs/${run.runId}/plan.${run.epoch}.${attempt}`;
  return writeSmallObject({ store: work, envelope, ref: refOf(run) }, keyOf, Buffer.from(JSON.stringify(plan)));
}

/** @throws PreconditionError `plan-missing`; IntegrityError when it is not what was written. */
export async function readPlan(work: Store, envelope: OpenEnvelope, run: Run): Promise<PlanDocument> {
  const written = run.notes?.plan as WrittenObject | undefined;
  if (written === undefined) throw new PreconditionError("plan-missing", `run ${run.runId} has no plan`);
  const { body } = await readSmallObject({ store: work, envelope, ref: refOf(run) }, written.object, written);
  return JSON.parse(body.toString("utf8")) as PlanDocument;
}

export function compactBody({ kind, parts }: Pick<PlannedChunk, "kind" | "parts">): ChunkBody {
  const rows = parts.flatMap((part) => ("tableOid" in part ? [part] : []));
  const objects = parts.flatMap((part) => ("tableOid" in part ? [] : part.ranges));
  return {
    kind,
    parts: rows.map(({ tableOid, ranges }) => [tableOid, ranges.map(({ fromBlock, toBlock }) => [fromBlock, toBlock])]),
    largeObjects: objects,
  };
}

/** The chunk as planned, names and columns from the plan. @throws IntegrityError `chunk-unknown-table` */
export function wholeChunk(plan: PlanDocument, n: number, bytesEstimate: number, body: ChunkBody): PlannedChunk {
  const { kind } = body;
  if (kind === "large-objects") return { n, bytesEstimate, kind, parts: [{ ranges: body.largeObjects }] };
  const known = rowsParts(plan);
  const parts = body.parts.map(([tableOid, ranges]): RowsPart => {
    const part = known.get(tableOid);
    if (part === undefined) {
      throw new IntegrityError(
        "chunk-unknown-table",
        `chunk ${n} is of table oid ${tableOid}, which the plan does not have`,
      );
    }
    return { ...part, ranges: ranges.map(([fromBlock, toBlock]): BlockRange => ({ fromBlock, toBlock })) };
  });
  return { n, bytesEstimate, kind, parts };
}

function rowsParts(plan: PlanDocument): ReadonlyMap<number, RowsPart> {
  const parts = plan.chunks.flatMap((chunk) => (chunk.kind === "large-objects" ? [] : chunk.parts));
  return new Map(parts.map((part) => [part.tableOid, part]));
}
