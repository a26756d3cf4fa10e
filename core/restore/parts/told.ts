/**
 * What people are told of a restore of parts. What it leaves out and renames, its plan tells.
 * @module
 */
import { describeManifestParts } from "../../backup/parts.ts";
import type { ChosenParts } from "./index.ts";

/** Sentences; none for a restore of everything. */
export function tellParts(parts: ChosenParts | undefined, described: readonly string[]): string[] {
  if (parts === undefined) return [];
  const { mode, manifest, ofTables } = parts;
  const asked = `${manifest.tables.length} of ${ofTables} tables (${described.join(", ")})`;
  return [
    ...(described.length === 0 ? [] : [`parts of the restore point only: ${asked}`]),
    ...(manifest.parts === undefined
      ? []
      : [`the restore point holds parts of its database only: ${describeManifestParts(manifest.parts)}`]),
    ...(mode === "rows"
      ? [
          "rows alone: triggers did not fire, foreign keys were not checked, materialized views were not refreshed; the rows are those of the restore point, and so are the values of sequences, also where the target's went further",
        ]
      : []),
  ];
}
