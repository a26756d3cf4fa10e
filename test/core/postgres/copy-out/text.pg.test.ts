import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PlannedChunk, planDump, type RowsPart } from "../../../../core/postgres/plan/index.ts";
import { addRowHashes, type RowHashSums, rowHashOf, rowHashQuery } from "../../../../core/postgres/row-hash.ts";
import type { Session } from "../../../../core/postgres/session.ts";
import { importSnapshot, takeBase } from "../../../../core/postgres/snapshot/index.ts";
import { qualifiedName } from "../../../../core/postgres/sql.ts";
import { type Copied, createSource, readChunk, type SourceDatabase, sha256 } from "../support.ts";

const KIB = 1024;
let source: SourceDatabase;
let holder: Session;
let reader: Session;
let parts: RowsPart[] = [];
const copied: Copied[] = [];
let chunks: readonly PlannedChunk[] = [];

beforeAll(async () => {
  source = await createSource("text");
  const wide = Array.from({ length: 1600 }, (_, i) => `c${i} int`).join(", ");
  await source.query(`
    CREATE SCHEMA "S ""x"" ü";
    CREATE TABLE "S ""x"" ü"."T'a""b;--" ("C ""1""" text, "select" text);
    INSERT INTO "S ""x"" ü"."T'a""b;--" VALUES (E'a\\tb\\nc\\\\d\\r', NULL), ('', '\\N'), (U&'\\+01F600', E'\\x01');
    CREATE TABLE nothing ();
    INSERT INTO nothing SELECT FROM generate_series(1, 1234);
    CREATE TABLE wide (${wide});
    INSERT INTO wide (c0, c1599) SELECT g, -g FROM generate_series(1, 200) g;
    CREATE TABLE made (a int, b int GENERATED ALWAYS AS (a * 2) STORED, c text, d int GENERATED ALWAYS AS (a + 1) VIRTUAL);
    INSERT INTO made (a, c) SELECT g, 'x' || g FROM generate_series(1, 3000) g;
    CREATE TABLE only_made (gone int, b int GENERATED ALWAYS AS (1) STORED);
    ALTER TABLE only_made DROP COLUMN gone;
    INSERT INTO only_made SELECT FROM generate_series(1, 7);
    CREATE TABLE types (id int PRIMARY KEY, f4 real, f8 float8, n numeric, ts timestamptz, iv interval, by bytea, j jsonb,
                        x xml, m money, r regclass, ar text[], rg int4range, b bool, o oid, c "char");
    INSERT INTO types SELECT g, g / 3.0, g / 7.0, (g || '.000100')::numeric, now() - g * '1 h'::interval, g * '25 h'::interval,
      decode(md5(g::text), 'hex'), jsonb_build_object('k', g), '<a/>'::xml, (g * 1.25)::numeric::money, 'types'::regclass,
      ARRAY['a,"b', NULL, g::text], int4range(g, g + 5), g % 2 = 0, 4294967295, 'x' FROM generate_series(1, 4000) g;
    CREATE TABLE fat (id int, body text);
    ALTER TABLE fat ALTER body SET STORAGE EXTERNAL;
    INSERT INTO fat SELECT g, repeat(md5(g::text), 40000) FROM generate_series(1, 6) g;
    CREATE TABLE parent (id int, note text);
    CREATE TABLE child (extra int) INHERITS (parent);
    INSERT INTO parent SELECT g, 'parent' FROM generate_series(1, 2000) g;
    INSERT INTO child SELECT g, 'child', g FROM generate_series(1, 50) g;
    CREATE TABLE parted (id int, v text) PARTITION BY LIST (id);
    CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
    CREATE TABLE parted_rest PARTITION OF parted DEFAULT;
    INSERT INTO parted SELECT g % 3, 'v' || g FROM generate_series(1, 900) g;
    CREATE UNLOGGED TABLE loose AS SELECT generate_series(1, 20) AS id;
    CREATE TABLE empty (id int);
    CREATE TABLE holes AS SELECT g AS id, repeat('x', 500) AS pad FROM generate_series(1, 4000) g;
    DELETE FROM holes WHERE id BETWEEN 1000 AND 3000;
    CREATE MATERIALIZED VIEW mat AS SELECT 1 AS one;
  `);
  holder = await source.open();
  const { snapshotId } = await takeBase(holder);
  reader = await source.open();
  await importSnapshot(reader, snapshotId);
  chunks = (await planDump(reader, { chunkBytes: 64 * KIB, rangeBytes: 32 * KIB })).chunks;
  for (const chunk of chunks) copied.push(await readChunk(reader, chunk, { rowHash: true }));
  parts = chunks.flatMap((chunk) => (chunk.kind === "large-objects" ? [] : chunk.parts));
});
afterAll(() => source.close());

