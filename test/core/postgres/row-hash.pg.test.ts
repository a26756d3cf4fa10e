import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addRowHashes, type RowHashSums, rowHashOf, rowHashQuery } from "../../../core/postgres/row-hash.ts";
import type { Session } from "../../../core/postgres/session.ts";
import { createSource, type SourceDatabase } from "./support.ts";

let source: SourceDatabase;
let session: Session;
beforeAll(async () => {
  source = await createSource("rowhash");
  await source.query(`CREATE TABLE t AS SELECT g AS id, nullif(repeat('ü"' || g, g % 5), '') AS "a b" FROM generate_series(1, 3000) g;
    CREATE TABLE same AS SELECT * FROM t ORDER BY md5(id::text); CREATE TABLE none ()`);
  session = await source.open();
});
afterAll(() => source.close());

async function hashOf(table: string, columns: readonly string[], where = ""): Promise<string> {
  const rows = await session.query<RowHashSums>(rowHashQuery({ from: `ONLY public.${table}`, columns, where }));
  if (rows[0] === undefined) throw new Error("no sums");
  return rowHashOf(rows[0]);
}

describe("a table's row hash", () => {
  it("is the sum of the rows' MD5s modulo 2^128, as FORMAT.md says", async () => {
    const rows = await session.query<{ text: string }>(`SELECT ROW(id, "a b")::text AS text FROM public.t`);
    const sum = rows.reduce(
      (total, { text }) => total + BigInt(`0x${createHash("md5").update(text).digest("hex")}`),
      0n,
    );
    expect(await hashOf("t", ["id", "a b"])).toBe((sum % (1n << 128n)).toString(16).padStart(32, "0"));
  });

  it("does not depend on the order of rows, and adds up over parts", async () => {
    const whole = await hashOf("t", ["id", "a b"]);
    expect(await hashOf("same", ["id", "a b"])).toBe(whole);
    const parts = [
      await hashOf("t", ["id", "a b"], "WHERE id < 1000"),
      await hashOf("t", ["id", "a b"], "WHERE id >= 1000"),
    ];
    expect(addRowHashes(parts)).toBe(whole);
  });

  it("tells null from empty, one column from another, one row from two", async () => {
    await source.query("DELETE FROM none; INSERT INTO none SELECT FROM generate_series(1, 2)");
    expect(await hashOf("none", [])).toBe(addRowHashes(Array(2).fill(createHash("md5").update("()").digest("hex"))));
    expect(await hashOf("t", ["id"])).not.toBe(await hashOf("t", ["a b"]));
    expect(await hashOf("t", ["id"], "WHERE false")).toBe("0".repeat(32));
  });
});
