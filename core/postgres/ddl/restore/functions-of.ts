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
  follow(entry.desc === "CONSTRAINT" ? { ...entry, dependencies: namedIn(entry, byDumpId) } : entry);
  return [...functions];
}

const OPERATOR = /^DROP OPERATOR (.*) \(/;

/**
 * What an exclusion constraint names: of its index alone, which is no entry of the archive, pg_dump knows what it depends on. One
 * too many does no harm.
 */
function namedIn({ defn = "", dependencies }: TocEntry, byDumpId: ReadonlyMap<number, TocEntry>): readonly number[] {
  if (!defn.includes(" EXCLUDE ")) return dependencies;
  const named = callables(byDumpId).filter(({ call }) => defn.includes(call));
  return [...dependencies, ...named.map(({ dumpId }) => dumpId)];
}

interface Callable {
  readonly dumpId: number;
  /** As a definition names it. */
  readonly call: string;
}

/** Found once for an archive, however many exclusion constraints it has. */
const madeCallables = new WeakMap<ReadonlyMap<number, TocEntry>, readonly Callable[]>();

function callables(byDumpId: ReadonlyMap<number, TocEntry>): readonly Callable[] {
  const known = madeCallables.get(byDumpId);
  if (known !== undefined) return known;
  const made = [...byDumpId.values()].flatMap(({ dumpId, desc, dropStmt = "" }): Callable[] => {
    const routine = ROUTINE.exec(dropStmt)?.[1];
    if (routine !== undefined) return [{ dumpId, call: `${routine.slice(0, routine.indexOf("("))}(` }];
    const operator = desc === "OPERATOR" ? OPERATOR.exec(dropStmt)?.[1] : undefined;
    return operator === undefined ? [] : [{ dumpId, call: `OPERATOR(${operator})` }];
  });
  madeCallables.set(byDumpId, made);
  return made;
}
