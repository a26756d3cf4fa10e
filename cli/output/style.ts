/**
 * Colour, where a person looks and has not asked for none.
 * @module
 */
import { styleText } from "node:util";
import { printable } from "../../core/text.ts";

export interface Style {
  strong(text: string): string;
  faint(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
}

type Format = Parameters<typeof styleText>[0];

/** Text is made printable on the way: what it was made of may be others'. Plain text unless the stream is a terminal; NO_COLOR (any value but the empty one) turns colour off, see no-color.org. */
export function createStyle(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): Style {
  const isColoured = isTerminal && !env.NO_COLOR && env.TERM !== "dumb";
  const paint = (format: Format) => (text: string) =>
    isColoured ? styleText(format, printable(text), { validateStream: false }) : printable(text);
  return {
    strong: paint("bold"),
    faint: paint("dim"),
    good: paint("green"),
    bad: paint("red"),
    warn: paint("yellow"),
  };
}

/** The codes that `Style` writes. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for
const STYLES = /(\u001b\[(?:1|2|22|31|32|33|39)m)/;

/** One line of others' text and of ours in colour, for a terminal; what a name may smuggle in beyond colour is written out. */
export function styledLine(text: string): string {
  return text
    .split(STYLES)
    .map((part, index) => (index % 2 === 1 ? part : printable(part)))
    .join("");
}

/** As `styledLine`, for several lines. */
export function styledLines(text: string): string {
  return text.split("\n").map(styledLine).join("\n");
}