/** What the server itself writes for a plain COPY of the whole table, by its own file writing. */
async function plainCopy(part: RowsPart): Promise<Buffer> {
  await source.query(`DO $do$ BEGIN
    SET LOCAL search_path = pg_catalog; SET LOCAL TimeZone = 'UTC'; SET LOCAL lc_monetary = 'C';
    EXECUTE format('COPY %s TO %L', $$${qualifiedName(part)}$$, current_setting('data_directory') || '/plain.txt');
  END $do$`);
  const rows = await source.query<{ bytes: Buffer }>("SELECT pg_read_binary_file('plain.txt') AS bytes");
  return rows[0]?.bytes ?? Buffer.alloc(0);
}

function slicesOf(tableOid: number) {
  return copied
    .flatMap((chunk, index) =>
      chunk.slices
        .filter((slice) => slice.tableOid === tableOid)
        .map((slice) => {
          const chunkPart = chunks[index]?.parts.find((part) => "tableOid" in part && part.tableOid === tableOid);
          const first = chunkPart?.ranges[0];
          const fromBlock = first !== undefined && "fromBlock" in first ? first.fromBlock : 0;
          return { ...slice, fromBlock, text: chunk.text.subarray(slice.offset, slice.offset + slice.plainBytes) };
        }),
    )
    .sort((a, b) => a.fromBlock - b.fromBlock);
}

describe("copied text", () => {
  it("is byte for byte what the server writes for each whole table, in ranges or not", async () => {
    const tables = new Map(parts.map((part) => [part.tableOid, part]));
    expect(tables.size).toBe(14);
    for (const part of tables.values()) {
      const slices = slicesOf(part.tableOid);
      const text = Buffer.concat(slices.map((slice) => slice.text));
      const plain = await plainCopy(part);
      expect({ table: part.name, text: sha256(text) }).toEqual({ table: part.name, text: sha256(plain) });
      for (const slice of slices) expect(slice.sha256Plain).toBe(sha256(slice.text));
    }
  });

  it("is counted: rows of every table, also of those without columns", async () => {
    const rows = (name: string): number => {
      const oid = parts.find((part) => part.name === name)?.tableOid ?? 0;
      return slicesOf(oid).reduce((sum, slice) => sum + slice.rows, 0);
    };
    const counts = [
      "nothing",
      "only_made",
      "wide",
      "made",
      "types",
      "fat",
      "parent",
      "child",
      "parted_1",
      "parted_rest",
      "loose",
      "empty",
      "holes",
    ].map(rows);
    expect(counts).toEqual([1234, 7, 200, 3000, 4000, 6, 2000, 50, 300, 600, 20, 0, 1999]);
    expect(slicesOf(parts.find((part) => part.name === "types")?.tableOid ?? 0).length).toBeGreaterThan(2);
  });

  it("has row hashes that add up to the hash of the whole table", async () => {
    for (const part of new Map(parts.map((part) => [part.tableOid, part])).values()) {
      const query = rowHashQuery({ from: `ONLY ${qualifiedName(part)}`, columns: part.columns });
      const sums = (await reader.query<RowHashSums>(query))[0];
      const hashes = slicesOf(part.tableOid).map((slice) => slice.rowHash ?? "missing");
      expect({ table: part.name, hash: addRowHashes(hashes) }).toEqual({
        table: part.name,
        hash: sums === undefined ? "none" : rowHashOf(sums),
      });
    }
  });

  it("stops between ranges when asked, and the rest continues where it stopped", async () => {
    const chunk = chunks.find(({ kind, parts: own }) => kind === "rows" && (own[0]?.ranges.length ?? 0) > 1);
    if (chunk === undefined) throw new Error("no chunk has two ranges");
    const whole = copied[chunk.n - 1];
    const first = await readChunk(reader, chunk, { mayContinue: () => false });
    expect(first.covered[0]?.ranges).toHaveLength(1);
    const rest = { ...chunk, parts: first.rest } as PlannedChunk;
    const second = await readChunk(reader, rest);
    expect(second.rest).toBeUndefined();
    expect(sha256(Buffer.concat([first.text, second.text]))).toBe(sha256(whole?.text ?? Buffer.alloc(0)));
    const bundle = chunks.find(({ kind, parts: own }) => kind === "bundle" && own.length > 1);
    if (bundle === undefined) throw new Error("no bundle of two tables");
    const some = await readChunk(reader, bundle, { mayContinue: () => false });
    expect([some.slices.length, some.covered.length, some.rest?.length]).toEqual([1, 1, bundle.parts.length - 1]);
  });
});

describe("a database in another encoding", () => {
  it("is copied unconverted, names included", async () => {
    const latin = await createSource("latin", "ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
    try {
      await latin.query(`CREATE TABLE "größe" ("maß" text); INSERT INTO "größe" VALUES ('für 5 ½')`);
      const session = await latin.open();
      await takeBase(session);
      const plan = await planDump(session, { chunkBytes: 64 * KIB });
      const [chunk] = plan.chunks;
      if (chunk === undefined) throw new Error("nothing planned");
      const { text } = await readChunk(session, chunk);
      expect([session.encoding, plan.tables[0]?.name]).toEqual(["LATIN1", "größe"]);
      expect(text.equals(Buffer.from("für 5 ½\n", "latin1"))).toBe(true);
    } finally {
      await latin.close();
    }
  });
});
