import { describe, expect, it } from "vitest";
import type { RestoreEntry } from "../../../core/postgres/ddl/index.ts";
import { independentUnits } from "../../../core/postgres/load/entries.ts";
import { parseRestoreOptions } from "../../../core/restore/options.ts";
import { restoreTarget } from "../../../core/restore/target.ts";
import { groupsOf, inGroups } from "../../../core/restore/work.ts";

const entry = (dumpId: number, dependencies: number[] = [], table?: string): RestoreEntry => ({
  dumpId,
  desc: "INDEX",
  schema: "public",
  name: `i${dumpId}`,
  owner: undefined,
  table: table === undefined ? undefined : { schema: "public", name: table },
  statements: ["SELECT 1"],
  dependencies,
  isOptional: false,
});
const numbers = (units: readonly RestoreEntry[][]) => units.map((unit) => unit.map(({ dumpId }) => dumpId));

describe("entries of a parallel phase", () => {
  it("are apart where nothing ties them", () => {
    expect(numbers(independentUnits([entry(1), entry(2), entry(3)]))).toEqual([[1], [2], [3]]);
  });

  it("are one unit, in order, where one needs another", () => {
    expect(numbers(independentUnits([entry(5), entry(3, [5]), entry(9), entry(1, [9, 3])]))).toEqual([[5, 3, 9, 1]]);
  });

  it("go to functions in groups, a large table's by itself", () => {
    const tables = ["small", "large", "tiny"].map((name, index) => ({
      schema: "public",
      name,
      rows: [10, 5e6, 1][index],
    }));
    const manifest = { tables } as unknown as Parameters<typeof groupsOf>[1];
    const units = [[entry(1, [], "small")], [entry(2, [], "large")], [entry(3, [], "tiny")], [entry(4, [], "tiny")]];
    expect(groupsOf(units, manifest).map(numbers)).toEqual([[[1]], [[2]], [[3], [4]]]);
  });

  it("are in one group each and in order, whatever their sizes", () => {
    const items = Array.from({ length: 1234 }, (_, n) => n);
    const groups = inGroups(items, (n) => (n * 7919) % 400_000);
    expect(groups.flat()).toEqual(items);
    expect(Math.max(...groups.map((group) => group.length))).toBeLessThanOrEqual(50);
  });
});

describe("options of a restore", () => {
  it("have defaults that drop nothing and count rows", () => {
    expect(parseRestoreOptions(undefined)).toMatchObject({ create: false, confirm: false, compare: "counts" });
  });

  it("are refused by name when misspelt or of another kind", () => {
    expect(() => parseRestoreOptions({ confrim: true })).toThrow(/confrim/);
    expect(() => parseRestoreOptions({ confirm: "yes" })).toThrow(
      /confirm: allowed is true, false or the id of a list/,
    );
    expect(() => parseRestoreOptions({ compare: "bytes" })).toThrow(/compare/);
  });
});

describe("the target of a restore", () => {
  const connection = {
    host: "db",
    port: 5432,
    user: "u",
    password: "p",
    database: "postgres",
    tls: { mode: "disable" },
  } as const;
  const manifest = { server: { databaseName: "shop" } } as Parameters<typeof restoreTarget>[2];

  it("is the connection's own database unless another is named", () => {
    expect(restoreTarget(connection, { create: false }, manifest).settings.database).toBe("postgres");
    expect(restoreTarget(connection, { create: false, database: "x" }, manifest).settings.database).toBe("x");
  });

  it("is created under the source's name, from the connection's own database", () => {
    const target = restoreTarget(connection, { create: true }, manifest);
    expect([target.settings.database, target.maintenance?.database]).toEqual(["shop", "postgres"]);
  });

  it("cannot be created from itself", () => {
    expect(() => restoreTarget(connection, { create: true, database: "postgres" }, manifest)).toThrow(/from itself/);
  });
});
