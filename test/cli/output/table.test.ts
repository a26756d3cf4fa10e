import { expect, it } from "vitest";
import { createStyle } from "../../../cli/output/style.ts";
import { type Column, formatFields, formatTable } from "../../../cli/output/table.ts";

type Row = { readonly name: string; readonly size: string };

const rows: Row[] = [
  { name: "a", size: "1" },
  { name: "longer", size: "1000" },
];

it("aligns names left and numbers right, without blanks at the ends", () => {
  const columns: Column<Row>[] = [
    { heading: "NAME", cell: (row) => row.name },
    { heading: "SIZE", align: "right", cell: (row) => row.size },
    { heading: "", cell: () => "" },
  ];
  expect(formatTable(columns, rows).split("\n")).toEqual(["NAME    SIZE", "a          1", "longer  1000"]);
});

it("stays aligned when a cell is coloured or not ASCII", () => {
  const style = createStyle(true, {});
  const columns: Column<Row>[] = [
    { heading: "N", cell: (row) => (row.name === "a" ? style.good("ü") : row.name) },
    { heading: "S", cell: (row) => row.size },
  ];
  const [, first] = formatTable(columns, rows).split("\n");
  expect(first).toBe(`${style.good("ü")}       1`);
});

it("leaves out fields that are not known", () => {
  expect(
    formatFields([
      ["id", "x"],
      ["size", undefined],
      ["source", "y"],
    ]),
  ).toBe("id      x\nsource  y");
});

it("shows names that hold lines, colours and commands of a terminal as text, in cells and in values", () => {
  const style = createStyle(true, {});
  const hostile = "evil\n\u001b[2J\u009b31m\u202e";
  const columns: Column<Row>[] = [{ heading: "NAME", cell: (row) => style.bad(row.name) }];
  const table = formatTable(columns, [{ name: hostile, size: "" }]);
  const shown = "evil\\n\\u{1b}[2J\\u{9b}31m\\u{202e}";
  expect(table.split("\n")[1]).toBe(style.bad(hostile));
  expect(table.split("\n")[1]).toBe(`\u001b[31m${shown}\u001b[39m`);
  expect(formatFields([["warning", hostile]])).toBe(`warning  ${shown}`);
});
