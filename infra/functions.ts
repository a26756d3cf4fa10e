/**
 * Every function there is: folder `lambdas/<name>`, where it runs, how long, with which environment and permissions.
 * A function whose folder has no `handler.ts` yet is not deployed. Permissions not listed are not granted.
 * @module
 */
import type { EnvironmentKey } from "../core/config/environment.ts";
import { alerts, catalog, databases, events, key, type Permission, secrets, vault, work } from "./permissions.ts";

export interface FunctionSpec {
  /** One sentence for the console. */
  readonly purpose: string;
  /** `none`: one function outside any VPC. `worker`: one per network in use, `public` included. */
  readonly network: "none" | "worker";
  /** Which database a worker touches: it can read the secrets of sources, or of targets, of its network. */
  readonly role: "none" | "read-source" | "write-target";
  readonly timeoutSeconds: number;
  readonly memoryMegabytes: number;
  readonly environment: readonly EnvironmentKey[];
  readonly permissions: readonly Permission[];
  /** The whole configuration as `config.json` beside the handler. */
  readonly needsConfig?: boolean;
  /** Further entries emitted beside the handler, by output name: worker threads. */
  readonly workers?: Readonly<Record<string, string>>;
  /** Files of the checkout copied beside the handler, by name there. */
  readonly files?: Readonly<Record<string, string>>;
}

const MINUTE = 60;
/** Lambda's longest; the engine keeps its own earlier deadline. */
const LONGEST = 15 * MINUTE;
/** 1769 MB is one whole vCPU, per Lambda's documentation: copying, compressing and encrypting is bound by it. */
const ONE_CPU = 1769;
const SMALL = 512;

const catalogEnvironment = ["installation", "catalogTable"] as const;
const vaultEnvironment = [...catalogEnvironment, "vaultBucket", "keyArn"] as const;

/** pg_dump's WebAssembly and the worker thread it runs in (core/postgres/ddl/pg-dump). */
const pgDump = {
  workers: { "pg-dump-worker": "core/postgres/ddl/pg-dump/worker.ts" },
  files: { "pg_dump.wasm": "node_modules/@electric-sql/pglite-tools/dist/pg_dump.wasm" },
} as const;

/** What every load worker does: reads the run and the restore point's meta objects, and opens the target. */
const loadPermissions = [
  catalog.read(),
  catalog.write(),
  secrets.readTargets(),
  databases.connectToTargets(),
  vault.read("v1/meta/"),
  vault.list(),
  key.unwrap(),
] as const;

