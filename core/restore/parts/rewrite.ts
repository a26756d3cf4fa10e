/**
 * The archive's SQL under other names: qualified names of what is renamed, where a statement names a relation, literals that
 * stand for one, and the bare names of indexes and constraints. Everything else, strings and bodies above all, stays as it is.
 * @module
 */
import type { Named } from "../../parts/choice.ts";
import type { TocEntry } from "../../postgres/ddl/index.ts";
import { qualifiedName, quoteName } from "../../postgres/sql.ts";
import { type Edit, edited, endOf, isWord, nameOfToken, type Token, tokens } from "../../postgres/tokens.ts";
import { keyOf, type NewNames } from "./names.ts";

/** Words after which a statement of pg_dump's names a relation. A function of the same name stands after none of them. */
const BEFORE_RELATION: ReadonlySet<string> = new Set([
  "BY",
  "COLUMN",
  "EXISTS",
  "INDEX",
  "NAME",
  "ON",
  "ONLY",
  "PARTITION",
  "SEQUENCE",
  "STATISTICS",
  "TABLE",
]);

/** The entry as it is made under its new name; `constraints` are the dump ids of those that are backed by an index. */
export function renameEntry(entry: TocEntry, names: NewNames, constraints: ReadonlySet<number>): TocEntry {
  const { defn, dropStmt, namespace } = entry;
  const schema = namespace ?? "";
  const isOfConstraint = entry.desc === "COMMENT" && entry.dependencies.some((dumpId) => constraints.has(dumpId));
  const rewritten = (sql: string | undefined): string | undefined =>
    sql === undefined ? undefined : rewrite(sql, names, { schema, desc: entry.desc, isOfConstraint });
  return {
    ...entry,
    ...renameTag(entry, names, isOfConstraint),
    defn: rewritten(defn),
    dropStmt: rewritten(dropStmt),
    copyStmt: undefined,
  };
}

interface Of {
  readonly schema: string;
  readonly desc: string;
  readonly isOfConstraint: boolean;
}

export function rewrite(sql: string, names: NewNames, of: Of): string {
  const found = tokens(sql);
  const edits: Edit[] = [];
  for (let at = 0; at < found.length; at += 1) {
    const edit = qualified(found, at, names, of) ?? regclass(found, at, names) ?? bare(found, at, names, of);
    if (edit !== undefined) edits.push(edit);
  }
  return edited(sql, edits);
}

const isName = (token: Token | undefined): token is Token & { readonly kind: "name" | "word" } =>
  token?.kind === "name" || token?.kind === "word";

/** `ONLY schema.name`, of a column `COLUMN schema.name.column`; the parents in `INHERITS (…)`. */
function qualified(found: readonly Token[], at: number, names: NewNames, { desc }: Of): Edit | undefined {
  const [schema, dot, name] = found.slice(at, at + 3);
  if (!isName(schema) || dot?.text !== "." || !isName(name) || found[at - 1]?.text === ".") return undefined;
  const before = found[at - 1];
  const word = before?.kind === "word" ? before.text.toUpperCase() : "";
  const isRelation = BEFORE_RELATION.has(word) || (word === "FROM" && desc === "STATISTICS") || isParent(found, at - 1);
  const renamed = isRelation ? names.get(keyOf({ schema: nameOfToken(schema), name: nameOfToken(name) })) : undefined;
  return renamed && { from: schema.at, to: endOf(name), text: qualifiedName(renamed) };
}

/** Whether the token opens or continues the list of `INHERITS`: brackets hold nothing but names there. */
function isParent(found: readonly Token[], before: number): boolean {
  for (let at = before; at >= 0; at -= 1) {
    const token = found[at];
    if (token?.text === "(") return isWord(found[at - 1], "INHERITS");
    if (token?.text !== "," && token?.text !== "." && !isName(token)) return false;
  }
  return false;
}

/** `'schema.name'::regclass` */
function regclass(found: readonly Token[], at: number, names: NewNames): Edit | undefined {
  const token = found[at];
  if (token?.kind !== "string" || !token.text.startsWith("'")) return undefined;
  if (found[at + 1]?.text !== ":" || found[at + 2]?.text !== ":") return undefined;
  const [first, dot, second] = found.slice(at + 3, at + 6);
  const type = dot?.text === "." && isName(first) && nameOfToken(first) === "pg_catalog" ? second : first;
  if (!isName(type) || nameOfToken(type) !== "regclass") return undefined;
  const literal = token.text.slice(1, -1).replaceAll("''", "'");
  const [schema, point, name, ...more] = tokens(literal);
  if (!isName(schema) || point?.text !== "." || !isName(name) || more.length > 0) return undefined;
  const renamed = names.get(keyOf({ schema: nameOfToken(schema), name: nameOfToken(name) }));
  if (renamed === undefined) return undefined;
  return { from: token.at, to: endOf(token), text: `'${qualifiedName(renamed).replaceAll("'", "''")}'` };
}

