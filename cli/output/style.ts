/**
 * Colour, where a person looks and has not asked for none.
 * @module
 */
import { styleText } from "node:util";

export interface Style {
  strong(text: string): string;
  faint(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
}

type Format = Parameters<typeof styleText>[0];

/** Plain text unless the stream is a terminal; NO_COLOR (any value but the empty one) turns colour off, see no-color.org. */
export function createStyle(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): Style {
  const isColoured = isTerminal && !env.NO_COLOR && env.TERM !== "dumb";
  const paint = (format: Format) => (text: string) =>
    isColoured ? styleText(format, text, { validateStream: false }) : text;
  return {
    strong: paint("bold"),
    faint: paint("dim"),
    good: paint("green"),
    bad: paint("red"),
    warn: paint("yellow"),
  };
}
