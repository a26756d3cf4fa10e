/**
 * What a backup's run has frozen of its source's configuration.
 * @module
 */
import { z } from "zod";
import type { Run } from "../catalog/index.ts";
import type { Compression } from "../config/index.ts";
import type { RestorePointRef } from "../vault/keys.ts";

const settings = z.object({
  connection: z.string(),
  network: z.string(),
  database: z.string().optional(),
  compression: z.custom<Compression>((value) => typeof value === "object" && value !== null && "codec" in value),
  concurrency: z.number(),
  chunkBytes: z.number(),
  holdSeconds: z.number(),
  relayLeadSeconds: z.number(),
  lockWaitSeconds: z.number(),
  rowHash: z.enum(["off", "drill", "always"]),
  verify: z.enum(["quick", "full"]),
});

export type BackupSettings = z.output<typeof settings>;

/** As configured when the run began; `concurrency` is less where preflight found fewer connections free. */
export function backupSettings(run: Run): BackupSettings {
  const frozen = settings.parse(run.settings);
  const workers = run.notes?.workers;
  return typeof workers === "number" && workers < frozen.concurrency ? { ...frozen, concurrency: workers } : frozen;
}

/** Where the run's restore point lies in the vault. */
export function refOf(run: Run): RestorePointRef {
  return { source: run.source, kind: "full", restorePointId: run.restorePointId ?? "" };
}
