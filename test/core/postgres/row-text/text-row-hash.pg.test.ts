import { afterAll, beforeAll, expect, test } from "vitest";
import { planDump } from "../../../../core/postgres/plan/index.ts";
import { type RowHashSums, rowHashOf, rowHashQuery } from "../../../../core/postgres/row-hash.ts";
import { quotingBytes, spacesOf, TextRowHash } from "../../../../core/postgres/row-text/index.ts";
import { createSource, readChunk, type SourceDatabase } from "../support.ts";

let source: SourceDatabase;

beforeAll(async () => {
  source = await createSource("texthash");
});
afterAll(() => source.close());

const tables: readonly (readonly [what: string, columns: string, rows: string])[] = [
  [
    "every character and NULL",
    "(a text, b text)",
    "SELECT chr(n), CASE WHEN n % 5 = 0 THEN NULL ELSE chr(n) || 'x' || chr(n) END FROM generate_series(1, 2000) n",
  ],
  [
    "empty and nearly empty fields",
    "(a text, b text)",
    String.raw`VALUES ('', NULL), (NULL, ''), ('\N', '\n'), (' ', E'\\'), (E'\b', E'\b\\'), ('"', '""')`,
  ],
  ["one column", "(a text)", "VALUES (NULL), (''), ('()'), ('a,b')"],
  ["no column", "()", "SELECT FROM generate_series(1, 3)"],
  [
    "types with text of their own",
    "(a bytea, b jsonb, c text[], d timestamptz, e point, f interval, g float8)",
    String.raw`SELECT '\x00ff', '{"a": "\\ \" é"}', ARRAY['a b', NULL, '"\'], '2026-01-01', '(1,2)', '1 day 00:00:01', 0.1 FROM generate_series(1, 10)`,
  ],
];

test.each(tables)("is the server's own for %s", async (_, columns, rows) => {
  const session = await source.open();
  await source.query(`DROP TABLE IF EXISTS t; CREATE TABLE t ${columns}; INSERT INTO t ${rows}`);
  const plan = await planDump(session, { chunkBytes: 1024 * 1024 });
  const [chunk] = plan.chunks;
  if (chunk === undefined || chunk.kind === "large-objects") throw new Error("nothing was planned");
  await session.query("BEGIN");
  const { text } = await readChunk(session, chunk);
  const names = chunk.parts[0]?.columns ?? [];
  const [sums] = await session.query<RowHashSums>(rowHashQuery({ from: "public.t", columns: names }));
  await session.query("COMMIT");
  if (sums === undefined) throw new Error("no sums");
  const quoting = quotingBytes(await spacesOf(session));
  for (const cut of [1, 7, text.length]) {
    const hash = new TextRowHash(names.length, quoting);
    for (let at = 0; at < text.length; at += cut) hash.add(text.subarray(at, at + cut));
    expect({ rows: hash.rows, value: hash.value }).toEqual({ rows: Number(sums.rows), value: rowHashOf(sums) });
  }
});
