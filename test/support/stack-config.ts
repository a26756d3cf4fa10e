/**
 * The installation stack tests run against. Chunks of 1 MiB and holds of 20 s make small databases go the long way:
 * many chunks, several holders. Connections lead where each test says (`storeConnection`).
 * Each source and target belongs to one test file: files run side by side, and a source has one run at a time.
 */
import { defineConfig } from "../../core/config/index.ts";
import { offlineKey } from "./offline-key.ts";

const source = {
  kind: "postgres",
  concurrency: 4,
  chunkBytes: 1024 * 1024,
  holdSeconds: 20,
  relayLeadSeconds: 8,
  lockWaitSeconds: 5,
  rowHash: "always",
} as const;

/** Of `commit.stack.test.ts`: the last three are those whose functions end for good. */
export const commits = ["commit-a", "commit-b", "commit-c", "commit-d"] as const;

/**
 * Of `themes.stack.test.ts`: one theme after the other goes through each, so that as many go at once. Chunks are large for the
 * one that holds hundreds of MB.
 */
export const themeLanes = ["theme-a", "theme-b", "theme-c"] as const;

export default defineConfig({
  configVersion: 1,
  installation: "test",
  vault: { retainOnDelete: false, offlineRecipientPublicKey: offlineKey.publicKeyPem },
  sources: {
    chinook: { ...source, connection: "chinook-read" },
    pagila: { ...source, connection: "pagila-read", verify: "full" },
    bank: { ...source, connection: "bank-read" },
    stormy: { ...source, connection: "stormy-read", compression: { codec: "none" }, verify: "full" },
    broken: { ...source, connection: "broken-read" },
    refused: { ...source, connection: "refused-read" },
    shaky: { ...source, connection: "shaky-read", lockWaitSeconds: 1 },
    spare: { ...source, connection: "spare-read", compression: { codec: "gzip" } },
    command: { ...source, connection: "command-read" },
    rescued: { ...source, connection: "rescued-read" },
    parted: {
      ...source,
      connection: "parted-read",
      exclude: { schemas: ['"Odd.Schema"'], tables: ["app.language"] },
      excludeData: { tables: ["*.audit_log"] },
    },
    verified: { ...source, connection: "verified-read" },
    // Not compressed, in one chunk: of more frames than one.
    tampered: { ...source, connection: "tampered-read", compression: { codec: "none" }, chunkBytes: 8 * 1024 * 1024 },
    halted: { ...source, connection: "halted-read" },
    named: { ...source, connection: "named-read" },
    fuzzed: { ...source, connection: "fuzzed-read" },
    byhand: { ...source, connection: "byhand-read" },
    audited: { ...source, connection: "audited-read" },
    observed: { ...source, connection: "observed-read" },
    chaos: { ...source, connection: "chaos-read", verify: "full" },
    doubled: { ...source, connection: "doubled-read", holdSeconds: 10, relayLeadSeconds: 5 },
    together: { ...source, connection: "together-read" },
    ...Object.fromEntries(commits.map((id) => [id, { ...source, connection: `${id}-read` }])),
    ...Object.fromEntries(
      themeLanes.map((id) => [
        id,
        { ...source, connection: `${id}-read`, rowHash: "off" as const, chunkBytes: 32 * 1024 * 1024 },
      ]),
    ),
    scheduled: {
      ...source,
      connection: "scheduled-read",
      schedules: { yearly: { expression: "cron(0 0 1 1 ? *)" }, off: { expression: "rate(1 minute)", enabled: false } },
    },
  },
  targets: {
    restored: { connection: "restored-write" },
    parted: { connection: "parted-write" },
    command: { connection: "command-write" },
    halted: { connection: "halted-write" },
    named: { connection: "named-write" },
    fuzzed: { connection: "fuzzed-write" },
    tampered: { connection: "tampered-write" },
    observed: { connection: "observed-write" },
    stormy: { connection: "stormy-write" },
    chaos: { connection: "chaos-write" },
    together: { connection: "together-write" },
    ...Object.fromEntries(themeLanes.map((id) => [id, { connection: `${id}-write` }])),
  },
  limits: { longestRunMinutes: 5 },
});
