/**
 * Every metric there is, as data: functions emit by this table, the dashboard and the alarms read it, and docs/METRICS.md
 * is held to it. All are in the namespace `Holdfast`.
 * @module
 */

export const NAMESPACE = "Holdfast";

/**
 * What tells values apart. Bounded by what is configured and by the closed set of errors, never by an input: each
 * combination is a metric of its own that CloudWatch charges for.
 */
export const dimensionSets = {
  installation: ["installation"],
  source: ["installation", "source", "kind"],
  error: ["installation", "error"],
} as const;

export type DimensionSet = keyof typeof dimensionSets;

export interface MetricSpec {
  readonly unit: "Count" | "Bytes" | "Seconds";
  readonly per: readonly DimensionSet[];
  readonly meaning: string;
}

const bySource = ["source"] as const;
const byBoth = ["installation", "source"] as const;

export const metrics = {
  RunsSucceeded: { unit: "Count", per: byBoth, meaning: "1 for each run that succeeded" },
  RunsFailed: { unit: "Count", per: byBoth, meaning: "1 for each run that failed, was stopped or timed out" },
  RunsSkipped: { unit: "Count", per: byBoth, meaning: "1 for each run that another one was in the way of" },
  RunSeconds: { unit: "Seconds", per: bySource, meaning: "from a run's beginning to its end, unless it was skipped" },
  RunErrors: { unit: "Count", per: ["error"], meaning: "1 for each failed run, by the name of its error" },
  RestorePointBytes: { unit: "Bytes", per: bySource, meaning: "text of a backup's rows before compression" },
  RestorePointStoredBytes: { unit: "Bytes", per: bySource, meaning: "the same compressed and encrypted, as stored" },
  RestorePointRows: { unit: "Count", per: bySource, meaning: "rows in a backup" },
  RestorePointTables: { unit: "Count", per: bySource, meaning: "tables in a backup" },
  RestorePointChunks: { unit: "Count", per: bySource, meaning: "chunks in a backup" },
  SnapshotAgeSeconds: {
    unit: "Seconds",
    per: bySource,
    meaning: "age of a backup's snapshot at its commit: at most so long VACUUM was held back",
  },
  ChunkAttempts: { unit: "Count", per: bySource, meaning: "1 for each attempt at a chunk" },
  ChunkRetries: { unit: "Count", per: bySource, meaning: "1 for each attempt at a chunk after its first" },
  ChunkBytes: { unit: "Bytes", per: bySource, meaning: "text of a chunk that was dumped or loaded" },
  ChunkSeconds: { unit: "Seconds", per: bySource, meaning: "from an attempt's beginning to a chunk's end" },
  StepErrors: {
    unit: "Count",
    per: ["error"],
    meaning: "1 for each call of a function that ended with an error, those that were tried again included",
  },
} as const satisfies Readonly<Record<string, MetricSpec>>;

export type MetricName = keyof typeof metrics;
export type Figures = Partial<Record<MetricName, number>>;

/** The value of the dimension `source` for what only an input names. */
export const UNKNOWN_SOURCE = "unknown";
/** The value of the dimension `error` for names that are not of the closed set. */
export const OTHER_ERROR = "Other";
