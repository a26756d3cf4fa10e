/**
 * What a server cannot be told before a certain major version, as pg_dump writes it: found by restoring into each, and tried there
 * by a test. Only what no other words say without a loss.
 * @module
 */
import type { TocEntry } from "../ddl/index.ts";
import { nameOfToken, type Token, tokens } from "../tokens.ts";
import { COLUMNS, FUNCTIONS, type Lifetime, RELATIONS, SETTINGS } from "./builtins.ts";
import { columnsOf } from "./inheritance.ts";
import type { Context, Lack, Lacking } from "./types.ts";
import { behindBracket, calledNames, hasWords, indexOfWords, isBare, isKeyword } from "./words.ts";

interface Construct {
  /** pg_dump's kinds in which it stands; absent where it may be in any expression or query. */
  readonly kinds?: readonly string[];
  readonly since: number;
  /** After the object's name: `has NULLS NOT DISTINCT`. */
  readonly what: string;
  readonly isIn: (found: readonly Token[], entry: TocEntry, context: Context) => boolean;
}

const words =
  (...wanted: readonly string[]) =>
  (found: readonly Token[]): boolean =>
    hasWords(found, ...wanted);

const either =
  (...alternatives: readonly (readonly string[])[]) =>
  (found: readonly Token[]): boolean =>
    alternatives.some((wanted) => hasWords(found, ...wanted));

/** A name between the words, in quotes or not. */
const named =
  (name: string) =>
  (found: readonly Token[]): boolean =>
    found.some((token, at) => isBare(found, at) && nameOfToken(token) === name);

const text =
  (pattern: RegExp) =>
  (_: readonly Token[], { defn = "" }: TocEntry): boolean =>
    pattern.test(defn);

const isPartitioned = ({ dependencies }: TocEntry, { byDumpId }: Context): boolean =>
  dependencies.some((dumpId) => byDumpId.get(dumpId)?.relkind === "p");

/** `RETURNING old.a` of a stored body, where no rule gives these names a meaning. */
function returnsOldOrNew(found: readonly Token[]): boolean {
  return found.some((token, at) => {
    if (!isKeyword(token, "RETURNING")) return false;
    const end = found.findIndex((later, index) => index > at && isKeyword(later, ";"));
    const list = found.slice(at + 1, end < 0 ? undefined : end);
    return (
      isKeyword(list[0], "WITH") ||
      list.some(
        (one, index) => isBare(list, index) && /^(old|new)$/.test(nameOfToken(one)) && isKeyword(list[index + 1], "."),
      )
    );
  });
}

function mergeReturns(found: readonly Token[]): boolean {
  const merge = indexOfWords(found, "MERGE", "INTO");
  if (merge < 0) return false;
  const rest = found.slice(merge);
  const end = rest.findIndex((token) => isKeyword(token, ";"));
  return hasWords(rest.slice(0, end < 0 ? undefined : end), "RETURNING");
}

/** `random(1, 6)`: without limits it is as old as PostgreSQL. */
function randomBetween(found: readonly Token[]): boolean {
  return found.some(
    (token, at) =>
      isBare(found, at) &&
      nameOfToken(token) === "random" &&
      isKeyword(found[at + 1], "(") &&
      behindBracket(found, at + 1) > at + 3,
  );
}

/** PostgreSQL's own one-byte type, always in quotes; so is a column of that name, which begins its item. */
function hasChar(found: readonly Token[], entry: TocEntry): boolean {
  const isChar = (token: Token | undefined): boolean => token?.kind === "name" && nameOfToken(token) === "char";
  if (entry.desc === "DOMAIN") return isChar(found[found.findIndex((token) => isKeyword(token, "AS")) + 1]);
  return [...columnsOf(entry).values()].some(([type]) => isChar(type));
}

