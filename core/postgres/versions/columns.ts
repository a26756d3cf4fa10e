/**
 * Columns and domains in the words of servers before 18.
 * @module
 */
import type { TocEntry } from "../ddl/index.ts";
import { qualifiedName, quoteName } from "../sql.ts";
import { type Edit, edited, endOf, nameOfToken, type Token, tokens } from "../tokens.ts";
import { inheritsNotNull } from "./inheritance.ts";
import type { Rewrite } from "./types.ts";
import { behindBracket, isKeyword } from "./words.ts";

const NAMED_SINCE = 18;
const NAMED_IN_DOMAINS_SINCE = 17;
const VIRTUAL_SINCE = 18;

const NAMES_ARE_LOST =
  "has not-null constraints with names, which PostgreSQL has since 18: they hold without their names";

/**
 * Names of not-null constraints go, and what a child inherits is not said again. One that a child has of its own for a column it inherits is said afterwards, as servers
 * before 18 want it. Definitions with NO INHERIT stay as they are: no older server has that.
 */
export const unnamedNotNull: Rewrite = (entry, context) => {
  const { major } = context;
  if (major >= NAMED_SINCE || !isTable(entry) || entry.defn === undefined) return undefined;
  const found = tokens(entry.defn);
  const edits: Edit[] = [];
  const columns: string[] = [];
  for (const constraint of notNulls(found)) {
    const { from, to, column, isNamed } = constraint;
    const isInherited = inheritsNotNull(entry, column ?? columnAt(found, from), context);
    if (column !== undefined && !isInherited) columns.push(column);
    if (column !== undefined) edits.push(item(found, from, to));
    else if (isInherited) edits.push({ from: endAt(found, from - 1), to: endAt(found, to - 1), text: "" });
    else if (isNamed) edits.push({ from: at(found, from), to: at(found, from + 2), text: "" });
  }
  if (edits.length === 0) return undefined;
  const { namespace: schema = "", tag: name } = entry;
  const later = columns.map(
    (column) => `ALTER TABLE ONLY ${qualifiedName({ schema, name })} ALTER COLUMN ${quoteName(column)} SET NOT NULL;\n`,
  );
  const defn = `${edited(entry.defn, edits)}${later.join("")}`;
  const isNamed = notNulls(found).some((constraint) => constraint.isNamed);
  return { entry: { ...entry, defn }, ...(isNamed && { reason: NAMES_ARE_LOST }) };
};

/** What comments on such constraints are tagged, under their table's schema. */
export function unnamedConstraints({ desc, tag, defn = "" }: TocEntry, major: number): string[] {
  const isDomain = desc === "DOMAIN" && major < NAMED_IN_DOMAINS_SINCE;
  if (!isDomain && !(major < NAMED_SINCE && isTable({ desc }))) return [];
  const on = isDomain ? `DOMAIN ${tag}` : tag;
  return notNulls(tokens(defn)).flatMap(({ name }) => (name === undefined ? [] : [`CONSTRAINT ${name} ON ${on}`]));
}

/** The comment's tag without quotes, which it has in dumps of other versions. */
export function plainTag(tag: string): string {
  return tag.replaceAll(/"((?:[^"]|"")*)"/g, (_, name: string) => name.replaceAll('""', '"'));
}

export const unnamedDomain: Rewrite = (entry, { major }) => {
  if (major >= NAMED_IN_DOMAINS_SINCE || entry.desc !== "DOMAIN" || entry.defn === undefined) return undefined;
  const found = tokens(entry.defn);
  const named = notNulls(found).filter(({ isNamed }) => isNamed);
  if (named.length === 0) return undefined;
  const edits = named.map(({ from }) => ({ from: at(found, from), to: at(found, from + 2), text: "" }));
  const reason =
    "has a not-null constraint with a name, which domains have since PostgreSQL 17: it holds without its name";
  return { entry: { ...entry, defn: edited(entry.defn, edits) }, reason };
};

