import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { manifestParts } from "../../../core/backup/parts.ts";
import { partsOf } from "../../../core/backup/settings.ts";
import { newRestorePointId } from "../../../core/ids.ts";
import { type ConnectionSettings, parseConnection } from "../../../core/postgres/connection.ts";
import { copyChunk } from "../../../core/postgres/copy-out/index.ts";
import {
  databaseProperties,
  dumpSchema,
  listLargeObjects,
  parseArchive,
  plainSql,
} from "../../../core/postgres/ddl/index.ts";
import { readNeeds } from "../../../core/postgres/needs/index.ts";
import { entriesLeftOut } from "../../../core/postgres/parts/index.ts";
import { LARGE_OBJECTS_OID, planDump } from "../../../core/postgres/plan/index.ts";
import { identifyServer } from "../../../core/postgres/preflight/identity.ts";
import { listRoles } from "../../../core/postgres/roles/index.ts";
import { addRowHashes } from "../../../core/postgres/row-hash.ts";
import { openSession, type Session } from "../../../core/postgres/session.ts";
import { importSnapshot, takeBase } from "../../../core/postgres/snapshot/index.ts";
import { type RestoreDirectInput, type RestoreResult, restoreDirect } from "../../../core/restore/direct.ts";
import { parseRestoreOptions } from "../../../core/restore/options.ts";
import { commitManifest } from "../../../core/vault/commit.ts";
import { createEnvelope } from "../../../core/vault/envelope/create.ts";
import type { OpenEnvelope } from "../../../core/vault/envelope/open.ts";
import { rsaRecipient, rsaUnwrapper } from "../../../core/vault/envelope/rsa.ts";
import { type RestorePointRef, vaultKeys } from "../../../core/vault/keys.ts";
import type { Manifest, ManifestChunk } from "../../../core/vault/manifest/schema.ts";
import type { Compression } from "../../../core/vault/object/compression.ts";
import { writeSmallObject } from "../../../core/vault/object/small.ts";
import { writeObject } from "../../../core/vault/object/write.ts";
import { directoryStore } from "../../../core/vault/store/directory.ts";
import type { Store } from "../../../core/vault/store/port.ts";
import { createDatabase, type TestDatabase } from "../../support/postgres.ts";

export interface TestVault {
  readonly directory: string;
  readonly store: Store;
  readonly unwrappers: RestoreDirectInput["unwrappers"];
  /** Of the only recipient. */
  readonly privateKeyPem: string;
  /** A restore point of the database as it is, in chunks small enough that there are several. */
  backUp(url: string, options?: BackUpOptions): Promise<RestorePointRef>;
  restore(ref: RestorePointRef, url: string, input?: RestoreInput): Promise<RestoreResult>;
  remove(): Promise<void>;
}

interface BackUpOptions {
  readonly rowHash?: boolean;
  readonly chunkBytes?: number;
  /** Small, so that small chunks have several frames. */
  readonly frameBytes?: number;
  /** Default zstd. */
  readonly compression?: Compression;
  /** As a source's configuration has them. */
  readonly parts?: PartsConfig;
}

interface PartsConfig {
  readonly include?: { readonly schemas?: string[]; readonly tables?: string[] };
  readonly exclude?: { readonly schemas?: string[]; readonly tables?: string[] };
  readonly excludeData?: { readonly tables?: string[] };
}

type RestoreInput = Partial<Omit<RestoreDirectInput, "options">> & { readonly options?: Record<string, unknown> };

const SMALL_CHUNK_BYTES = 64 * 1024;

/** An empty database for one test. */
export async function withTarget(work: (target: TestDatabase) => Promise<void>): Promise<void> {
  const target = await createDatabase("target");
  await work(target).finally(() => target.drop());
}

