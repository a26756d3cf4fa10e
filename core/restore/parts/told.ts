/**
 * What people are told of a restore of parts. What it leaves out and renames, its plan tells.
 * @module
 */
import type { ChosenParts } from "./index.ts";

/** Sentences; none for a restore of everything. */
export function tellParts(parts: ChosenParts | undefined, described: readonly string[]): string[] {
  if (parts === undefined) return [];
  const { mode, manifest, ofTables } = parts;
  const asked = described.length === 0 ? "all that the restore point has" : described.join(", ");
  return [
    `parts of the restore point only: ${manifest.tables.length} of ${ofTables} tables (${asked})`,
    ...(mode === "rows"
      ? [
          "rows alone: triggers did not fire, foreign keys were not checked, materialized views were not refreshed; the rows are those of the restore point",
        ]
      : []),
  ];
}
