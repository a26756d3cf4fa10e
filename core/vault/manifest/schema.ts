/**
 * The manifest: the authenticated list that makes a restore point whole (docs/FORMAT.md, "Manifest"). Readers ignore
 * members they do not know; what a reader of version 1 would misunderstand gets another `format`.
 * @module
 */
import { z } from "zod";
import { NAME_PATTERN, RESTORE_POINT_ID_PATTERN, RUN_ID_PATTERN } from "../../ids.ts";

export const MANIFEST_FORMAT = "holdfast-manifest-1";

const oid = z.int().min(0).max(0xffffffff);
const count = z.int().min(0);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
/** 128 bits, big-endian. */
const rowHash = z.string().regex(/^[0-9a-f]{32}$/);
/** `16/B374D848`. */
const lsn = z.string().regex(/^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/);
/** `2026-11-21T02:15:00.123456Z`: microseconds, UTC. */
const moment = z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$/);
/** What does not fit a JSON number: 64-bit integers in decimal. */
const int64 = z.string().regex(/^-?\d{1,19}$/);

/** One encrypted object as the store keeps it. */
const storedObject = {
  object: z.string().min(1).max(512),
  keyId: z.string().min(1),
  /** Length and hex digest of the bytes as stored. */
  bytes: count,
  sha256,
  /** The store's own checksum, where it keeps one. */
  store: z.string().optional(),
};

/** A table's slice of an object's plaintext; small tables share one object, one after the other. */
const chunk = z.object({
  n: z.int().min(1),
  ...storedObject,
  /** Where the slice begins in the object's plaintext, in bytes. */
  offset: count,
  /** The slice's length and hex digest. */
  plainBytes: count,
  sha256Plain: sha256,
  rows: count,
  /** The slice's part of the table's row hash. */
  rowHash: rowHash.optional(),
});
export type ManifestChunk = z.infer<typeof chunk>;

const wholeObject = z.object({ ...storedObject, plainBytes: count, sha256Plain: sha256 });

const column = z.object({
  attnum: z.int().min(1),
  name: z.string(),
  typeOid: oid,
  /** `pg_attribute.attgenerated`: empty, `s` stored or `v` virtual. */
  generated: z.enum(["", "s", "v"]),
  /** `pg_attribute.attidentity`: empty, `a` always or `d` by default. */
  identity: z.enum(["", "a", "d"]),
});

const table = z.object({
  oid,
  /** 0 for what has no storage. */
  relfilenode: oid,
  kind: z.enum(["table", "partitioned", "matview", "foreign"]),
  /** `pg_class.relpersistence`. */
  persistence: z.enum(["p", "u", "t"]),
  /** The partitioned table it is a part of, or the table it inherits from; null for most. */
  parent: oid.nullable(),
  schema: z.string(),
  name: z.string(),
  columns: z.array(column),
  /** Columns of the primary key, in its order; null without one. */
  key: z.array(z.string()).nullable(),
  /** `pg_class.relreplident`. */
  replicaIdentity: z.enum(["d", "n", "f", "i"]),
  rows: count,
  rowHash: rowHash.optional(),
  /** Materialized views only: whether it is refreshed on restore. */
  populated: z.boolean().optional(),
  /** Its definition alone was backed up: `rows` is 0 whatever it held. */
  rowsLeftOut: z.literal(true).optional(),
  chunks: z.array(chunk),
});
export type ManifestTable = z.infer<typeof table>;

const sequence = z.object({ schema: z.string(), name: z.string(), lastValue: int64, isCalled: z.boolean() });

const largeObjects = z.object({
  count,
  /** Of their contents. */
  bytes: count,
  /** Plaintext: rows of (loid oid, byte_offset bigint, data bytea). */
  chunks: z.array(chunk),
});

const schemaObject = wholeObject.extend({
  /** `archive`, `pre-data.sql`, `post-data.sql`, `roles.json`. */
  name: z.string().regex(/^[a-z][a-z0-9.-]*$/),
});
export type ManifestSchemaObject = z.infer<typeof schemaObject>;

