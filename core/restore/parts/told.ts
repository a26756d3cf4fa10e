/**
 * What people are told of a restore of parts: before anything is touched in the plan, afterwards as notes.
 * @module
 */
import { listNames } from "../../postgres/load/target.ts";
import type { ChosenParts } from "./index.ts";

/** Sentences; none for a restore of everything. */
export function tellParts(parts: ChosenParts | undefined, described: readonly string[]): string[] {
  if (parts === undefined) return [];
  const { mode, manifest, leftOut, ofTables, broughtBack } = parts;
  const asked = described.length === 0 ? "all that the restore point has" : described.join(", ");
  return [
    `parts of the restore point only: ${manifest.tables.length} of ${ofTables} tables (${asked})`,
    ...[...Map.groupBy(leftOut, ({ reason }) => reason)].map(
      ([reason, group]) => `not restored: ${listNames(group.map(({ what }) => what))}: ${reason}`,
    ),
    ...(broughtBack === undefined || broughtBack.renamed.length === 0
      ? []
      : [`renamed: ${listNames(broughtBack.renamed)}`]),
    ...(mode === "rows"
      ? [
          "rows alone: triggers did not fire, foreign keys were not checked, materialized views were not refreshed; the rows are those of the restore point",
        ]
      : []),
  ];
}
