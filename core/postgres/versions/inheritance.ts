/**
 * What a table has of those that it inherits from.
 * @module
 */
import type { TocEntry } from "../ddl/index.ts";
import { nameOfToken, type Token, tokens } from "../tokens.ts";
import type { Context, Lack } from "./types.ts";
import { behindBracket, isKeyword } from "./words.ts";

const isName = (token: Token | undefined): token is Token =>
  token?.kind === "name" || /^[a-z_]/.test(token?.text ?? "");

/** Columns of CREATE TABLE by name, each with its tokens; constraints of the table begin with a keyword and are none. */
export function columnsOf({ defn = "" }: TocEntry): ReadonlyMap<string, readonly Token[]> {
  const found = tokens(defn);
  const open = found.findIndex((token) => isKeyword(token, "("));
  const columns = new Map<string, readonly Token[]>();
  if (open < 0) return columns;
  const end = behindBracket(found, open) - 1;
  let start = open + 1;
  for (let at = start; at <= end; at += 1) {
    if (isKeyword(found[at], "(")) at = behindBracket(found, at) - 1;
    if (at < end && !isKeyword(found[at], ",")) continue;
    const [first, ...rest] = found.slice(start, at);
    if (isName(first)) columns.set(nameOfToken(first), rest);
    start = at + 1;
  }
  return columns;
}

/** The tables in `INHERITS (…)`. */
function parentsOf(entry: TocEntry, { byDumpId }: Context): TocEntry[] {
  const found = tokens(entry.defn ?? "");
  const inherits = found.findIndex((token, at) => isKeyword(token, "INHERITS") && isKeyword(found[at + 1], "("));
  if (entry.desc !== "TABLE" || inherits < 0) return [];
  const listed = found.slice(inherits + 2, behindBracket(found, inherits + 1) - 1);
  const names = new Set(
    listed.flatMap((token, at) =>
      isKeyword(token, ".") ? [listed[at - 1], listed[at + 1]].map((part) => part && nameOfToken(part)).join(".") : [],
    ),
  );
  return entry.dependencies.flatMap((dumpId) => {
    const parent = byDumpId.get(dumpId);
    return parent?.desc === "TABLE" && names.has(`${parent.namespace}.${parent.tag}`) ? [parent] : [];
  });
}

/** Whether a column is NOT NULL by one of those that it is inherited from: it need not be said again, and older servers do not. */
export function inheritsNotNull(entry: TocEntry, column: string, context: Context): boolean {
  return parentsOf(entry, context).some((parent) => {
    const own = columnsOf(parent).get(column) ?? [];
    const isSaid = own.some((token, at) => isKeyword(token, "NOT") && isKeyword(own[at + 1], "NULL"));
    return isSaid || inheritsNotNull(parent, column, context);
  });
}

const OWN_EXPRESSION_SINCE = 16;

/** Before 16 a column that is computed is computed alike in all tables of a tree. */
export const computedOtherwise: Lack = (entry, context) => {
  if (context.major >= OWN_EXPRESSION_SINCE) return undefined;
  const [child, parents] =
    entry.desc === "TABLE ATTACH" ? attached(entry, context) : [entry, parentsOf(entry, context)];
  if (child === undefined) return undefined;
  // One that inherits says an expression only where it is its own.
  const isInherited = child === entry;
  for (const [column, own] of columnsOf(child)) {
    const expression = computed(own);
    const others = parents.map((parent) => columnsOf(parent).get(column)).filter((other) => other !== undefined);
    const isOther = others.some((other) => isInherited || computed(other) !== expression);
    if (expression === undefined || !isOther) continue;
    return {
      since: OWN_EXPRESSION_SINCE,
      reason: `computes ${column} otherwise than its parent, which is of PostgreSQL 16`,
    };
  }
  return undefined;
};

function attached(
  { namespace, tag, dependencies }: TocEntry,
  { byDumpId }: Context,
): [TocEntry | undefined, TocEntry[]] {
  const tables = dependencies.flatMap((dumpId) => byDumpId.get(dumpId) ?? []).filter(({ desc }) => desc === "TABLE");
  const child = tables.find((table) => table.namespace === namespace && table.tag === tag);
  return [child, tables.filter((table) => table !== child)];
}

/** The text of what follows GENERATED ALWAYS AS, without STORED. */
function computed(own: readonly Token[]): string | undefined {
  const at = own.findIndex((token, index) => isKeyword(token, "GENERATED") && isKeyword(own[index + 2], "AS"));
  if (at < 0 || !isKeyword(own[at + 3], "(")) return undefined;
  return own
    .slice(at + 3, behindBracket(own, at + 3))
    .map(({ text }) => text)
    .join(" ");
}
