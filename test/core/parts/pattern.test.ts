import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isExcluded, isIncluded, unmatched } from "../../../core/parts/choice.ts";
import {
  exactPattern,
  matchesName,
  nameRegex,
  schemaPattern,
  schemaPatternsField,
  tablePattern,
  tablePatternsField,
} from "../../../core/parts/pattern.ts";

const name = fc.string({ minLength: 1, maxLength: 12 }).filter((text) => !text.includes("\0"));

describe("patterns of names", () => {
  it.each([
    ["film", "film", true],
    ["film", "Film", false],
    ["film*", "film", true],
    ["film*", "film_list", true],
    ["*film", "my_film", true],
    ["f*l*m", "f lol m", true],
    ["f*l*m", "fm", false],
    ["a*a", "a", false],
    ["**", "anything", true],
    ['"film*"', "film*", true],
    ['"film*"', "filmy", false],
    ['"a""b"', 'a"b', true],
    ['"Odd."*', "Odd.Schema", true],
  ])("%s and %s: %s", (pattern, text, expected) => {
    expect(matchesName(schemaPattern(pattern), text)).toBe(expected);
    expect(new RegExp(nameRegex(schemaPattern(pattern)), "s").test(text)).toBe(expected);
  });

  it.each(["", "a.b", '"open', "a b", "a..b", ".", "a."])("refuses %j as the name of a schema", (text) => {
    expect(schemaPatternsField.safeParse([text]).success).toBe(false);
  });

  it.each(["film", "a.b.c", "a.", ".b", 'a."b', "a. b"])("refuses %j as the name of a table", (text) => {
    const result = tablePatternsField.safeParse([text]);
    expect(result.error?.issues[0]?.message).toMatch(/^allowed is schema\.table/);
  });

  it("means every table by its own name in quotes, and no other", () => {
    fc.assert(
      fc.property(name, name, name, (schema, table, other) => {
        const { schema: s, name: t } = tablePattern(exactPattern({ schema, name: table }));
        expect(matchesName(s, schema) && matchesName(t, table)).toBe(true);
        expect(matchesName(t, other)).toBe(other === table);
        expect(tablePatternsField.safeParse([exactPattern({ schema, name: table })]).success).toBe(true);
      }),
    );
  });

  it("means by stars what a regular expression of the same means", () => {
    const pattern = fc.array(fc.constantFrom("a", "b", "*", "_", '"*"', '"."'), { minLength: 1, maxLength: 6 });
    const text = fc.array(fc.constantFrom("a", "b", "_", "*", ".", "\n"), { maxLength: 8 }).map((all) => all.join(""));
    fc.assert(
      fc.property(pattern, text, (parts, candidate) => {
        const parsed = schemaPattern(parts.join(""));
        expect(matchesName(parsed, candidate)).toBe(new RegExp(nameRegex(parsed), "s").test(candidate));
      }),
    );
  });
});

describe("a choice of relations", () => {
  const choice = { schemas: ["app"], tables: ["log.*"], excludeSchemas: [], excludeTables: ["app.secret_*"] };

  it("means what is included and not excluded", () => {
    expect(isIncluded(choice, { schema: "app", name: "film" })).toBe(true);
    expect(isIncluded(choice, { schema: "log", name: "line" })).toBe(true);
    expect(isIncluded(choice, { schema: "other", name: "film" })).toBe(false);
    expect(isExcluded(choice, { schema: "app", name: "secret_key" })).toBe(true);
  });

  it("names patterns that mean nothing", () => {
    expect(unmatched(choice, ["app"], [{ schema: "app", name: "film" }])).toEqual([
      "table log.*",
      "table app.secret_*",
    ]);
  });
});
