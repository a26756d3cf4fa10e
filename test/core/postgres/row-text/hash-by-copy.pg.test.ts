import pg from "pg";
import { describe, expect, it, test } from "vitest";
import { mapPostgresError } from "../../../../core/postgres/errors.ts";
import { type RowHashSums, rowHashOf, rowHashQuery } from "../../../../core/postgres/row-hash.ts";
import {
  hashByCopy,
  isRowTooLong,
  quotingBytes,
  spacesOf,
  TextRowHash,
} from "../../../../core/postgres/row-text/index.ts";
import { createSource } from "../support.ts";

describe("rows hashed from a COPY", () => {
  it.each(["UTF8", "LATIN1", "SQL_ASCII", "EUC_JP"])(
    "have the hash that the server gives them, in %s",
    async (encoding) => {
      const source = await createSource("by_copy", `ENCODING '${encoding}' LOCALE 'C' TEMPLATE template0`);
      await source.query(`CREATE TABLE nothing (); INSERT INTO nothing SELECT FROM generate_series(1, 3);
      CREATE TABLE t (n int, v text, b bytea);
      INSERT INTO t SELECT n, CASE n % 3 WHEN 0 THEN chr(n) || '"\\' WHEN 1 THEN '' END, decode(repeat('5c', n), 'hex')
        FROM generate_series(1, 127) AS n;
      INSERT INTO t VALUES (0, repeat(E'"\\\\\\t(', 200000), NULL)`);
      if (encoding !== "EUC_JP") {
        await source.query(`INSERT INTO t SELECT n, chr(n) || 'x', NULL FROM generate_series(128, 255) AS n`);
      }
      const session = await source.open();
      for (const hashed of [
        { from: "ONLY public.t", columns: ["n", "v", "b"], where: "WHERE n >= 0" },
        { from: "ONLY public.nothing", columns: [] },
        {
          from: "ONLY public.t",
          columns: ["v"],
          where: "WHERE n < 128",
          ...(encoding === "UTF8" && { encoding: "LATIN1" }),
        },
      ]) {
        const [sums] = await session.query<RowHashSums>(rowHashQuery(hashed));
        if (sums === undefined) throw new Error("no sums");
        expect(await hashByCopy(session, hashed)).toEqual({ rows: Number(sums.rows), rowHash: rowHashOf(sums) });
      }
      await source.close();
    },
  );

  it("are told apart from those that fail for another reason", () => {
    const refused = (code: string, message: string): Error => {
      const error = new pg.DatabaseError(message, 0, "error");
      error.code = code;
      return mapPostgresError(error, "in a session");
    };
    expect(isRowTooLong(refused("54000", "string buffer exceeds maximum allowed length"))).toBe(true);
    expect(isRowTooLong(refused("53200", "out of memory"))).toBe(true);
    expect(isRowTooLong(refused("XX000", "invalid memory alloc request size 1610612736"))).toBe(true);
    expect(isRowTooLong(refused("XX000", "cache lookup failed"))).toBe(false);
    expect(isRowTooLong(refused("42501", "permission denied for table t"))).toBe(false);
  });
});

test("a row longer than any block is hashed as a short one, however it is cut", () => {
  const quoting = quotingBytes([]);
  const rows = [
    "1\t\\N\t\\\\x00\t",
    `a"b\t${"é".repeat(3000)}\t(\\t\\\\)\t\\b`,
    `\\N\t\t${"plain".repeat(1000)}\t,`,
    "\t\\N\t \t\\N",
  ];
  const text = Buffer.from(`${rows.join("\n")}\n`);
  const hashed = (cut: number): string => {
    const hash = new TextRowHash(4, quoting);
    for (let at = 0; at < text.length; at += cut) hash.add(text.subarray(at, at + cut));
    return `${hash.rows} ${hash.value}`;
  };
  const whole = hashed(text.length);
  for (const cut of [1, 2, 3, 5, 8, 13, 21, 1000]) expect(hashed(cut)).toBe(whole);
});

test("a server says which bytes it takes for white space", async () => {
  const source = await createSource("spaces", "ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
  expect(await spacesOf(await source.open())).toEqual([]);
  await source.close();
  // Were there one, a field with it would be quoted.
  const hashed = (quoting: Uint8Array): string => {
    const hash = new TextRowHash(1, quoting);
    hash.add(Buffer.from("a\u00a0b\n", "latin1"));
    return hash.value;
  };
  expect(hashed(quotingBytes([0xa0]))).not.toBe(hashed(quotingBytes([])));
});