/** The same constraint as a check; servers before 18 have no not-null constraint that some rows may violate. */
export const checkedNotNull: Rewrite = (entry, { major }) => {
  const { desc, defn = "" } = entry;
  if (major >= NAMED_SINCE || desc !== "CONSTRAINT") return undefined;
  const found = tokens(defn);
  const start = found.findIndex((token, index) => isKeyword(token, "NOT") && isKeyword(found[index + 1], "NULL"));
  const column = found[start + 2];
  if (start < 0 || column === undefined || !isKeyword(found[start + 3], "NOT")) return undefined;
  const check = `CHECK ((${column.text} IS NOT NULL))`;
  const edits = [{ from: at(found, start), to: endOf(column), text: check }];
  return {
    entry: { ...entry, desc: "CHECK CONSTRAINT", defn: edited(defn, edits) },
    reason: "is a not-null constraint that is NOT VALID, which PostgreSQL has since 18: it is a check of the same name",
  };
};

/** Computed when rows are written instead of when they are read: the same values, and room on disk. */
export const storedColumns: Rewrite = (entry, { major }) => {
  if (major >= VIRTUAL_SINCE || !isTable(entry) || entry.defn === undefined) return undefined;
  const found = tokens(entry.defn);
  const edits = found.flatMap((token, index): Edit[] => {
    if (!isKeyword(token, "GENERATED") || !isKeyword(found[index + 2], "AS") || !isKeyword(found[index + 3], "("))
      return [];
    const behind = behindBracket(found, index + 3);
    const last = found[behind - 1];
    if (last === undefined || isKeyword(found[behind], "STORED")) return [];
    return [{ from: endOf(last), to: endOf(last), text: " STORED" }];
  });
  if (edits.length === 0) return undefined;
  const reason = "has virtual generated columns, which are of PostgreSQL 18: they are stored";
  return { entry: { ...entry, defn: edited(entry.defn, edits) }, reason };
};

function isTable({ desc }: Pick<TocEntry, "desc">): boolean {
  return desc === "TABLE" || desc === "FOREIGN TABLE";
}

interface NotNull {
  /** Of its first token and behind its last. */
  readonly from: number;
  readonly to: number;
  readonly isNamed: boolean;
  readonly name: string | undefined;
  /** Of one that is said for itself, and not with its column. */
  readonly column: string | undefined;
}

/** In a list of columns, or of a domain; those with NO INHERIT, and those within expressions (`a IS NOT NULL`), are none. */
function notNulls(found: readonly Token[]): NotNull[] {
  return found.flatMap((token, index): NotNull[] => {
    if (!isKeyword(token, "NOT") || !isKeyword(found[index + 1], "NULL")) return [];
    if (isKeyword(found[index - 1], "IS") || isKeyword(found[index + 2], "NO")) return [];
    const isNamed = isKeyword(found[index - 2], "CONSTRAINT");
    const nameToken = isNamed ? found[index - 1] : undefined;
    const from = isNamed ? index - 2 : index;
    const next = found[index + 2];
    const isOfTable = isItemStart(found[from - 1]) && (next?.kind === "word" || next?.kind === "name");
    const column = isOfTable ? nameOfToken(next) : undefined;
    const name = nameToken && nameOfToken(nameToken);
    return [{ from, to: isOfTable ? index + 3 : index + 2, isNamed, name, column }];
  });
}

function isItemStart(token: Token | undefined): boolean {
  return isKeyword(token, "(") || isKeyword(token, ",");
}

/** The name that the item begins with in which the token stands. */
function columnAt(found: readonly Token[], index: number): string {
  let depth = 0;
  for (let place = index - 1; place > 0; place -= 1) {
    if (isKeyword(found[place], ")")) depth += 1;
    if (isKeyword(found[place], "(")) depth -= 1;
    const isStart = depth < 0 || (depth === 0 && isKeyword(found[place], ","));
    const first = found[place + 1];
    if (isStart) return first === undefined ? "" : nameOfToken(first);
  }
  return "";
}

function endAt(found: readonly Token[], index: number): number {
  const token = found[index];
  return token === undefined ? 0 : endOf(token);
}

function at(found: readonly Token[], index: number): number {
  return found[index]?.at ?? 0;
}

/** The item with the comma behind it, or before it where it is the last. */
function item(found: readonly Token[], from: number, to: number): Edit {
  const [first, last, behind, before] = [found[from], found[to - 1], found[to], found[from - 1]];
  const [start, end] = [first?.at ?? 0, last === undefined ? 0 : endOf(last)];
  if (behind !== undefined && isKeyword(behind, ",")) return { from: start, to: endOf(behind), text: "" };
  if (before !== undefined && isKeyword(before, ",")) return { from: before.at, to: end, text: "" };
  return { from: start, to: end, text: "" };
}
