/**
 * From the plan and the chunks' winners to the manifest. The same run gives the same manifest but for its moment, however often it is made.
 * @module
 */
import type { Run } from "../../catalog/index.ts";
import { IntegrityError } from "../../errors.ts";
import type { Slice } from "../../postgres/copy-out/index.ts";
import { LARGE_OBJECTS_OID, type PlannedTable } from "../../postgres/plan/index.ts";
import { addRowHashes } from "../../postgres/row-hash.ts";
import { MANIFEST_FORMAT, type Manifest, type ManifestChunk, type ManifestTable } from "../../vault/manifest/schema.ts";
import type { ChunkWinner } from "../dump/dump-chunk.ts";
import type { PlanDocument } from "../dump/plan-document.ts";

export interface WonChunk {
  readonly n: number;
  readonly winner: ChunkWinner;
}

export function buildManifest(
  run: Run,
  plan: PlanDocument,
  won: readonly WonChunk[],
  { version, committedAt }: { readonly version: string; readonly committedAt: string },
): Manifest {
  const byTable = slicesByTable(won);
  const warnings = (run.notes?.warnings ?? []) as Manifest["warnings"];
  return {
    format: MANIFEST_FORMAT,
    id: run.restorePointId ?? "",
    source: run.source,
    kind: "full",
    tool: { name: "holdfast", version },
    run: { id: run.runId, startedAt: run.startedAt, committedAt },
    server: noted<Manifest["server"]>(run, "server"),
    snapshot: noted<Manifest["snapshot"]>(run, "snapshot"),
    tables: plan.tables.map((table) => manifestTable(table, byTable.get(table.oid) ?? [])),
    sequences: plan.sequences.map((sequence) => ({ ...sequence })),
    largeObjects: { ...plan.largeObjects, chunks: [...(byTable.get(LARGE_OBJECTS_OID) ?? [])] },
    schema: [...plan.schema],
    schemaFingerprint: plan.schemaFingerprint,
    parents: [],
    ...(plan.parts === undefined ? {} : { parts: plan.parts }),
    warnings: [...warnings, ...plan.schemaWarnings.map((message) => ({ code: "schema-dump", message }))],
  };
}

function manifestTable(table: PlannedTable, chunks: readonly ManifestChunk[]): ManifestTable {
  const { oid, relfilenode, kind, parent, schema, name, columns, key, persistence, replicaIdentity, populated } = table;
  const hashes = chunks.flatMap(({ rowHash }) => (rowHash === undefined ? [] : [rowHash]));
  return {
    oid,
    relfilenode,
    kind,
    persistence,
    parent,
    schema,
    name,
    columns: columns.map((column) => ({ ...column })),
    key: key === null ? null : [...key],
    replicaIdentity,
    rows: chunks.reduce((sum, { rows }) => sum + rows, 0),
    ...(hashes.length === chunks.length && hashes.length > 0 ? { rowHash: addRowHashes(hashes) } : {}),
    ...(kind === "matview" ? { populated } : {}),
    ...(table.rowsLeftOut === undefined ? {} : { rowsLeftOut: true as const }),
    chunks: [...chunks],
  };
}

/** In the order of chunk numbers. */
function slicesByTable(won: readonly WonChunk[]): ReadonlyMap<number, readonly ManifestChunk[]> {
  const byTable = new Map<number, ManifestChunk[]>();
  for (const { n, winner } of won.toSorted((a, b) => a.n - b.n)) {
    for (const slice of winner.slices) {
      const chunks = byTable.get(slice.tableOid) ?? [];
      chunks.push(manifestChunk(n, winner, slice));
      byTable.set(slice.tableOid, chunks);
    }
  }
  return byTable;
}

function manifestChunk(n: number, { written }: ChunkWinner, slice: Slice): ManifestChunk {
  const { object, keyId, bytes, sha256, store } = written;
  const { offset, plainBytes, sha256Plain, rows, rowHash } = slice;
  return {
    n,
    object,
    keyId,
    bytes,
    sha256,
    ...(store === undefined ? {} : { store }),
    offset,
    plainBytes,
    sha256Plain,
    rows,
    ...(rowHash === undefined ? {} : { rowHash }),
  };
}

function noted<T>(run: Run, name: string): T {
  const value = run.notes?.[name];
  if (value !== undefined) return value as T;
  throw new IntegrityError("run-notes-missing", `run ${run.runId} has no note of its ${name}`);
}
