/**
 * Bytes of a manifest to a manifest whose parts agree with each other.
 * @module
 */
import type { z } from "zod";
import { IntegrityError } from "../../errors.ts";
import { type RestorePointRef, vaultKeys } from "../keys.ts";
import { chunkObjects } from "./chunk-objects.ts";
import type { Manifest } from "./schema.ts";

/** @throws IntegrityError `manifest-invalid` naming the object and the first fields that are wrong */
export function parseJson<T>(schema: z.ZodType<T>, bytes: Uint8Array, object: string): T {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw invalid(object, "not JSON in UTF-8", cause);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const reasons = parsed.error.issues.slice(0, 3).map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw invalid(object, reasons.join("; "));
}

/**
 * What a shape cannot say: that the manifest is of this restore point, and that its numbers add up.
 * @throws IntegrityError `manifest-inconsistent`
 */
export function assertConsistent(manifest: Manifest, ref: RestorePointRef): void {
  const { id, source, kind } = manifest;
  if (id !== ref.restorePointId || source !== ref.source || kind !== ref.kind) {
    throw inconsistent(`it is of ${source}/${kind}/${id}, expected is ${ref.source}/${ref.kind}/${ref.restorePointId}`);
  }
  const data = vaultKeys.dataPrefix(ref);
  for (const { n, written } of chunkObjects(manifest)) {
    if (!written.object.startsWith(data)) throw inconsistent(`chunk ${n} lies outside of ${data}: ${written.object}`);
  }
  const meta = vaultKeys.metaPrefix(ref);
  for (const { name, object } of manifest.schema) {
    if (!object.startsWith(`${meta}schema/`)) throw inconsistent(`schema ${name} lies outside of ${meta}: ${object}`);
  }
  for (const { schema, name, rows, kind: tableKind, chunks } of manifest.tables) {
    const sum = chunks.reduce((total, chunk) => total + chunk.rows, 0);
    if (tableKind === "table" && sum !== rows) {
      throw inconsistent(`table ${schema}.${name} has ${rows} rows, its chunks have ${sum}`);
    }
    if (tableKind !== "table" && chunks.length > 0) throw inconsistent(`${tableKind} ${schema}.${name} has chunks`);
  }
}

function invalid(object: string, reason: string, cause?: unknown): IntegrityError {
  return new IntegrityError("manifest-invalid", `manifest ${object}: ${reason}`, { cause });
}

const inconsistent = (reason: string): IntegrityError =>
  new IntegrityError("manifest-inconsistent", `manifest: ${reason}`, {
    hint: "The writer was at fault: this restore point cannot be trusted.",
  });
