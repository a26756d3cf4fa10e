import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type CommitContext, commitBackup } from "../../../../core/backup/commit/commit.ts";
import type { ChunkWinner } from "../../../../core/backup/dump/dump-chunk.ts";
import { type ChunkBody, type PlanDocument, writePlan } from "../../../../core/backup/dump/plan-document.ts";
import type { Catalog, Chunk, Move, RestorePoint, Run, Settings } from "../../../../core/catalog/index.ts";
import { CancelledError } from "../../../../core/errors.ts";
import { LARGE_OBJECTS_OID } from "../../../../core/postgres/plan/index.ts";
import { vaultKeys } from "../../../../core/vault/keys.ts";
import { chunkObjects } from "../../../../core/vault/manifest/chunk-objects.ts";
import { readManifest } from "../../../../core/vault/manifest/read.ts";
import { type MemoryStore, memoryStore } from "../../../support/memory-store.ts";
import { pauseUntilAborted } from "../../../support/pauses.ts";
import { newRsaRecipient, type TestRecipient } from "../../../support/recipients.ts";
import { SAMPLE_REF as ref, type Sample, writeSampleObjects } from "../../../support/vault.ts";

const RUN_ID = "shop-20261121T021500Z-7k3f9q2mxa";
const FINGERPRINT = "ab".repeat(32);

let offline: TestRecipient;
let vault: MemoryStore;
let sample: Sample;
let chunks: Chunk<ChunkBody, ChunkWinner>[];
let chunksPlanned: number;
let filed: RestorePoint[];
/** When the run is stopped, by the phase that the commit then wants to reach; null: when it is about to write. */
let stoppedBefore: string | null | undefined;
let context: CommitContext;

beforeAll(() => {
  offline = newRsaRecipient();
});

beforeEach(async () => {
  vault = memoryStore();
  const work = memoryStore();
  sample = await writeSampleObjects(vault, { recipients: [offline.recipient] });
  const { manifest, envelope } = sample;
  const run = { runId: RUN_ID, source: ref.source, restorePointId: ref.restorePointId, epoch: 1 } as unknown as Run;
  const plan = { ...manifest, schemaFingerprint: FINGERPRINT, schemaWarnings: [] } as unknown as PlanDocument;
  const notes = { plan: await writePlan(work, envelope, run, plan), ...manifest } as unknown as Settings;
  const committing = { ...run, startedAt: "2026-11-21T02:15:00.000Z", heartbeatAt: "2026-11-21T02:30:00.000Z", notes };
  chunks = chunkObjects(manifest).map(({ n, written, slices }) => wonBy(n, written as ChunkWinner["written"], slices));
  chunksPlanned = chunks.length;
  filed = [];
  stoppedBefore = undefined;
  const catalog = {
    runs: {
      beat: async () => ({ ...committing, chunksPlanned }),
      advance: async (_: string, { to }: Move) => {
        if ((to ?? null) === stoppedBefore) throw new CancelledError("run-ended", "the run has ended meanwhile");
        return committing;
      },
    },
    chunks: { list: async () => chunks },
    restorePoints: { put: async (point: RestorePoint) => void filed.push(point) },
  } as unknown as Catalog;
  context = { catalog, vault, work, unwrappers: [offline.unwrapper], version: "0.1.0", pause: pauseUntilAborted };
});

/** The sample's chunk, as won; the two chunks of `orders` meet at block 8. */
function wonBy(
  n: number,
  written: ChunkWinner["written"],
  parts: ReturnType<typeof chunkObjects>[number]["slices"],
): Chunk<ChunkBody, ChunkWinner> {
  const ranges: readonly [number, number | null] = n === 1 ? [0, 8] : n === 2 ? [8, null] : [0, null];
  const tables = parts.flatMap(({ table }) => (table === null ? [] : [table.oid]));
  const covered: ChunkBody = {
    kind: "rows",
    parts: tables.map((oid) => [oid, [ranges]]),
    largeObjects: tables.length > 0 ? [] : [{ fromOid: 0, toOid: null, fromByte: 0, toByte: null }],
  };
  const slices = parts.map(({ table, chunk: { offset, plainBytes, sha256Plain, rows } }) => {
    return { tableOid: table?.oid ?? LARGE_OBJECTS_OID, offset, plainBytes, sha256Plain, rows };
  });
  const winner = { written, slices, covered };
  return { n, epoch: 1, body: covered, bytesEstimate: 1, attempts: 1, progressBytes: 0, winner };
}

