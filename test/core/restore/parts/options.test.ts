import { describe, expect, it } from "vitest";
import { describeLeftOut, isOfParts, parseRestoreOptions } from "../../../../core/restore/options.ts";

const table = { tables: ["public.film"] };

describe("options that choose parts", () => {
  it.each([
    ["confirm", { ...table, confirm: true }],
    ["confirm", { schemaOnly: true, confirm: "1a2b3c4d5e6f" }],
    ["dataOnly", { schemaOnly: true, dataOnly: true }],
    ["create", { ...table, intoSchema: "back", create: true }],
    ["create", { dataOnly: true, create: true }],
    ["dataOnly", { ...table, dataOnly: true, as: "film_old" }],
    ["tables", { intoSchema: "back" }],
    ["as", { tables: ["public.*"], as: "film_old" }],
    ["as", { tables: ["public.film", "public.actor"], as: "film_old" }],
    ["as", { ...table, schemas: ["public"], as: "film_old" }],
    ["intoSchema", { ...table, intoSchema: "holdfast_restore" }],
    ["intoSchema", { ...table, intoSchema: "pg_catalog" }],
    ["tables", { tables: ["film"] }],
    ["tables", { tables: Array.from({ length: 50 }, () => `public.${"x".repeat(100)}`) }],
    ["excludeSchemas", { excludeSchemas: ["a.b"] }],
  ])("are refused by %s: %j", (field, options) => {
    expect(() => parseRestoreOptions(options)).toThrow(expect.objectContaining({ code: "invalid-options" }));
    expect(() => parseRestoreOptions(options)).toThrow(new RegExp(`(^|[ ;])${field}(\\.\\d+)?: allowed`));
  });

  it("are in the words by which an unfinished restore is continued, in use said first", () => {
    const words = (options: object): string => describeLeftOut(parseRestoreOptions(options));
    expect(words({})).toBe("no options");
    expect(words({ ...table, noOwner: true })).toBe("noOwner, tables public.film");
    expect(words({ ...table, as: "film_old" })).toBe("a database in use, tables public.film, as film_old");
    expect(words({ excludeTables: ["a.b"], dataOnly: true })).toBe("a database in use, dataOnly, excludeTables a.b");
    expect(isOfParts(parseRestoreOptions({ create: true }))).toBe(false);
    expect(isOfParts(parseRestoreOptions({ excludeSchemas: ["a"] }))).toBe(true);
  });
});
