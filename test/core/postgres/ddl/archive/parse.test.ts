import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { IntegrityError } from "../../../../../core/errors.ts";
import { parseArchive, type TocEntry } from "../../../../../core/postgres/ddl/index.ts";
import { writeArchive } from "../support/archive-writer.ts";

const settings: Partial<TocEntry>[] = [
  { dumpId: 11, desc: "ENCODING", tag: "ENCODING", defn: "SET client_encoding = 'UTF8';\n" },
  { dumpId: 12, desc: "STDSTRINGS", tag: "STDSTRINGS", defn: "SET standard_conforming_strings = 'on';\n" },
  {
    dumpId: 13,
    desc: "SEARCHPATH",
    tag: "SEARCHPATH",
    defn: "SELECT pg_catalog.set_config('search_path', '', false);\n",
  },
];
const table: Partial<TocEntry> = {
  dumpId: 4_000_000,
  oid: 4_294_967_295,
  tag: "prix été",
  desc: "TABLE",
  defn: "CREATE TABLE x ();\n",
  namespace: "public",
  tablespace: "",
  owner: "me",
  dependencies: [7, 4],
};

/** Either reads or refuses by name; anything else a parser might do is a failure. */
function parseOrRefuse(bytes: Uint8Array): "read" | "refused" {
  try {
    parseArchive(bytes);
    return "read";
  } catch (error) {
    if (error instanceof IntegrityError && error.code === "schema-archive-malformed") return "refused";
    throw error;
  }
}

describe("reading an archive", () => {
  it.each([12, 13, 14, 15, 16])("knows format version 1.%i", (minor) => {
    const toc = parseArchive(
      writeArchive([...settings, { ...table, tableAccessMethod: "heap", relkind: "r" }], { minor }),
    );
    expect(toc).toMatchObject({ formatVersion: `1.${minor}`, databaseName: "shop", encoding: "UTF8" });
    expect(toc.standardConformingStrings).toBe(true);
    expect(toc.entries).toHaveLength(1);
    expect(toc.entries[0]).toMatchObject(table);
    expect(toc.entries[0]?.tableAccessMethod).toBe(minor >= 14 ? "heap" : undefined);
    expect(toc.entries[0]?.relkind).toBe(minor >= 16 ? "r" : undefined);
  });

  it("reads integers and offsets of other sizes", () => {
    expect(parseArchive(writeArchive([table], { intSize: 8, offsetSize: 4 })).entries[0]).toMatchObject(table);
  });

  it.each([
    ["format version 1.17", writeArchive([table], { minor: 17 })],
    ["format version 1.11", writeArchive([table], { minor: 11 })],
    ["more entries than bytes", writeArchive([table], { announced: 2_000_000_000 })],
    ["fewer entries than written", writeArchive([table, { ...table, dumpId: 5 }], { announced: 1 })],
    ["a negative count", writeArchive([table], { announced: -1 })],
    ["one dump id twice", writeArchive([table, table])],
    ["dump id 0", writeArchive([{ ...table, dumpId: 0 }])],
    ["an empty file", new Uint8Array()],
    ["plain SQL", Buffer.from("--\n-- PostgreSQL database dump\n--\n")],
  ])("refuses %s", (_, bytes) => {
    expect(parseOrRefuse(bytes)).toBe("refused");
  });

  it("refuses every archive that was cut", () => {
    const whole = writeArchive([...settings, table]);
    const outcomes = Array.from(whole.keys(), (length) => parseOrRefuse(whole.subarray(0, length)));
    expect(outcomes.filter((outcome) => outcome === "read")).toEqual([]);
  });

  it("never does anything but read or refuse, whatever bytes it gets", () => {
    const whole = writeArchive([...settings, table]);
    const damaged = fc
      .array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 })
      .map((changes) => {
        const copy = Uint8Array.from(whole);
        for (const [at, value] of changes) copy[at] = value;
        return copy;
      });
    const prefixed = fc.uint8Array({ maxLength: 300 }).map((tail) => Buffer.concat([whole.subarray(0, 60), tail]));
    fc.assert(
      fc.property(fc.oneof(damaged, prefixed, fc.uint8Array({ maxLength: 200 })), (bytes) => {
        parseOrRefuse(bytes);
      }),
      { numRuns: 3000 },
    );
  });
});