const isCommitted = () => vault.objects.has(vaultKeys.manifestKey(ref));

describe("the commit of a backup", () => {
  it("writes the manifest, with the schema's fingerprint, and files the restore point", async () => {
    await commitBackup(RUN_ID, context);
    const { tables, schemaFingerprint } = await readManifest(vault, sample.envelope, ref);
    expect(tables).toEqual(sample.manifest.tables);
    expect(schemaFingerprint).toBe(FINGERPRINT);
    expect(filed).toMatchObject([{ restorePointId: ref.restorePointId, status: "available" }]);
  });

  it("goes by what was copied, whatever the plan says by now", async () => {
    const [first] = chunks;
    if (first?.winner === undefined) throw new Error("the sample has no chunk");
    const covered: ChunkBody = { ...first.winner.covered, parts: [[16400, [[0, 7]]]] };
    chunks[0] = { ...first, winner: { ...first.winner, covered } };
    await expect(commitBackup(RUN_ID, context)).rejects.toMatchObject({ code: "coverage-gap" });
    expect(isCommitted()).toBe(false);
  });

  it("refuses a chunk whose table left no slice", async () => {
    const third = chunks[2];
    if (third?.winner === undefined) throw new Error("the sample has no bundle");
    chunks[2] = { ...third, winner: { ...third.winner, slices: third.winner.slices.slice(1) } };
    await expect(commitBackup(RUN_ID, context)).rejects.toMatchObject({ code: "coverage-gap" });
    expect(isCommitted()).toBe(false);
  });

  it("refuses when an object of the schema is not stored as it was written", async () => {
    const [archive] = sample.manifest.schema;
    if (archive === undefined) throw new Error("the sample has no schema");
    vault.objects.set(archive.object, Buffer.from("another"));
    await expect(commitBackup(RUN_ID, context)).rejects.toMatchObject({ code: "stored-length-mismatch" });
    vault.objects.delete(archive.object);
    await expect(commitBackup(RUN_ID, context)).rejects.toMatchObject({ code: "object-missing" });
    expect(isCommitted()).toBe(false);
    expect(filed).toEqual([]);
  });

  it("files what is whole in the vault although the run was stopped meanwhile", async () => {
    stoppedBefore = "verifying";
    await expect(commitBackup(RUN_ID, context)).rejects.toMatchObject({ code: "run-ended" });
    expect(isCommitted()).toBe(true);
    expect(filed).toHaveLength(1);
  });

  it("writes nothing for a run that has ended, or was taken over, while its chunks were looked at", async () => {
    stoppedBefore = null;
    await expect(commitBackup(RUN_ID, context)).rejects.toMatchObject({ code: "run-ended" });
    expect(isCommitted()).toBe(false);
    expect(filed).toEqual([]);
  });

  it("names a chunk whose item the catalog has lost, planned or split off", async () => {
    chunksPlanned = chunks.length + 1;
    await expect(commitBackup(RUN_ID, context)).rejects.toMatchObject({
      name: "IntegrityError",
      code: "chunk-item-missing",
      message: expect.stringContaining(`chunk ${chunks.length + 1} of run`),
    });
    chunksPlanned = chunks.length;
    const [first, ...others] = chunks;
    if (first === undefined) throw new Error("the sample has no chunk");
    chunks = [{ ...first, next: 99 }, ...others];
    await expect(commitBackup(RUN_ID, context)).rejects.toMatchObject({ message: expect.stringContaining("chunk 99") });
    expect(isCommitted()).toBe(false);
  });
});
