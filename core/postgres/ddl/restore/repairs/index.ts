/**
 * What pg_dump writes and no server takes, said so that it is taken: each a shortcoming of PostgreSQL's own (18.4), by which
 * pg_restore loses the object.
 * @module
 */
import type { TocEntry } from "../../archive/toc.ts";
import { withCycleMarks } from "./cycle-marks.ts";
import { withFunctionLoops } from "./function-loops.ts";
import { withPartitionedExclusions } from "./partitioned-exclusions.ts";
import { withSelfReading } from "./self-reading.ts";

/** The archive's entries with other statements for the same objects; those that need none are what they were. */
export function repaired(entries: readonly TocEntry[]): readonly TocEntry[] {
  return withPartitionedExclusions(withFunctionLoops(entries.map(withCycleMarks).map(withSelfReading)));
}
