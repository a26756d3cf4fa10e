/**
 * Warnings kept small: a catalog item may have 400 KB, and ten thousand tables may each deserve the same warning.
 * @module
 */
import type { Manifest } from "../vault/manifest/schema.ts";

type Warning = Manifest["warnings"][number];

/** With a hundred characters each, some tens of KB in the run's item. */
const MOST_KEPT = 200;
const MOST_NAMED = 5;

/** The first of them, and how many are left out. */
export function boundWarnings(warnings: readonly Warning[]): Warning[] {
  const left = warnings.length - MOST_KEPT;
  if (left <= 0) return [...warnings];
  const rest = { code: "warnings-left-out", message: `${left} more warnings are left out` };
  return [...warnings.slice(0, MOST_KEPT), rest];
}

/** A line for each thing that is warned of, with the first objects it is true of: `public.a, public.b and 3 more: …`. */
export function warningLines(warnings: readonly Warning[]): string[] {
  const byMessage = Map.groupBy(warnings, ({ message }) => message);
  return [...byMessage].map(([message, group]) => {
    const objects = group.flatMap(({ object }) => (object === undefined ? [] : [object]));
    if (objects.length === 0) return message;
    const named = objects.slice(0, MOST_NAMED).join(", ");
    const more = objects.length > MOST_NAMED ? ` and ${objects.length - MOST_NAMED} more` : "";
    return `${named}${more}: ${message}`;
  });
}
