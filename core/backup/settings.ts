/**
 * What a backup's run has frozen of its source's configuration.
 * @module
 */
import { z } from "zod";
import type { Run } from "../catalog/index.ts";
import type { Compression } from "../config/index.ts";
import type { SourceParts } from "../postgres/parts/index.ts";
import type { RestorePointRef } from "../vault/keys.ts";

/** Absent in runs begun before there were any. */
const patterns = z
  .object({ schemas: z.array(z.string()), tables: z.array(z.string()) })
  .default({ schemas: [], tables: [] });

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
  include: patterns,
  exclude: patterns,
  excludeData: z.object({ tables: z.array(z.string()) }).default({ tables: [] }),
});

export type BackupSettings = z.output<typeof settings>;

/** As configured when the run began; `concurrency` is less where preflight found fewer connections free. */
export function backupSettings(run: Run): BackupSettings {
  const frozen = settings.parse(run.settings);
  const workers = run.notes?.workers;
  return typeof workers === "number" && workers < frozen.concurrency ? { ...frozen, concurrency: workers } : frozen;
}

/** What is backed up; undefined where that is everything. */
export function partsOf({
  include,
  exclude,
  excludeData,
}: Pick<BackupSettings, "include" | "exclude" | "excludeData">): SourceParts | undefined {
  const choice = {
    ...{ schemas: include.schemas, tables: include.tables },
    ...{ excludeSchemas: exclude.schemas, excludeTables: exclude.tables },
  };
  const lists = [...Object.values(choice), excludeData.tables];
  return lists.every((list) => list.length === 0) ? undefined : { choice, excludeData: excludeData.tables };
}

/** Where the run's restore point lies in the vault. */
export function refOf(run: Run): RestorePointRef {
  return { source: run.source, kind: "full", restorePointId: run.restorePointId ?? "" };
}
