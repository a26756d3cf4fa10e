import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { vaultKeys } from "../../../../core/vault/keys.ts";
import type { Compression } from "../../../../core/vault/object/compression.ts";
import { directoryStore } from "../../../../core/vault/store/directory.ts";
import { type PythonRun, preparePython, runPython } from "../../../support/python.ts";
import { newRsaRecipient, type TestRecipient } from "../../../support/recipients.ts";
import {
  SAMPLE_REF as ref,
  SAMPLE_ROWS,
  SAMPLE_SCHEMA,
  type SampleOptions,
  writeSample,
} from "../../../support/vault.ts";

const READER = join(import.meta.dirname, "reader.py");
let offline: TestRecipient;
let folder: string;
beforeAll(async () => {
  offline = newRsaRecipient();
  await preparePython();
}, 5 * 60_000);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-stranger-"));
  await writeFile(join(folder, "key.pem"), offline.privateKeyPem);
});
afterEach(() => rm(folder, { recursive: true }));

const vault = (): string => join(folder, "vault");
const write = (options: Partial<SampleOptions> = {}) =>
  writeSample(directoryStore(vault()), { recipients: [offline.recipient], ...options });
const read = (): Promise<PythonRun> =>
  runPython(READER, [vault(), ref.source, ref.kind, ref.restorePointId, join(folder, "key.pem")]);

test.each<[string, Compression, number | undefined]>([
  ["zstd", { codec: "zstd", level: 3 }, undefined],
  ["gzip", { codec: "gzip", level: 6 }, undefined],
  ["no compression, the manifest in parts", { codec: "none" }, 2],
])("a stranger reads all rows by the format and the private key alone (%s)", async (_, compression, chunksPerPart) => {
  await write({ compression, ...(chunksPerPart !== undefined && { chunksPerPart }) });
  const { exitCode, stdout, stderr } = await read();
  expect(stderr).toBe("");
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    tables: {
      ...Object.fromEntries(Object.entries(SAMPLE_ROWS).map(([name, slices]) => [name, slices.join("")])),
      "public.report": "",
    },
    largeObjects: "16500\t0\t\\\\x48656c6c6f\n16500\t2048\t\\\\x776f726c64\n",
    schema: SAMPLE_SCHEMA,
    sequences: [{ schema: "public", name: "orders_id_seq", lastValue: "9223372036854775807", isCalled: true }],
  });
});

test.each([
  ["the first chunk", vaultKeys.chunkKey(ref, 1, 1)],
  ["the bundle", vaultKeys.chunkKey(ref, 3, 1)],
  ["the manifest", vaultKeys.manifestKey(ref)],
  ["the schema", vaultKeys.schemaKey(ref, "pre-data.sql")],
  ["the envelope", vaultKeys.envelopeKey(ref, 1), "no envelope opens: 0001.json"],
])("a stranger refuses what a flipped bit makes of %s", async (_, key, name?: string) => {
  await write();
  const file = join(vault(), key);
  const bytes = await readFile(file);
  const at = Math.floor(bytes.length * 0.6);
  bytes.writeUInt8((bytes[at] ?? 0) ^ 1, at);
  await writeFile(file, bytes);
  const { exitCode, stdout, stderr } = await read();
  expect(exitCode).toBe(1);
  expect(stdout).toBe("");
  // One line that names it, and no traceback.
  expect(stderr.trim().split("\n")).toEqual([expect.stringContaining(name ?? key)]);
});
