import type { TocEntry } from "../archive/toc.ts";

/** What calls functions of its own where it is used; a table does not: what it calls was called when its rows came. */
const CALLING: ReadonlySet<string> = new Set([
  "AGGREGATE",
  "CAST",
  "DOMAIN",
  "OPERATOR",
  "OPERATOR CLASS",
  "OPERATOR FAMILY",
  "TYPE",
  "VIEW",
]);
const ROUTINE = /^DROP (?:FUNCTION|PROCEDURE) (.*);\n?$/s;

/**
 * The functions that an entry calls when it is made or filled, through operators, casts and views too, as their DROP names them.
 * Not those that these call in turn: a function's setting holds for what it calls.
 */
export function functionsOf(entry: TocEntry, byDumpId: ReadonlyMap<number, TocEntry>): string[] {
  const functions = new Set<string>();
  const seen = new Set<number>();
  const follow = ({ dependencies }: TocEntry): void => {
    for (const dumpId of dependencies) {
      const found = byDumpId.get(dumpId);
      if (found === undefined || seen.has(dumpId)) continue;
      seen.add(dumpId);
      const routine = ROUTINE.exec(found.dropStmt ?? "")?.[1];
      if (routine !== undefined) functions.add(routine);
      else if (CALLING.has(found.desc)) follow(found);
    }
  };
  follow(entry);
  return [...functions];
}
