/**
 * SQL cut into tokens, as far as it takes to find words and names that stand outside strings, bodies and quotes.
 * @module
 */

export interface Token {
  /** A quoted name is `name` with its quotes still on; a word is as it is written. */
  readonly kind: "word" | "name" | "string" | "other";
  readonly text: string;
  /** Where it begins in the statement. */
  readonly at: number;
}

/**
 * In this order: comments; strings with escapes; strings and quoted names, in which a doubled quote stands for itself; bodies in
 * dollar quotes; words; anything else, character by character.
 */
const TOKEN =
  /--[^\n]*|\/\*[\s\S]*?\*\/|(?<escaped>[eE]'(?:[^'\\]|\\[\s\S]|'')*')|(?<string>(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*')|(?<name>(?:[uU]&)?"(?:[^"]|"")*")|(?<tag>\$(?:[A-Za-z_\u{80}-\u{10ffff}][\w\u{80}-\u{10ffff}]*)?\$)[\s\S]*?\k<tag>|(?<word>[A-Za-z_\u{80}-\u{10ffff}][\w$\u{80}-\u{10ffff}]*)|(?<other>\S)/gu;

/** Of statements written under standard_conforming_strings, as pg_dump's are. Comments are none. */
export function tokens(sql: string): Token[] {
  const found: Token[] = [];
  for (const match of sql.matchAll(TOKEN)) {
    const { escaped, string, name, tag, word, other } = match.groups ?? {};
    const kind =
      word !== undefined
        ? "word"
        : name !== undefined
          ? "name"
          : (escaped ?? string ?? tag) !== undefined
            ? "string"
            : other === undefined
              ? undefined
              : "other";
    if (kind !== undefined) found.push({ kind, text: match[0], at: match.index });
  }
  return found;
}

/** The name that a token stands for: without quotes, or in lower case as PostgreSQL reads it. */
export function nameOfToken({ kind, text }: Token): string {
  return kind === "name" ? text.slice(1, -1).replaceAll('""', '"') : text.toLowerCase();
}

/** Whether it is this keyword, in whatever case. */
export function isWord(token: Token | undefined, word: string): boolean {
  return token?.kind === "word" && token.text.toUpperCase() === word;
}

/** Where the next character stands. */
export const endOf = ({ at, text }: Token): number => at + text.length;

/** What is put in the place of the characters from `from` to `to`. */
export interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** @param edits in the order of their places, none within another */
export function edited(sql: string, edits: readonly Edit[]): string {
  let at = 0;
  let text = "";
  for (const edit of edits) {
    text += sql.slice(at, edit.from) + edit.text;
    at = edit.to;
  }
  return text + sql.slice(at);
}
