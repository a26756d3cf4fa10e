/**
 * Routines with a body that is parsed when they are made (`RETURN …`, `BEGIN ATOMIC …`) and that call themselves or each other:
 * pg_dump warns of a loop and writes them one after the other, so that the first calls one that is not there. Here each that is
 * called too early is made with an empty body first.
 * @module
 */
import type { TocEntry } from "../../archive/toc.ts";

const ROUTINES: ReadonlySet<string> = new Set(["FUNCTION", "PROCEDURE"]);
const NAME = String.raw`(?:"(?:[^"]|"")*"|[^\s"'().,;:*/+<>=|!&-]+)`;
const CREATED = new RegExp(`^CREATE (?:FUNCTION|PROCEDURE) (${NAME}\\.${NAME})\\(`);
/** Behind the signature and the options, which stand on lines of their own, indented; or a literal or a name. */
const BODY = /\n {4}(?:RETURN |BEGIN ATOMIC\n)|'(?:[^']|'')*'|"(?:[^"]|"")*"/g;
const CALLED = new RegExp(`(${NAME}\\.${NAME})\\(|'(?:[^']|'')*'`, "g");

interface Routine {
  readonly entry: TocEntry;
  readonly at: number;
  readonly name: string;
  /** Up to the body. */
  readonly head: string;
  readonly body: string;
}

export function withFunctionLoops(entries: readonly TocEntry[]): TocEntry[] {
  const routines = entries.flatMap((entry, at) => routineOf(entry, at) ?? []);
  const named = Map.groupBy(routines, ({ name }) => name);
  const position = new Map(entries.map(({ dumpId }, at) => [dumpId, at]));
  const stubbed = new Set<number>();
  const stubsBefore = new Map<number, string[]>();
  for (const caller of routines) {
    for (const name of new Set([...caller.body.matchAll(CALLED)].map(([, called]) => called))) {
      if (name === undefined) continue;
      for (const called of named.get(name) ?? []) {
        if (called.at < caller.at || stubbed.has(called.at) || !canBeMade(called, caller, position)) continue;
        stubbed.add(called.at);
        stubsBefore.set(caller.at, [...(stubsBefore.get(caller.at) ?? []), `${called.head}\n    AS '';\n`]);
      }
    }
  }
  if (stubbed.size === 0) return [...entries];
  return entries.map((entry, at) => {
    const definition = stubbed.has(at) ? entry.defn?.replace(/^CREATE /, "CREATE OR REPLACE ") : entry.defn;
    return { ...entry, defn: [...(stubsBefore.get(at) ?? []), definition].join("") };
  });
}

function routineOf(entry: TocEntry, at: number): Routine | undefined {
  const { defn, desc } = entry;
  if (!ROUTINES.has(desc) || defn === undefined) return undefined;
  const name = CREATED.exec(defn)?.[1];
  const body = [...defn.matchAll(BODY)].find(([text]) => text.startsWith("\n"))?.index;
  if (name === undefined || body === undefined) return undefined;
  return { entry, at, name, head: defn.slice(0, body), body: defn.slice(body) };
}

/** Whether what its signature needs is there by then: another routine of that name may be meant. */
function canBeMade(called: Routine, caller: Routine, position: ReadonlyMap<number, number>): boolean {
  return called.entry.dependencies.every((dumpId) => {
    const at = position.get(dumpId);
    return at === undefined || at <= caller.at || dumpId === called.entry.dumpId;
  });
}