export async function createVault(): Promise<TestVault> {
  const directory = await mkdtemp(path.join(tmpdir(), "holdfast-vault-"));
  const store = directoryStore(directory);
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 3072 });
  const recipients = [rsaRecipient({ publicKeyPem: publicKey.export({ type: "spki", format: "pem" }).toString() })];
  const privateKeyPem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const unwrappers = [rsaUnwrapper({ privateKeyPem })];
  return {
    directory,
    store,
    unwrappers,
    privateKeyPem,
    backUp: async (url, { rowHash = true, chunkBytes = SMALL_CHUNK_BYTES, ...writing } = {}) => {
      const restorePointId = newRestorePointId(new Date(), (n) => randomBytes(n));
      const ref: RestorePointRef = { source: "shop", kind: "full", restorePointId };
      const envelope = await createEnvelope(store, ref, { recipients, unwrappers, random: (n) => randomBytes(n) });
      const manifest = await dump(parseConnection(url), {
        ...{ compression: { codec: "zstd", level: 1 }, ...writing },
        ...{ store, envelope, ref, rowHash, chunkBytes },
      });
      await commitManifest(store, envelope, ref, manifest);
      return ref;
    },
    restore: (ref, url, input = {}) => {
      const options = parseRestoreOptions({ compare: "rows", ...input.options });
      return restoreDirect({
        store,
        unwrappers,
        ref,
        connection: parseConnection(url),
        sessions: 3,
        ...input,
        options,
      });
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

interface DumpOptions {
  readonly store: Store;
  readonly envelope: OpenEnvelope;
  readonly ref: RestorePointRef;
  readonly rowHash: boolean;
  readonly chunkBytes: number;
  readonly frameBytes?: number;
  readonly compression: Compression;
  readonly parts?: PartsConfig;
}

/** Every list there is, empty where none was given. */
function configured({ include, exclude, excludeData }: PartsConfig) {
  const none = { schemas: [], tables: [] };
  return {
    include: { ...none, ...include },
    exclude: { ...none, ...exclude },
    excludeData: { tables: [], ...excludeData },
  };
}

async function dump(settings: ConnectionSettings, options: DumpOptions): Promise<Manifest> {
  const open = (): Promise<Session> => openSession(settings, { purpose: "read", applicationName: "test dump" });
  const sessions = await Promise.all([open(), open(), open()]);
  try {
    const [holder, reader, schemaReader] = sessions;
    const config = configured(options.parts ?? {});
    const parts = partsOf(config);
    const base = await takeBase(holder, parts === undefined ? {} : { choice: parts.choice });
    await importSnapshot(reader, base.snapshotId);
    const plan = await planDump(reader, { chunkBytes: options.chunkBytes, parts });
    const described = {
      "roles.json": await listRoles(reader),
      "database.json": await databaseProperties(reader),
      "large-objects.json": await listLargeObjects(reader),
      "needs.json": await readNeeds(reader),
    };
    const { leftOut } = plan;
    const { archive } = await dumpSchema(schemaReader, {
      snapshotId: base.snapshotId,
      ...(leftOut && { without: leftOut }),
    });
    const bodies = new Map<string, Uint8Array>([["archive", archive]]);
    const toc = parseArchive(archive);
    bodies.set("pre-data.sql", plainSql(toc, "pre-data")).set("post-data.sql", plainSql(toc, "post-data"));
    for (const [name, value] of Object.entries(described)) bodies.set(name, Buffer.from(JSON.stringify(value)));
    const schema = [];
    for (const [name, body] of bodies) {
      const keyOf = (attempt: number): string => vaultKeys.schemaKey(options.ref, name, attempt);
      schema.push({ name, ...(await writeSmallObject(options, keyOf, body)) });
    }
    const chunks = new Map<number, ManifestChunk[]>();
    for (const chunk of plan.chunks) {
      const { stream, result } = copyChunk({ session: reader, chunk, rowHash: options.rowHash });
      const key = vaultKeys.chunkKey(options.ref, chunk.n, 1);
      const written = await writeObject({ ...options, key, source: stream });
      for (const { tableOid, ...slice } of (await result).slices) {
        const entry = { ...written, ...slice, n: chunk.n };
        chunks.set(tableOid, [...(chunks.get(tableOid) ?? []), entry]);
      }
    }
    return {
      format: "holdfast-manifest-1",
      id: options.ref.restorePointId,
      source: options.ref.source,
      kind: "full",
      tool: { name: "holdfast", version: "test" },
      server: await identifyServer(reader),
      snapshot: base.snapshot,
      tables: plan.tables.map((table) => {
        const own = chunks.get(table.oid) ?? [];
        const rows = own.reduce((sum, chunk) => sum + chunk.rows, 0);
        const hashes = own.flatMap(({ rowHash }) => (rowHash === undefined ? [] : [rowHash]));
        const hasHash = table.kind === "table" && options.rowHash;
        return { ...table, rows, ...(hasHash && { rowHash: addRowHashes(hashes) }), chunks: own };
      }),
      sequences: [...plan.sequences],
      largeObjects: { ...plan.largeObjects, chunks: chunks.get(LARGE_OBJECTS_OID) ?? [] },
      schema,
      schemaFingerprint: null,
      parents: [],
      ...(leftOut && { parts: manifestParts(config, leftOut, entriesLeftOut(toc, leftOut)) }),
      warnings: [],
    };
  } finally {
    await Promise.all(sessions.map((session) => session.end()));
  }
}
