/** The vault of the stack, read as an operator with the key would. */
import { inject } from "vitest";
import { kmsUnwrapper } from "../../core/vault/envelope/kms.ts";
import { openEnvelope } from "../../core/vault/envelope/open.ts";
import type { RestorePointRef } from "../../core/vault/keys.ts";
import { chunkObjects } from "../../core/vault/manifest/chunk-objects.ts";
import { readManifest } from "../../core/vault/manifest/read.ts";
import type { Manifest } from "../../core/vault/manifest/schema.ts";
import { readChunk } from "../../core/vault/object/read-chunk.ts";
import { s3Store } from "../../core/vault/store/s3.ts";
import { clients } from "../support/stack.ts";

export const vaultOf = () => s3Store({ client: clients.s3(), bucket: inject("stack").parameter.vaultBucket });
const unwrappers = () => [kmsUnwrapper({ client: clients.kms() })];

export const refTo = (source: string, restorePointId: string): RestorePointRef => ({
  source,
  kind: "full",
  restorePointId,
});

export async function manifestOf(source: string, restorePointId: string): Promise<Manifest> {
  const store = vaultOf();
  const ref = refTo(source, restorePointId);
  return readManifest(store, await openEnvelope(store, ref, unwrappers()), ref);
}

/** Rows of one table as COPY wrote them, split at tabs. */
export async function rowsIn(source: string, restorePointId: string, table: string): Promise<string[][]> {
  const store = vaultOf();
  const ref = refTo(source, restorePointId);
  const envelope = await openEnvelope(store, ref, unwrappers());
  const manifest = await readManifest(store, envelope, ref);
  const rows: string[][] = [];
  for (const chunk of chunkObjects(manifest)) {
    for await (const slice of readChunk({ store, envelope, ref, chunk })) {
      const pieces: Uint8Array[] = [];
      for await (const piece of slice.bytes) pieces.push(piece);
      if (slice.table?.name !== table) continue;
      const lines = Buffer.concat(pieces).toString("utf8").split("\n").slice(0, -1);
      rows.push(...lines.map((line) => line.split("\t")));
    }
  }
  return rows;
}
