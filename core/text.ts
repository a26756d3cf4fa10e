/**
 * Text that others wrote, shown to people: names of tables, messages of servers. PostgreSQL allows every character but NUL in a
 * name, and a terminal, a mailbox or a log acts on some of them.
 * @module
 */

/**
 * What is not seen but acts: controls (a terminal's commands begin with one), format characters (which also turn the direction
 * of writing round, or hide), separators of lines and paragraphs, halves of characters.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** One line in which such characters are written out: `\n`, `\t`, `\u{1b}`. */
export function printable(text: string): string {
  return text.replaceAll(UNSEEN, (unseen) => SHORT[unseen] ?? written(unseen));
}

/** As `printable`, but for JSON, which stays what it was: such characters stand there as `\u001b`. */
export function printableJson(json: string): string {
  return json.replaceAll(UNSEEN, (unseen) =>
    Array.from({ length: unseen.length }, (_, at) => `\\u${unseen.charCodeAt(at).toString(16).padStart(4, "0")}`).join(
      "",
    ),
  );
}

function written(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`;
}
