/**
 * A small restore point with everything a manifest can hold: a table in two chunks, a bundle of three (one empty), large
 * objects, sequences, all schema objects.
 * @module
 */
import { createHash } from "node:crypto";
import { commitManifest } from "../../core/vault/commit.ts";
import { createEnvelope } from "../../core/vault/envelope/create.ts";
import type { OpenEnvelope } from "../../core/vault/envelope/open.ts";
import type { Recipient, Unwrapper } from "../../core/vault/envelope/recipient.ts";
import { type RestorePointRef, vaultKeys } from "../../core/vault/keys.ts";
import type { Manifest, ManifestChunk, ManifestTable } from "../../core/vault/manifest/schema.ts";
import { ensureVault } from "../../core/vault/marker.ts";
import type { Compression } from "../../core/vault/object/compression.ts";
import { writeSmallObject } from "../../core/vault/object/small.ts";
import { writeObject } from "../../core/vault/object/write.ts";
import type { Store } from "../../core/vault/store/port.ts";

export const SAMPLE_REF: RestorePointRef = {
  source: "shop",
  kind: "full",
  restorePointId: "20261121T021500Z-7k3f9q2mxa",
};

/** Not random: what is written with it can be looked at again. */
export const fixedBytes = (n: number): Uint8Array => Uint8Array.from({ length: n }, (_, at) => (at * 7 + 3) & 255);

/** Rows as COPY's text format has them, by table and slice. */
export const SAMPLE_ROWS: Readonly<Record<string, readonly string[]>> = {
  "public.orders": [
    Array.from({ length: 400 }, (_, n) => `${n}\tcustomer ${n % 17}\t${n % 3 === 0 ? "\\N" : `${n}.50`}\n`).join(""),
    Array.from({ length: 250 }, (_, n) => `${n + 400}\tnaïve — “quoted”\\n second line\t\\N\n`).join(""),
  ],
  "public.countries": ["de\tGermany\nfr\tFrance\n"],
  "public.empty": [""],
  'odd.Table With "Quotes"': ["\\\\x00ff\t\\t\n"],
};
const SAMPLE_LARGE_OBJECT = "16500\t0\t\\\\x48656c6c6f\n16500\t2048\t\\\\x776f726c64\n";

export const SAMPLE_SCHEMA: Readonly<Record<string, string>> = {
  archive: "PGDMP sample, not a real archive",
  "pre-data.sql": "CREATE TABLE public.orders (id integer, name text, price numeric);\n",
  "post-data.sql": "ALTER TABLE ONLY public.orders ADD CONSTRAINT orders_pkey PRIMARY KEY (id);\n",
  "roles.json": "[]\n",
};

export interface Sample {
  readonly ref: RestorePointRef;
  readonly envelope: OpenEnvelope;
  readonly manifest: Manifest;
}

export interface SampleOptions {
  readonly recipients: readonly Recipient[];
  readonly unwrappers?: readonly Unwrapper[];
  readonly ref?: RestorePointRef;
  readonly compression?: Compression;
  readonly random?: (n: number) => Uint8Array;
  readonly chunksPerPart?: number;
  /** Small, so that small objects have several frames. */
  readonly frameBytes?: number;
}