/** Names that stand without their schema: of the index that is made, of the constraint, and of either where a table is told of it. */
function bare(found: readonly Token[], at: number, names: NewNames, of: Of): Edit | undefined {
  const token = found[at];
  if (!isName(token) || found[at + 1]?.text === "." || found[at - 1]?.text === ".") return undefined;
  if (!isBare(found, at, of)) return undefined;
  const renamed = names.get(keyOf({ schema: of.schema, name: nameOfToken(token) }));
  return renamed && { from: token.at, to: endOf(token), text: quoteName(renamed.name) };
}

function isBare(found: readonly Token[], at: number, { desc, isOfConstraint }: Of): boolean {
  const word = (back: number): string => {
    const token = found[at - back];
    return token?.kind === "word" ? token.text.toUpperCase() : "";
  };
  if (desc === "COMMENT") return isOfConstraint && word(1) === "CONSTRAINT" && word(2) === "ON";
  if (desc !== "INDEX" && desc !== "CONSTRAINT") return false;
  if (word(1) === "CONSTRAINT") return word(2) === "ADD";
  if (word(1) === "INDEX") return word(2) === "USING" || word(2) === "CREATE" || word(2) === "UNIQUE";
  return word(1) === "ON" && word(2) === "CLUSTER";
}

/** Kinds whose tag is the name alone. */
const NAMED: ReadonlySet<string> = new Set([
  "INDEX",
  "INDEX ATTACH",
  "ROW SECURITY",
  "SEQUENCE",
  "SEQUENCE OWNED BY",
  "STATISTICS",
  "TABLE",
  "TABLE ATTACH",
]);
/** Kinds whose tag is `table name`. */
const OF_TABLE: ReadonlySet<string> = new Set(["CHECK CONSTRAINT", "CONSTRAINT", "DEFAULT"]);

function renameTag(entry: TocEntry, names: NewNames, isOfConstraint: boolean): Pick<TocEntry, "tag" | "namespace"> {
  const { desc, tag, namespace: schema = "" } = entry;
  const renamed = (name: string): Named | undefined => names.get(keyOf({ schema, name }));
  if (NAMED.has(desc)) {
    const { schema: namespace = entry.namespace, name = tag } = renamed(tag) ?? {};
    return { tag: name, namespace };
  }
  const parts = OF_TABLE.has(desc) ? partsOfTag(tag, renamed) : undefined;
  if (parts !== undefined) {
    const { table, rest } = parts;
    const own = desc === "CONSTRAINT" ? (renamed(rest)?.name ?? rest) : rest;
    return { tag: `${table.name} ${own}`, namespace: table.schema };
  }
  return remarkTag(tag, schema, renamed, isOfConstraint) ?? { tag, namespace: entry.namespace };
}

/** A table's name may hold spaces: the longest that is renamed counts. */
function partsOfTag(
  tag: string,
  renamed: (name: string) => Named | undefined,
): { readonly table: Named; readonly rest: string } | undefined {
  for (let at = tag.lastIndexOf(" "); at > 0; at = tag.lastIndexOf(" ", at - 1)) {
    const table = renamed(tag.slice(0, at));
    if (table !== undefined) return { table, rest: tag.slice(at + 1) };
  }
  return undefined;
}

/** `TABLE a`, `COLUMN a.b`, `CONSTRAINT c ON a`, with quotes where SQL needs them. */
function remarkTag(
  tag: string,
  schema: string,
  renamed: (name: string) => Named | undefined,
  isOfConstraint: boolean,
): Pick<TocEntry, "tag" | "namespace"> | undefined {
  const found = tokens(tag);
  const isConstraint = isWord(found[0], "CONSTRAINT");
  let namespace: string | undefined;
  const edits = found.flatMap((token, at): Edit[] => {
    const isTable = isConstraint ? isWord(found[at - 1], "ON") : at === 1;
    if (!isName(token) || !(isTable || (isConstraint && isOfConstraint && at === 1))) return [];
    const to = renamed(nameOfToken(token));
    if (to === undefined) return [];
    namespace = to.schema;
    return [{ from: token.at, to: endOf(token), text: asWritten(to.name) }];
  });
  return namespace === undefined ? undefined : { tag: edited(tag, edits), namespace: namespace ?? schema };
}

/** As pg_dump would, but for the words that it quotes as well. */
function asWritten(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : quoteName(name);
}