/** `numeric(5,-2)`, `numeric(2,5)` */
function oddScale(_: readonly Token[], { defn = "" }: TocEntry): boolean {
  return [...defn.matchAll(/\bnumeric"?\((\d+),(-?\d+)\)/g)].some(
    ([, precision, scale]) => Number(scale) < 0 || Number(scale) > Number(precision),
  );
}

const CONSTRUCTS: readonly Construct[] = [
  {
    kinds: ["INDEX", "CONSTRAINT"],
    since: 15,
    what: "has NULLS NOT DISTINCT",
    isIn: words("NULLS", "NOT", "DISTINCT"),
  },
  {
    kinds: ["FK CONSTRAINT"],
    since: 15,
    what: "names columns in ON DELETE SET",
    isIn: either(["SET", "NULL", "("], ["SET", "DEFAULT", "("]),
  },
  { kinds: ["VIEW"], since: 15, what: "has security_invoker", isIn: named("security_invoker") },
  {
    kinds: ["PUBLICATION TABLE"],
    since: 15,
    what: "has a row filter or a list of columns",
    isIn: either(["WHERE"], ["("]),
  },
  { kinds: ["PUBLICATION TABLES IN SCHEMA"], since: 15, what: "publishes a whole schema", isIn: () => true },
  { kinds: ["COLLATION"], since: 16, what: "has rules of its own", isIn: text(/\brules = '/) },
  { kinds: ["COLLATION"], since: 17, what: "has the provider builtin", isIn: text(/\(provider = builtin\b/) },
  { kinds: ["COLLATION"], since: 18, what: "has the locale PG_UNICODE_FAST", isIn: text(/'PG_UNICODE_FAST'/) },
  { kinds: ["EVENT TRIGGER"], since: 17, what: "fires on login", isIn: (found) => isOnLogin(found) },
  {
    kinds: ["EVENT TRIGGER"],
    since: 17,
    what: "fires on REINDEX",
    isIn: (found) => found.some(({ kind, text: tag }) => kind === "string" && tag === "'REINDEX'"),
  },
  {
    kinds: ["CONSTRAINT"],
    since: 17,
    what: "excludes rows of a partitioned table",
    isIn: (found, entry, context) => hasWords(found, "EXCLUDE", "USING") && isPartitioned(entry, context),
  },
  {
    kinds: ["CONSTRAINT"],
    since: 18,
    what: "has WITHOUT OVERLAPS",
    isIn: words("WITHOUT", "OVERLAPS"),
  },
  { kinds: ["FK CONSTRAINT"], since: 18, what: "refers to a PERIOD", isIn: words("PERIOD") },
  {
    kinds: ["FK CONSTRAINT", "CHECK CONSTRAINT", "TABLE"],
    since: 18,
    what: "is NOT ENFORCED",
    isIn: words("NOT", "ENFORCED"),
  },
  {
    kinds: ["FK CONSTRAINT"],
    since: 18,
    what: "is NOT VALID on a partitioned table",
    isIn: (found, entry, context) => hasWords(found, "NOT", "VALID") && isPartitioned(entry, context),
  },
  { kinds: ["TABLE"], since: 18, what: "has NOT NULL NO INHERIT", isIn: words("NOT", "NULL", "NO", "INHERIT") },
  {
    kinds: ["PUBLICATION"],
    since: 18,
    what: "says which generated columns it publishes",
    isIn: named("publish_generated_columns"),
  },
  { kinds: ["DEFAULT ACL"], since: 18, what: "is about large objects", isIn: words("ON", "LARGE", "OBJECTS") },
  {
    kinds: ["TEXT SEARCH CONFIGURATION", "TEXT SEARCH DICTIONARY"],
    since: 18,
    what: "uses the dictionary for Estonian",
    isIn: text(/\bestonian(_stem)?\b/),
  },
  { kinds: ["FUNCTION", "PROCEDURE"], since: 18, what: "has RETURNING with old or new rows", isIn: returnsOldOrNew },
  { since: 15, what: "has a numeric type with a scale below zero or above its precision", isIn: oddScale },
  { since: 15, what: "has MERGE", isIn: words("MERGE", "INTO") },
  { since: 17, what: "has MERGE … RETURNING", isIn: mergeReturns },
  { since: 17, what: "has MERGE … NOT MATCHED BY SOURCE", isIn: words("MATCHED", "BY", "SOURCE") },
  {
    kinds: ["DOMAIN", "TABLE", "TYPE"],
    since: 15,
    what: 'has the type "char", whose bytes above 127 are said in a way',
    isIn: hasChar,
  },
  { since: 16, what: "has SYSTEM_USER", isIn: words("SYSTEM_USER") },
  {
    since: 16,
    what: "has SQL/JSON constructors",
    isIn: either(["JSON_OBJECT", "("], ["JSON_ARRAY", "("], ["JSON_OBJECTAGG", "("], ["JSON_ARRAYAGG", "("]),
  },
  { since: 16, what: "has IS JSON", isIn: either(["IS", "JSON"], ["IS", "NOT", "JSON"]) },
  {
    since: 17,
    what: "has SQL/JSON functions",
    isIn: either(
      ["JSON_TABLE", "("],
      ["JSON_QUERY", "("],
      ["JSON_VALUE", "("],
      ["JSON_EXISTS", "("],
      ["JSON_SCALAR", "("],
      ["JSON_SERIALIZE", "("],
      ["JSON", "("],
    ),
  },
  { since: 17, what: "has AT LOCAL", isIn: words("AT", "LOCAL") },
  { since: 17, what: "calls random with limits", isIn: randomBetween },
];

function isOnLogin(found: readonly Token[]): boolean {
  const on = found.findIndex((token) => isKeyword(token, "ON"));
  const event = found[on + 1];
  return on >= 0 && event !== undefined && nameOfToken(event) === "login";
}

/** Where no expression or query stands as PostgreSQL itself writes it back. */
const NO_EXPRESSIONS: ReadonlySet<string> = new Set([
  "ACL",
  "COMMENT",
  "DATABASE",
  "DATABASE PROPERTIES",
  "DEFAULT ACL",
  "EXTENSION",
  "SCHEMA",
  "SECURITY LABEL",
  "SEQUENCE",
  "SERVER",
  "SUBSCRIPTION",
  "USER MAPPING",
]);

/** The newest that it needs: who has that has the others too. */
export const lacksConstruct: Lack = (entry, context) => {
  const found = tokens(entry.defn ?? "");
  const needed = CONSTRUCTS.filter(
    ({ kinds, since, isIn }) =>
      since > context.major &&
      (kinds?.includes(entry.desc) ?? !NO_EXPRESSIONS.has(entry.desc)) &&
      isIn(found, entry, context),
  );
  const newest = needed.toSorted((a, b) => b.since - a.since)[0];
  return newest && { since: newest.since, reason: `${newest.what}, which is of PostgreSQL ${newest.since}` };
};

/** Built-in functions, relations, columns and settings that this server has not yet, or has no more. */
export const lacksBuiltin: Lack = (entry, { major }) => {
  if (NO_EXPRESSIONS.has(entry.desc)) return undefined;
  const found = tokens(entry.defn ?? "");
  for (const name of calledNames(found)) {
    const lack = lacks(FUNCTIONS.get(name), major, `calls ${name}()`);
    if (lack !== undefined) return lack;
  }
  return lacksSetting(entry, found, major) ?? lacksRelation(found, major);
};

function lacks(lifetime: Lifetime | undefined, major: number, what: string): Omit<Lacking, "dumpId"> | undefined {
  const { since, until } = lifetime ?? {};
  if (since !== undefined && since > major) return { since, reason: `${what}, which is of PostgreSQL ${since}` };
  if (until === undefined || until > major) return undefined;
  return { reason: `${what}, which PostgreSQL has no more since ${until}` };
}

/** `SET name TO value` of a function, validated when it is made. */
function lacksSetting({ desc }: TocEntry, found: readonly Token[], major: number) {
  if (desc !== "FUNCTION" && desc !== "PROCEDURE") return undefined;
  for (const [at, token] of found.entries()) {
    const name = found[at + 1];
    if (!isKeyword(token, "SET") || name === undefined || !isKeyword(found[at + 2], "TO")) continue;
    const lack = lacks(SETTINGS.get(nameOfToken(name)), major, `sets ${nameOfToken(name)}`);
    if (lack !== undefined) return lack;
  }
  return undefined;
}

/** Names of columns that other tables and queries have too: only believed behind their relation's name. */
const COMMON: ReadonlySet<string> = new Set(["oid", "path", "parent", "type", "inherited", "file_name", "leader_pid"]);

function lacksRelation(found: readonly Token[], major: number) {
  const names = new Map<string, Set<string>>();
  for (const [at, token] of found.entries()) {
    if (!isBare(found, at)) continue;
    const name = nameOfToken(token);
    const lack = lacks(RELATIONS.get(name), major, `reads ${name}`);
    if (lack !== undefined) return lack;
    if (!name.startsWith("pg_") || isKeyword(found[at + 1], ".")) continue;
    // What follows it, where it is no keyword or sign, is its alias.
    const alias = found[at + 1];
    const isAlias = alias !== undefined && (alias.kind === "name" || /^[a-z_]/.test(alias.text));
    const known = names.get(name) ?? new Set([name]);
    names.set(name, isAlias ? known.add(nameOfToken(alias)) : known);
  }
  if (names.size === 0) return undefined;
  for (const [key, lifetime] of COLUMNS) {
    const [relation = "", column = ""] = key.split(".");
    const aliases = names.get(relation);
    const lack = aliases && lacks(lifetime, major, `reads ${key}`);
    if (lack !== undefined && readsColumn(found, aliases ?? new Set(), column)) return lack;
  }
  return undefined;
}

function readsColumn(found: readonly Token[], aliases: ReadonlySet<string>, column: string): boolean {
  return found.some((token, at) => {
    if ((token.kind !== "word" && token.kind !== "name") || nameOfToken(token) !== column) return false;
    if (!isKeyword(found[at - 1], ".")) return !COMMON.has(column);
    const before = found[at - 2];
    return before !== undefined && aliases.has(nameOfToken(before));
  });
}