/** Writes all of it up to, but not including, the manifest. */
export async function writeSampleObjects(store: Store, options: SampleOptions): Promise<Sample> {
  const { recipients, unwrappers = [], ref = SAMPLE_REF, random = fixedBytes, frameBytes = 4096 } = options;
  const compression = options.compression ?? { codec: "zstd", level: 3 };
  await ensureVault(store);
  const envelope = await createEnvelope(store, ref, { recipients, unwrappers, random });
  const schema = await Promise.all(
    Object.entries(SAMPLE_SCHEMA).map(async ([name, text]) => ({
      name,
      ...(await writeSmallObject(
        { store, envelope, ref },
        (attempt) => vaultKeys.schemaKey(ref, name, attempt),
        Buffer.from(text),
      )),
    })),
  );
  const writeSlices = async (n: number, texts: readonly string[]): Promise<ManifestChunk[]> => {
    const slices = texts.map((text) => Buffer.from(text));
    const key = vaultKeys.chunkKey(ref, n, 1);
    const written = await writeObject({ store, envelope, ref, key, source: each(slices), compression, frameBytes });
    const { object, keyId, bytes, sha256, store: checksum } = written;
    let offset = 0;
    return slices.map((slice) => {
      const place = { offset, plainBytes: slice.length, sha256Plain: sha256Of(slice), rows: rowsIn(slice) };
      offset += slice.length;
      return { n, object, keyId, bytes, sha256, ...(checksum !== undefined && { store: checksum }), ...place };
    });
  };
  const [orders1 = "", orders2 = ""] = SAMPLE_ROWS["public.orders"] ?? [];
  const orders = [...(await writeSlices(1, [orders1])), ...(await writeSlices(2, [orders2]))];
  const small = Object.keys(SAMPLE_ROWS).slice(1);
  const bundle = await writeSlices(
    3,
    small.map((name) => SAMPLE_ROWS[name]?.join("") ?? ""),
  );
  const largeObjects = await writeSlices(4, [SAMPLE_LARGE_OBJECT]);
  const chunksOf = (index: number): ManifestChunk[] => bundle.slice(index, index + 1);
  const manifest: Manifest = {
    ...SAMPLE_HEAD,
    id: ref.restorePointId,
    source: ref.source,
    kind: ref.kind,
    tables: [
      sampleTable(16400, "public", "orders", orders),
      ...small.map((name, at) => {
        const [schemaName = "", tableName = ""] = name.split(/\.(.*)/);
        return sampleTable(16401 + at, schemaName, tableName, chunksOf(at));
      }),
      { ...sampleTable(16450, "public", "report", []), kind: "matview", populated: true },
    ],
    largeObjects: { count: 1, bytes: 2053, chunks: largeObjects },
    schema,
  };
  return { ref, envelope, manifest };
}

/** Writes all of it and commits. */
export async function writeSample(store: Store, options: SampleOptions): Promise<Sample> {
  const sample = await writeSampleObjects(store, options);
  const { chunksPerPart } = options;
  await commitManifest(store, sample.envelope, sample.ref, sample.manifest, {
    ...(chunksPerPart !== undefined && { chunksPerPart }),
  });
  return sample;
}

export const sha256Of = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

async function* each(slices: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* slices;
}

const rowsIn = (slice: Uint8Array): number => slice.filter((byte) => byte === 10).length;

function sampleTable(oid: number, schema: string, name: string, chunks: ManifestChunk[]): ManifestTable {
  const column = { typeOid: 25, generated: "", identity: "" } as const;
  return {
    oid,
    relfilenode: oid + 100,
    kind: "table",
    persistence: "p",
    parent: null,
    schema,
    name,
    columns: [
      { attnum: 1, name: "id", ...column, identity: "a" },
      { attnum: 2, name: "name", ...column },
    ],
    key: ["id"],
    replicaIdentity: "d",
    rows: chunks.reduce((sum, { rows }) => sum + rows, 0),
    chunks,
  };
}

const SAMPLE_HEAD = {
  format: "holdfast-manifest-1",
  tool: { name: "holdfast", version: "0.1.0" },
  server: {
    version: "18.4",
    versionNumber: 180004,
    walLevel: "replica",
    systemIdentifier: "7591234567890123456",
    timeline: 1,
    databaseOid: 16384,
    databaseName: "shop",
    encoding: "UTF8",
    collation: "en_US.utf8",
    settings: { standard_conforming_strings: "on" },
  },
  snapshot: {
    text: "751:751:",
    lsnBefore: "0/1A2B3C0",
    lsnAfter: "0/1A2B3F8",
    clock: "2026-11-21T02:15:01.123456Z",
    lockedBeforeSnapshot: true,
    preparedTransactions: [],
  },
  sequences: [{ schema: "public", name: "orders_id_seq", lastValue: "9223372036854775807", isCalled: true }],
  schemaFingerprint: null,
  parents: [],
  warnings: [{ code: "matview-not-populated", message: "view is empty", object: "public.report" }],
} satisfies Partial<Manifest>;
