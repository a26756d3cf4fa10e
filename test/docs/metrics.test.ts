import { describe, expect, it } from "vitest";
import { dimensionSets, type MetricSpec, metrics } from "../../core/config/metrics.ts";
import { read } from "./pages.ts";

const rows = read("docs/METRICS.md")
  .split("\n")
  .filter((line) => line.startsWith("| "))
  .map((line) => line.split("|").map((cell) => cell.trim()));

describe("docs/METRICS.md", () => {
  it("has every metric with unit, dimensions and meaning, and no other", () => {
    const documented = rows
      .filter(([, name = ""]) => /^`[A-Z]\w+`$/.test(name))
      .map(([, ...cells]) => cells.slice(0, 4));
    const known = Object.entries<MetricSpec>(metrics).map(([name, { unit, per, meaning }]) => [
      `\`${name}\``,
      unit,
      per.join(", "),
      meaning,
    ]);
    expect(documented).toEqual(known);
  });

  it("has the dimensions of every set", () => {
    for (const [set, names] of Object.entries(dimensionSets)) {
      const [, , dimensions] = rows.find(([, name, cell = ""]) => name === set && cell.includes("`")) ?? [];
      expect(dimensions, set).toBe(names.map((name) => `\`${name}\``).join(", "));
    }
  });
});
