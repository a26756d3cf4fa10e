/**
 * `summary.json`: a few numbers in clear for people and tools without the key. Never trusted for anything.
 * @module
 */
import { z } from "zod";
import { type RestorePointRef, vaultKeys } from "./keys.ts";
import { chunkObjects } from "./manifest/chunk-objects.ts";
import type { Manifest } from "./manifest/schema.ts";
import type { WrittenObject } from "./object/write.ts";
import type { Store } from "./store/port.ts";
import { gather } from "./stream/pieces.ts";

const summarySchema = z.object({
  format: z.literal("holdfast-summary-1"),
  source: z.string(),
  kind: z.string(),
  restorePointId: z.string(),
  /** The snapshot's clock. */
  takenAt: z.string(),
  serverVersion: z.string(),
  tool: z.string(),
  tables: z.int(),
  rows: z.int(),
  chunks: z.int(),
  plainBytes: z.int(),
  bytes: z.int(),
  manifest: z.object({ bytes: z.int(), sha256: z.string() }),
});
export type Summary = z.infer<typeof summarySchema>;

const MOST_SUMMARY_BYTES = 64 * 1024;

export function summaryOf(manifest: Manifest, { bytes, sha256 }: WrittenObject): Summary {
  const objects = chunkObjects(manifest);
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
  return {
    format: "holdfast-summary-1",
    source: manifest.source,
    kind: manifest.kind,
    restorePointId: manifest.id,
    takenAt: manifest.snapshot.clock,
    serverVersion: manifest.server.version,
    tool: `${manifest.tool.name} ${manifest.tool.version}`,
    tables: manifest.tables.length,
    rows: sum(manifest.tables.map(({ rows }) => rows)),
    chunks: objects.length,
    plainBytes: sum(objects.map(({ written }) => written.plainBytes)),
    bytes: sum(objects.map(({ written }) => written.bytes)),
    manifest: { bytes, sha256 },
  };
}

/** Undefined when there is none or it is not readable: it is a convenience. */
export async function readSummary(store: Store, ref: RestorePointRef): Promise<Summary | undefined> {
  const key = vaultKeys.summaryKey(ref);
  if ((await store.head(key)) === undefined) return undefined;
  try {
    const bytes = await gather(await store.read(key), MOST_SUMMARY_BYTES);
    return summarySchema.safeParse(JSON.parse(bytes.toString("utf8"))).data;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}