const server = z.object({
  /** `server_version`, in words. */
  version: z.string(),
  /** `server_version_num`. */
  versionNumber: z.int().min(80000).optional(),
  walLevel: z.string(),
  /** Null where the host does not let it be read. */
  systemIdentifier: int64.nullable(),
  timeline: z.int().min(1).nullable(),
  databaseOid: oid,
  databaseName: z.string(),
  encoding: z.string(),
  collation: z.string(),
  settings: z.record(z.string(), z.string()),
});

const snapshot = z.object({
  /** `pg_current_snapshot()` in the exported snapshot. */
  text: z.string(),
  /** Flush positions (`pg_current_wal_flush_lsn()`) around the snapshot. */
  lsnBefore: lsn,
  lsnAfter: lsn,
  clock: moment,
  lockedBeforeSnapshot: z.boolean(),
  /** Global ids of transactions prepared at that moment: theirs is not in the restore point. */
  preparedTransactions: z.array(z.string()),
});

/** What the source's configuration left out of this restore point, and what had to go with it. */
const parts = z.object({
  /** The patterns, as they were configured. */
  include: z.object({ schemas: z.array(z.string()), tables: z.array(z.string()) }),
  exclude: z.object({ schemas: z.array(z.string()), tables: z.array(z.string()) }),
  excludeData: z.object({ tables: z.array(z.string()) }),
  /** Relations that are not in it, whatever they held; the first of them where there are very many. */
  relations: z.array(z.object({ kind: z.string(), schema: z.string(), name: z.string() })),
  relationCount: count,
  /** Entries of the archive that need one of those, and cannot be made without: by the oids of their catalog and their own. */
  leftOut: z.array(z.object({ catalogOid: oid, oid, what: z.string() })),
});
export type ManifestParts = z.infer<typeof parts>;

/** The run that made it, for catalogs; ISO 8601 in UTC. */
const run = z.object({
  id: z.string().regex(RUN_ID_PATTERN),
  startedAt: z.iso.datetime(),
  committedAt: z.iso.datetime(),
});

const warning = z.object({ code: z.string(), message: z.string(), object: z.string().optional() });

/** Everything but the lists of tables and large objects, which may be in parts. */
const head = {
  format: z.literal(MANIFEST_FORMAT),
  id: z.string().regex(RESTORE_POINT_ID_PATTERN),
  source: z.string().regex(NAME_PATTERN),
  kind: z.literal("full"),
  tool: z.object({ name: z.string(), version: z.string() }),
  run: run.optional(),
  server,
  snapshot,
  tables: z.array(table),
  sequences: z.array(sequence),
  largeObjects,
  schema: z.array(schemaObject),
  /** Digest that is the same for the same schema; null when not computed. */
  schemaFingerprint: sha256.nullable(),
  /** Restore points whose objects this one refers to; none in version 1. */
  parents: z.array(z.string()).max(0),
  /** Where changes after this snapshot are captured, for point-in-time recovery. */
  capture: z
    .object({ slot: z.string(), publicationOid: oid, chain: z.string(), heartbeat: z.string().optional() })
    .optional(),
  /** Absent where it holds everything. */
  parts: parts.optional(),
  warnings: z.array(warning),
};

export const manifestSchema = z.object(head);
export type Manifest = z.infer<typeof manifestSchema> & {
  /** Never stored: slices that lie in objects with others that are restored, and are read past. */
  readonly passedBy?: readonly ManifestChunk[];
};

/** In the store: with many chunks the chunk lists are empty and the parts hold them. */
export const storedManifestSchema = z.object({ ...head, chunkParts: z.array(wholeObject).optional() });
export type StoredManifest = z.infer<typeof storedManifestSchema>;

export const CHUNK_PART_FORMAT = "holdfast-manifest-part-1";
export const chunkPartSchema = z.object({
  format: z.literal(CHUNK_PART_FORMAT),
  id: z.string(),
  /** From 1. */
  part: z.int().min(1),
  /** Each with the table it belongs to by its oid, or null for large objects, in the manifest's order. */
  chunks: z.array(z.object({ table: oid.nullable(), chunk })),
});
export type ChunkPart = z.infer<typeof chunkPartSchema>;
