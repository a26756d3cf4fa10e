/**
 * A restore point as the catalog has it, from what the vault says and nothing else: so a catalog that is made anew is the same.
 * @module
 */
import type { RestorePoint } from "../../catalog/index.ts";
import { chunkObjects } from "../../vault/manifest/chunk-objects.ts";
import type { Manifest } from "../../vault/manifest/schema.ts";
import type { WrittenObject } from "../../vault/object/write.ts";
import type { Verification } from "../../vault/verification.ts";
import { identityOf } from "../identity.ts";
import { describeManifestParts } from "../parts.ts";
import { warningLines } from "../warnings.ts";

/**
 * @param committed the manifest, and the object it lies in
 * @param verifications oldest first; one that has found damage is never made good by a later one
 * @param isSuspect a report cannot be read, and may have said so
 */
export function restorePointOf(
  { manifest, written }: { readonly manifest: Manifest; readonly written: Pick<WrittenObject, "sha256"> },
  verifications: readonly Verification[] = [],
  isSuspect = false,
): RestorePoint {
  const objects = chunkObjects(manifest).map(({ written }) => written);
  const sum = (numbers: readonly number[]) => numbers.reduce((total, value) => total + value, 0);
  const isDamaged = isSuspect || verifications.some(({ isValid }) => !isValid);
  const newest = verifications.at(-1);
  return {
    restorePointId: manifest.id,
    source: manifest.source,
    kind: manifest.kind,
    status: isDamaged ? "quarantined" : "available",
    ...runOf(manifest),
    manifestSha256: written.sha256,
    plainBytes: sum(objects.map(({ plainBytes }) => plainBytes)),
    storedBytes: sum(objects.map(({ bytes }) => bytes)),
    tables: manifest.tables.filter(({ kind }) => kind === "table").length,
    rows: sum(manifest.tables.map(({ rows }) => rows)),
    chunks: objects.length,
    database: manifest.server.databaseName,
    serverVersion: manifest.server.version,
    identity: identityOf(manifest.server),
    ...(newest === undefined ? {} : { verified: { level: newest.level, at: newest.at, isValid: newest.isValid } }),
    ...(manifest.parts === undefined ? {} : { parts: describeManifestParts(manifest.parts) }),
    warnings: warningLines(manifest.warnings),
  };
}

/** A manifest of another writer may not say which run it was: its snapshot's moment stands for both ends of it. */
function runOf({ run, id, source, snapshot }: Manifest): Pick<RestorePoint, "runId" | "startedAt" | "committedAt"> {
  if (run !== undefined) return { runId: run.id, startedAt: run.startedAt, committedAt: run.committedAt };
  const at = new Date(snapshot.clock).toISOString();
  return { runId: `${source}-${id}`, startedAt: at, committedAt: at };
}
