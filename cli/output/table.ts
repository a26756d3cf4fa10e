/**
 * Aligned columns for people. A cell's width is counted without its colour.
 * @module
 */
import { stripVTControlCharacters } from "node:util";
import { styledLine } from "./style.ts";

export interface Column<Row> {
  readonly heading: string;
  /** Numbers and sizes stand right, so that their digits line up. */
  readonly align?: "left" | "right";
  cell(row: Row): string;
}

/** Lines without trailing blanks, the heading first; each row is one line, whatever is in it. */
export function formatTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const lines = [
    columns.map(({ heading }) => heading),
    ...rows.map((row) => columns.map((column) => styledLine(column.cell(row)))),
  ];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => widthOf(line[index] ?? ""))));
  return lines
    .map((line) =>
      line
        .map((cell, index) => {
          const blanks = " ".repeat((widths[index] ?? 0) - widthOf(cell));
          return columns[index]?.align === "right" ? blanks + cell : cell + blanks;
        })
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** `name   value` lines, whatever is in a value; what is undefined is left out. */
export function formatFields(fields: readonly (readonly [name: string, value: string | undefined])[]): string {
  const known = fields.filter((field): field is readonly [string, string] => field[1] !== undefined);
  const width = Math.max(0, ...known.map(([name]) => name.length));
  return known.map(([name, value]) => `${name.padEnd(width)}  ${styledLine(value)}`).join("\n");
}

function widthOf(cell: string): number {
  return [...stripVTControlCharacters(cell)].length;
}
