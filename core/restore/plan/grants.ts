/**
 * Roles in the statements that pg_dump writes about privileges, policies and user mappings.
 * @module
 */
import type { TocEntry } from "../../postgres/ddl/index.ts";
import { isWord, nameOfToken, type Token, tokens } from "../../postgres/tokens.ts";

/** Roles without which an entry cannot be made as it is; its owner is not among them. */
export function rolesNamed({ desc, defn = "" }: Pick<TocEntry, "desc" | "defn">): string[] {
  if (desc === "ACL" || desc === "DEFAULT ACL") return [...new Set(statementsOf(defn).flatMap(rolesOfGrant))];
  if (desc === "POLICY") return rolesOfPolicy(tokens(defn));
  if (desc === "USER MAPPING") return notPublic(tokens(defn).slice(4, 5));
  return [];
}

/** The privileges without what is granted to, taken from or said by these roles; undefined where nothing is left. */
export function grantsWithout(defn: string, missing: ReadonlySet<string>): string | undefined {
  const isNamed = (statement: string): boolean => rolesOfGrant(statement).some((role) => missing.has(role));
  let isActing = false;
  const kept = statementsOf(defn).filter((statement) => {
    const words = tokens(statement);
    if (isSession(words)) {
      if (isWord(words[0], "SET") && !isNamed(statement)) isActing = true;
      else if (isWord(words[0], "SET")) return false;
      else if (isActing) isActing = false;
      else return false;
      return true;
    }
    return !isNamed(statement);
  });
  const isEmpty = kept.every((statement) => isSession(tokens(statement)));
  return isEmpty ? undefined : kept.join("");
}

/** Each with its end; a semicolon in a name ends nothing. */
function statementsOf(defn: string): string[] {
  const ends = tokens(defn).flatMap(({ kind, text, at }) => (kind === "other" && text === ";" ? [at + 1] : []));
  const starts = [0, ...ends];
  return starts.flatMap((start, index) => {
    const statement = defn.slice(start, starts[index + 1] ?? defn.length);
    return statement.trim() === "" ? [] : [`${statement.trim()}\n`];
  });
}

/** SET and RESET SESSION AUTHORIZATION, around what was granted by another than the owner. */
function isSession(words: readonly Token[]): boolean {
  return isWord(words[1], "SESSION") && isWord(words[2], "AUTHORIZATION");
}

function rolesOfGrant(statement: string): string[] {
  const words = tokens(statement);
  if (isSession(words)) return isWord(words[0], "SET") ? notPublic(words.slice(3, 4)) : [];
  // The last one: a column or a table may be called `to` in quotes only.
  const before = words.findLastIndex((word) => isWord(word, "TO") || isWord(word, "FROM"));
  const grantee = before < 0 ? [] : words.slice(before + 1, before + 2);
  const whose = words.findIndex((word, at) => isWord(word, "ROLE") && isWord(words[at - 1], "FOR"));
  return notPublic([...grantee, ...(whose < 0 ? [] : words.slice(whose + 1, whose + 2))]);
}

/** `CREATE POLICY name ON table … TO role, role USING (…)`: what stands before the first bracket is no expression. */
function rolesOfPolicy(words: readonly Token[]): string[] {
  const end = words.findIndex(({ kind, text }) => kind === "other" && text === "(");
  const head = end < 0 ? words : words.slice(0, end);
  const to = head.findIndex((word) => isWord(word, "TO"));
  if (to < 0) return [];
  const listed = head.slice(to + 1);
  const stop = listed.findIndex((word) => isWord(word, "USING") || isWord(word, "WITH") || word.text === ";");
  return notPublic(listed.slice(0, stop < 0 ? undefined : stop).filter(({ kind }) => kind !== "other"));
}

function notPublic(words: readonly Token[]): string[] {
  return words.filter((word) => !isWord(word, "PUBLIC")).map(nameOfToken);
}
