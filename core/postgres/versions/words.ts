/**
 * How pg_dump's statements are searched: its own words are in capitals, names that need no quotes in small letters.
 * @module
 */
import { nameOfToken, type Token } from "../tokens.ts";

/** Whether these keywords stand one after the other, outside strings, bodies and names. */
export function hasWords(found: readonly Token[], ...wanted: readonly string[]): boolean {
  return indexOfWords(found, ...wanted) >= 0;
}

/** Where the first of them stands among the tokens; -1 where they do not. */
export function indexOfWords(found: readonly Token[], ...wanted: readonly string[]): number {
  return found.findIndex((_, at) => wanted.every((word, offset) => isKeyword(found[at + offset], word)));
}

/** A keyword, or a sign such as `(`. A name that looks like it is in small letters or in quotes. */
export function isKeyword(token: Token | undefined, word: string): boolean {
  return token !== undefined && (token.kind === "word" || token.kind === "other") && token.text === word;
}

/** A name without a schema before it, hence, under the empty search path of a dump, of pg_catalog or no object at all. */
export function isBare(found: readonly Token[], at: number): boolean {
  const kind = found[at]?.kind;
  return (kind === "word" || kind === "name") && !isKeyword(found[at - 1], ".");
}

/** Names of what is called with no schema before it: functions of pg_catalog, and words such as `VALUES`. */
export function calledNames(found: readonly Token[]): string[] {
  return found.flatMap((token, at) => (isBare(found, at) && isKeyword(found[at + 1], "(") ? [nameOfToken(token)] : []));
}

/** The place behind the bracket that closes the one at `at`; the end where none does. */
export function behindBracket(found: readonly Token[], at: number): number {
  let depth = 0;
  for (let index = at; index < found.length; index += 1) {
    if (isKeyword(found[index], "(")) depth += 1;
    if (isKeyword(found[index], ")")) depth -= 1;
    if (depth === 0) return index + 1;
  }
  return found.length;
}
