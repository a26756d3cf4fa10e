import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type ClassifyOptions,
  classify,
  parseArchive,
  plainSql,
  type RestoreEntry,
  schemaFingerprint,
} from "../../../../core/postgres/ddl/index.ts";
import { asAdmin } from "../../../support/postgres.ts";
import { databasesOfThisFile } from "./support/databases.ts";
import { comparable, dump, readFixture, restore, withSession } from "./support/round-trip.ts";

const suffix = randomBytes(4).toString("hex");
const roles = { owner: `"Owner; ""of"" ${suffix}"`, reader: `reader_${suffix}`, writer: `"wri ter ${suffix}"` };
const { fresh, dropAll } = databasesOfThisFile();
const forEachRole = (sql: (role: string) => string) =>
  asAdmin((admin) => admin.query(Object.values(roles).map(sql).join(";")));
let original: Uint8Array;

beforeAll(async () => {
  await forEachRole((role) => `CREATE ROLE ${role}`);
  const source = await fresh();
  await source.query(await readFixture("many-kinds.sql", roles));
  const { archive, warnings } = await dump(source.name);
  expect(warnings).toEqual([]);
  original = archive;
});

afterAll(async () => {
  await dropAll();
  await forEachRole((role) => `DROP ROLE ${role}`);
});

describe("a restored schema", () => {
  it("dumps to the same archive as the original, for every kind of object", async () => {
    const target = await fresh();
    await restore(original, target.name);
    const restored = parseArchive((await dump(target.name)).archive);
    expect(comparable(restored)).toEqual(comparable(parseArchive(original)));
    expect(schemaFingerprint(restored)).toBe(schemaFingerprint(parseArchive(original)));
  });

  it("has another fingerprint once a single comment differs", async () => {
    const toc = parseArchive(original);
    const changed = toc.entries.map((entry) =>
      entry.desc === "COMMENT" ? { ...entry, defn: entry.defn?.replace("fires", "Fires") } : entry,
    );
    expect(schemaFingerprint({ ...toc, entries: changed })).not.toBe(schemaFingerprint(toc));
    expect(schemaFingerprint({ ...toc, entries: toc.entries.toReversed() })).toBe(schemaFingerprint(toc));
  });

  it("is the same when restored from the plain scripts", async () => {
    const target = await fresh();
    const toc = parseArchive(original);
    await withSession(target.name, "write", async ({ client }) => {
      await client.query(Buffer.from(plainSql(toc, "pre-data")).toString("utf8"));
      await client.query(Buffer.from(plainSql(toc, "post-data")).toString("utf8"));
    });
    const restored = await dump(target.name);
    expect(comparable(parseArchive(restored.archive))).toEqual(comparable(parseArchive(original)));
  });
});

describe("the phases of a schema", () => {
  const names = (entries: readonly RestoreEntry[]) => entries.map(({ desc, name }) => `${desc} ${name}`);

  it("know the table of whatever is built after the data", () => {
    const { indexes, foreignKeys, rest } = classify(parseArchive(original));
    const onTables = [...indexes, ...foreignKeys, ...rest].filter(({ desc }) =>
      /^(INDEX|CONSTRAINT|FK CONSTRAINT|CHECK CONSTRAINT|TRIGGER|POLICY|ROW SECURITY)$/.test(desc),
    );
    expect(onTables.filter(({ table }) => table === undefined)).toEqual([]);
    const odd = indexes.find(({ name }) => name === "Item idx; odd");
    expect(odd?.table).toEqual({ schema: "app", name: "item" });
  });

  it("make the index of a view that waits for a primary key after both", () => {
    const { indexes, rest } = classify(parseArchive(original));
    expect(names(indexes)).toContain("CONSTRAINT item item_pkey");
    expect(names(indexes)).not.toContain("INDEX needs_key_body");
    const order = names(rest);
    expect(order.indexOf("MATERIALIZED VIEW needs_key")).toBeGreaterThanOrEqual(0);
    expect(order.indexOf("INDEX needs_key_body")).toBeGreaterThan(order.indexOf("MATERIALIZED VIEW needs_key"));
  });

  it("refresh a materialized view after the one it reads, whatever their names", () => {
    const order = classify(parseArchive(original)).materializedViews.map(({ name }) => name);
    expect(order.indexOf("a_needs_summary")).toBeGreaterThan(order.indexOf("summary"));
  });

  it("keep event triggers for the end and privileges before them", () => {
    const { eventTriggers, rest, privileges } = classify(parseArchive(original));
    expect(names(eventTriggers)).toEqual(["EVENT TRIGGER zz stop", 'COMMENT EVENT TRIGGER "zz stop"']);
    expect(names(rest).filter((name) => /ACL|EVENT/.test(name))).toEqual([]);
    expect(privileges.length).toBeGreaterThan(10);
  });

  it("mark the comment that takes ownership of an extension as optional, and nothing else", () => {
    const { preData } = classify(parseArchive(original));
    expect(names(preData.filter(({ isOptional }) => isOptional))).toEqual(["COMMENT EXTENSION pg_trgm"]);
  });

  it("leave out owners and privileges when asked to", () => {
    const phases = classify(parseArchive(original), { withOwners: false, withPrivileges: false });
    expect(phases.privileges).toEqual([]);
    expect(JSON.stringify(phases)).not.toContain("OWNER TO");
  });

  it("act in nobody else's name when asked to, and grant the same", () => {
    const grants = (options: ClassifyOptions) =>
      classify(parseArchive(original), options)
        .privileges.flatMap(({ statements }) => statements)
        .join("\n");
    expect(grants({})).toContain("SET SESSION AUTHORIZATION");
    expect(grants({ grantors: "own" })).not.toContain("SESSION AUTHORIZATION");
    expect(grants({ grantors: "own" }).match(/^GRANT/gm)).toHaveLength(grants({}).match(/^GRANT/gm)?.length ?? 0);
  });

  it("hold no command of psql and no setting that an older server lacks", () => {
    const text = Buffer.from(plainSql(parseArchive(original), "pre-data")).toString("utf8");
    expect(text).not.toMatch(/^\\(?!connect nowhere)/m);
    expect(text).not.toContain("transaction_timeout");
  });
});
