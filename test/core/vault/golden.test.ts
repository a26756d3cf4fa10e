import { createPrivateKey } from "node:crypto";
import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { openEnvelope } from "../../../core/vault/envelope/open.ts";
import { rsaUnwrapper } from "../../../core/vault/envelope/rsa.ts";
import { listRestorePoints } from "../../../core/vault/list.ts";
import { chunkObjects } from "../../../core/vault/manifest/chunk-objects.ts";
import { readManifest } from "../../../core/vault/manifest/read.ts";
import { manifestSchema } from "../../../core/vault/manifest/schema.ts";
import { readChunk } from "../../../core/vault/object/read-chunk.ts";
import { readSmallObject } from "../../../core/vault/object/small.ts";
import { directoryStore } from "../../../core/vault/store/directory.ts";
import { gather } from "../../../core/vault/stream/pieces.ts";
import { verifyFull } from "../../../core/vault/verify/verify.ts";

const GOLDEN = join(import.meta.dirname, "..", "..", "golden", "vault");
const expectedSchema = z.object({
  rows: z.record(z.string(), z.array(z.string())),
  schema: z.record(z.string(), z.string()),
  restorePoints: z.array(
    z.object({
      ref: z.object({ source: z.string(), kind: z.literal("full"), restorePointId: z.string() }),
      dataKey: z.string(),
      manifest: manifestSchema,
    }),
  ),
});
const versions = readdirSync(GOLDEN, { withFileTypes: true }).filter((entry) => entry.isDirectory());

async function readKey(file: string): Promise<string> {
  const key = JSON.parse(await readFile(file, "utf8"));
  return createPrivateKey({ key, format: "jwk" }).export({ type: "pkcs8", format: "pem" }).toString();
}

describe.each(versions.map(({ name }) => name))("restore points written as %s", (version) => {
  const folder = join(GOLDEN, version);
  const store = directoryStore(join(folder, "store"));
  const load = async () => ({
    expected: expectedSchema.parse(JSON.parse(await readFile(join(folder, "expected.json"), "utf8"))),
    unwrapper: rsaUnwrapper({ privateKeyPem: await readKey(join(folder, "recipient.jwk.json")) }),
  });

  test("are all found", async () => {
    const { expected } = await load();
    const found = [];
    for await (const { restorePointId } of listRestorePoints(store)) found.push(restorePointId);
    expect(found.sort()).toEqual(expected.restorePoints.map(({ ref }) => ref.restorePointId).sort());
  });

  test("are read back to the byte", async () => {
    const { expected, unwrapper } = await load();
    for (const { ref, dataKey, manifest: wanted } of expected.restorePoints) {
      const envelope = await openEnvelope(store, ref, [unwrapper]);
      expect(Buffer.from(envelope.dataKey).toString("hex")).toBe(dataKey);
      const manifest = await readManifest(store, envelope, ref);
      expect(manifest).toEqual(wanted);
      for (const written of manifest.schema) {
        const { body } = await readSmallObject({ store, envelope, ref }, written.object, written);
        expect(body.toString()).toBe(expected.schema[written.name]);
      }
      const rows: Record<string, string[]> = {};
      for (const chunk of chunkObjects(manifest)) {
        for await (const { table, bytes } of readChunk({ store, envelope, ref, chunk })) {
          const name = table === null ? "" : `${table.schema}.${table.name}`;
          rows[name] = [...(rows[name] ?? []), (await gather(bytes, 1e6)).toString()];
        }
      }
      expect(rows).toMatchObject(expected.rows);
    }
  });

  test("are valid to the last byte", async () => {
    const { expected, unwrapper } = await load();
    for (const { ref } of expected.restorePoints) {
      expect(await verifyFull(store, [unwrapper], ref)).toMatchObject({ isValid: true, issues: [] });
    }
  });
});