export const functions = {
  // Outside any VPC.
  resolve: {
    purpose: "Validates a run's input, takes the lease, says which workers serve the source",
    network: "none",
    role: "none",
    timeoutSeconds: MINUTE,
    memoryMegabytes: SMALL,
    environment: [...vaultEnvironment, "workers"],
    permissions: [catalog.read(), catalog.write(), vault.create("v1/audit/")],
    needsConfig: true,
  },
  encrypt: {
    purpose: "Makes a restore point's envelope before its first chunk",
    network: "none",
    role: "none",
    timeoutSeconds: MINUTE,
    memoryMegabytes: SMALL,
    environment: [...vaultEnvironment, "workBucket"],
    permissions: [
      catalog.read(),
      catalog.write(),
      vault.create("v1/vault.json"),
      vault.read("v1/vault.json"),
      vault.create("v1/meta/*/keys/0001.json"),
      vault.read("v1/meta/"),
      vault.list(),
      key.wrap(),
      key.unwrap(),
    ],
    needsConfig: true,
  },
  judge: {
    purpose: "Reads what became of every chunk and throws the gravest error there was",
    network: "none",
    role: "none",
    timeoutSeconds: 5 * MINUTE,
    memoryMegabytes: ONE_CPU,
    environment: catalogEnvironment,
    permissions: [catalog.read(), catalog.write()],
  },
  upload: {
    purpose: "Proves every chunk stored and commits the manifest",
    network: "none",
    role: "none",
    timeoutSeconds: LONGEST,
    memoryMegabytes: ONE_CPU,
    environment: [...vaultEnvironment, "workBucket"],
    permissions: [
      catalog.read(),
      catalog.write(),
      vault.read("v1/meta/"),
      vault.read("v1/data/"),
      vault.create("v1/meta/*/manifest"),
      vault.create("v1/meta/*/summary.json"),
      vault.list(),
      key.unwrap(),
      work.read(),
    ],
  },
  "note-failure": {
    purpose: "Notes what one part of a run has failed of, for Judge to throw",
    network: "none",
    role: "none",
    timeoutSeconds: MINUTE,
    memoryMegabytes: SMALL,
    environment: catalogEnvironment,
    permissions: [catalog.read(), catalog.write()],
  },
  "verify-plan": {
    purpose: "Cuts a verification into groups of chunks",
    network: "none",
    role: "none",
    timeoutSeconds: MINUTE,
    memoryMegabytes: SMALL,
    environment: [...vaultEnvironment, "workBucket"],
    permissions: [catalog.read(), catalog.write(), work.read(), work.write()],
  },
  "verify-chunk": {
    purpose: "Reads a group of chunks of a restore point back",
    network: "none",
    role: "none",
    timeoutSeconds: LONGEST,
    memoryMegabytes: ONE_CPU,
    environment: [...vaultEnvironment, "workBucket"],
    permissions: [
      catalog.read(),
      catalog.write(),
      vault.read("v1/meta/"),
      vault.read("v1/data/"),
      vault.list(),
      key.unwrap(),
    ],
  },
  "verify-judge": {
    purpose: "Marks a restore point as verified, or quarantines it",
    network: "none",
    role: "none",
    timeoutSeconds: MINUTE,
    memoryMegabytes: SMALL,
    environment: vaultEnvironment,
    permissions: [catalog.read(), catalog.write(), vault.create("v1/reports/"), vault.read("v1/reports/")],
  },
  "find-leftovers": {
    purpose: "Files whole restore points that the catalog does not know, and lists what was never committed",
    network: "none",
    role: "none",
    timeoutSeconds: 5 * MINUTE,
    memoryMegabytes: ONE_CPU,
    environment: [...vaultEnvironment, "workBucket"],
    permissions: [
      catalog.read(),
      catalog.write(),
      vault.list(),
      vault.read("v1/meta/"),
      vault.read("v1/reports/"),
      key.unwrap(),
      work.write(),
    ],
  },
  "clear-leftovers": {
    purpose: "Clears what was never committed, by delete markers; opens nothing",
    network: "none",
    role: "none",
    timeoutSeconds: 5 * MINUTE,
    memoryMegabytes: SMALL,
    environment: [...vaultEnvironment, "workBucket"],
    permissions: [
      catalog.read(),
      catalog.write(),
      vault.list(),
      vault.read("v1/meta/"),
      vault.delete("v1/data/"),
      vault.delete("v1/meta/*/schema/"),
      vault.delete("v1/meta/*/manifest-parts/"),
      vault.delete("v1/meta/*/keys/"),
      vault.abort("v1/data/"),
      work.read(),
    ],
  },
  "plan-rebuild": {
    purpose:
      "Finds the restore points in the vault for the catalog, and those that the catalog only believes there are",
    network: "none",
    role: "none",
    timeoutSeconds: 5 * MINUTE,
    memoryMegabytes: SMALL,
    environment: [...vaultEnvironment, "workBucket"],
    permissions: [catalog.read(), catalog.write(), vault.list(), vault.read("v1/meta/"), work.read(), work.write()],
  },
  "file-restore-points": {
    purpose: "Files a group of restore points from their manifests and the reports of verifications",
    network: "none",
    role: "none",
    timeoutSeconds: LONGEST,
    memoryMegabytes: ONE_CPU,
    environment: vaultEnvironment,
    permissions: [
      catalog.read(),
      catalog.write(),
      vault.list(),
      vault.read("v1/meta/"),
      vault.read("v1/reports/"),
      key.unwrap(),
    ],
  },
  "judge-rebuild": {
    purpose: "Says what a rebuild of the catalog came to, and throws what was found",
    network: "none",
    role: "none",
    timeoutSeconds: MINUTE,
    memoryMegabytes: SMALL,
    environment: catalogEnvironment,
    permissions: [catalog.read(), catalog.write()],
  },
  record: {
    purpose: "Writes a run's end to the catalog, tells the world, releases the lease",
    network: "none",
    role: "none",
    timeoutSeconds: MINUTE,
    memoryMegabytes: SMALL,
    environment: [...vaultEnvironment, "alertTopicArn"],
    permissions: [catalog.read(), catalog.write(), vault.create("v1/audit/"), alerts.publish(), events.put()],
  },
  cleanup: {
    purpose: "Clears up after an execution that failed, timed out or was stopped, and raises the alert",
    network: "none",
    role: "none",
    timeoutSeconds: 5 * MINUTE,
    memoryMegabytes: SMALL,
    environment: [...vaultEnvironment, "alertTopicArn"],
    permissions: [
      catalog.read(),
      catalog.write(),
      vault.abort("v1/data/"),
      vault.create("v1/audit/"),
      alerts.publish(),
      events.put(),
    ],
  },

  // Dump workers: one set per network, reading sources.
  preflight: {
    purpose: "Checks a source before a backup of it begins",
    network: "worker",
    role: "read-source",
    timeoutSeconds: 2 * MINUTE,
    memoryMegabytes: SMALL,
    environment: catalogEnvironment,
    permissions: [catalog.read(), catalog.write(), secrets.readSources(), databases.connectToSources()],
  },
  hold: {
    purpose: "Holds the locks and the exported snapshot, and hands them on",
    network: "worker",
    role: "read-source",
    timeoutSeconds: LONGEST,
    memoryMegabytes: SMALL,
    environment: catalogEnvironment,
    permissions: [catalog.read(), catalog.write(), secrets.readSources(), databases.connectToSources()],
  },
  "plan-dump": {
    purpose: "Writes the schema and plans the chunks of a dump",
    network: "worker",
    role: "read-source",
    timeoutSeconds: LONGEST,
    memoryMegabytes: ONE_CPU,
    environment: [...vaultEnvironment, "workBucket"],
    permissions: [
      catalog.read(),
      catalog.write(),
      secrets.readSources(),
      databases.connectToSources(),
      vault.read("v1/meta/"),
      vault.create("v1/meta/*/schema/"),
      vault.list(),
      key.unwrap(),
      work.read(),
      work.write(),
    ],
    ...pgDump,
  },
  "dump-chunk": {
    purpose: "Streams one chunk from the source, compressed and encrypted, into the vault",
    network: "worker",
    role: "read-source",
    timeoutSeconds: LONGEST,
    memoryMegabytes: ONE_CPU,
    environment: [...vaultEnvironment, "workBucket"],
    permissions: [
      catalog.read(),
      catalog.write(),
      secrets.readSources(),
      databases.connectToSources(),
      vault.read("v1/meta/"),
      vault.create("v1/data/"),
      vault.list(),
      key.unwrap(),
      work.read(),
    ],
  },

  // Load workers: one set per network, writing targets.
  "prepare-restore": {
    purpose: "Plans a restore and makes its target ready",
    network: "worker",
    role: "write-target",
    timeoutSeconds: LONGEST,
    memoryMegabytes: ONE_CPU,
    environment: [...vaultEnvironment, "workBucket"],
    // Chunks are looked at before a target is emptied for them.
    permissions: [
      ...loadPermissions,
      vault.read("v1/data/"),
      // What is in a target is listed before it is dropped.
      vault.create("v1/reports/"),
      work.write(),
    ],
  },
  "load-schema": {
    purpose: "Creates what has to be there before the data",
    network: "worker",
    role: "write-target",
    timeoutSeconds: LONGEST,
    memoryMegabytes: ONE_CPU,
    environment: [...vaultEnvironment, "workBucket"],
    permissions: loadPermissions,
  },
  "load-chunk": {
    purpose: "Loads one chunk, once however often it is called",
    network: "worker",
    role: "write-target",
    timeoutSeconds: LONGEST,
    memoryMegabytes: ONE_CPU,
    environment: [...vaultEnvironment, "workBucket"],
    permissions: [...loadPermissions, vault.read("v1/data/")],
  },
  "build-object": {
    purpose: "Builds one index, constraint or other object that comes after the data",
    network: "worker",
    role: "write-target",
    timeoutSeconds: LONGEST,
    memoryMegabytes: SMALL,
    environment: [...vaultEnvironment, "workBucket"],
    permissions: loadPermissions,
  },
  "finish-restore": {
    purpose: "Sequences, materialized views, statistics; drops the marker of an unfinished restore",
    network: "worker",
    role: "write-target",
    timeoutSeconds: LONGEST,
    memoryMegabytes: SMALL,
    environment: [...vaultEnvironment, "workBucket"],
    permissions: loadPermissions,
  },
  "plan-compare": {
    purpose: "Cuts the comparison of a database with its restore point into groups",
    network: "worker",
    role: "write-target",
    timeoutSeconds: 5 * MINUTE,
    memoryMegabytes: SMALL,
    environment: [...vaultEnvironment, "workBucket"],
    permissions: [...loadPermissions, work.write()],
  },
  "compare-tables": {
    purpose: "Counts and hashes a restored database against its manifest",
    network: "worker",
    role: "write-target",
    timeoutSeconds: LONGEST,
    memoryMegabytes: ONE_CPU,
    environment: [...vaultEnvironment, "workBucket"],
    permissions: [...loadPermissions, vault.read("v1/data/")],
    ...pgDump,
  },

  // What follows the load workers, outside any VPC.
  "judge-restore": {
    purpose: "Reads what became of every part of a restore and throws the gravest error there was",
    network: "none",
    role: "none",
    timeoutSeconds: 5 * MINUTE,
    memoryMegabytes: ONE_CPU,
    environment: catalogEnvironment,
    permissions: [catalog.read(), catalog.write()],
  },
  "judge-compare": {
    purpose: "Writes the report of a comparison and throws what differs",
    network: "none",
    role: "none",
    timeoutSeconds: MINUTE,
    memoryMegabytes: SMALL,
    environment: vaultEnvironment,
    permissions: [catalog.read(), catalog.write(), vault.create("v1/reports/")],
  },
} as const satisfies Readonly<Record<string, FunctionSpec>>;

export type FunctionName = keyof typeof functions;

/** The table with its common type, for code that walks over all of it. */
export const functionSpecs: Readonly<Record<FunctionName, FunctionSpec>> = functions;
