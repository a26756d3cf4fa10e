import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { TestDatabase } from "../support/postgres.ts";
import { visited } from "../support/stack.ts";
import { subscribeToAlerts } from "./alerts.ts";
import { backUp, catalog, databaseBehind, manyRows } from "./sources.ts";
import { manifestOf, rowsIn } from "./vault.ts";

describe("a backup of an empty database", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await databaseBehind("spare");
  });
  afterAll(() => database.drop());

  it("is a verified restore point in vault and catalog", async () => {
    const { status, outcome, events, error, cause } = await backUp("spare", { reason: "test" });
    expect({ status, error, cause }).toEqual({ status: "SUCCEEDED", error: undefined, cause: undefined });
    expect(outcome).toMatchObject({ status: "succeeded" });
    expect(visited(events)).toEqual([
      "Resolve",
      "FindLeftovers",
      "AnyLeftovers",
      "Preflight",
      "Encrypt",
      "HoldAndDump",
      "Upload",
      "VerifyPlan",
      "VerifyChunks",
      "VerifyJudge",
      "Record",
    ]);
    const point = await catalog().restorePoints.get(outcome?.restorePointId ?? "");
    expect(point).toMatchObject({ source: "spare", status: "available", rows: 0, tables: 0, runId: outcome?.runId });
    expect(point?.verified).toMatchObject({ level: "quick", isValid: true });
    expect(await catalog().runs.get(outcome?.runId ?? "")).toMatchObject({ status: "succeeded", reason: "test" });
  });

  it("of another server or database than the last one succeeds and tells people", async () => {
    const alerts = await subscribeToAlerts("identity");
    const other = await databaseBehind("spare");
    onTestFinished(async () => {
      await other.drop();
      await alerts.end();
    });
    const { outcome } = await backUp("spare");
    expect(outcome).toMatchObject({ status: "succeeded" });
    expect((await alerts.about(outcome?.runId ?? "")).Subject).toContain("another-database");
    expect((await backUp("spare")).outcome).toMatchObject({ status: "succeeded" });
    const point = await catalog().restorePoints.get(outcome?.restorePointId ?? "");
    expect(point?.warnings.join()).toContain("the source leads to");
  });

  it("refuses a source that is not configured, by name", async () => {
    const { status, error, cause } = await backUp("nowhere");
    expect({ status, error }).toEqual({ status: "FAILED", error: "ConfigurationError" });
    expect(cause).toContain("unknown-source");
    expect(cause).toContain("configured are");
  });
});

describe("a backup of tables that are larger than a chunk", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await databaseBehind(
      "pagila",
      ...manyRows("big", 20_000),
      "CREATE TABLE small (id int PRIMARY KEY, at timestamptz DEFAULT now())",
      "INSERT INTO small SELECT generate_series(1, 10)",
      "CREATE TABLE nothing (id int)",
      ...["a", "b", "c"].flatMap((name) => [
        `CREATE TABLE dense_${name} (id int, body text)`,
        `INSERT INTO dense_${name} SELECT n, repeat(md5(n::text), 60000) FROM generate_series(1, 2) n`,
      ]),
      "SELECT lo_from_bytea(0, decode(repeat('ab', 700000), 'hex'))",
    );
  });
  afterAll(() => database.drop());

  it("copies every row in several chunks, splits what turns out larger, and reads all of it back", async () => {
    const { status, error, cause, outcome } = await backUp("pagila");
    expect({ status, error, cause }).toEqual({ status: "SUCCEEDED", error: undefined, cause: undefined });
    const id = outcome?.restorePointId ?? "";
    const manifest = await manifestOf("pagila", id);
    const big = manifest.tables.find(({ name }) => name === "big");
    expect(big?.rows).toBe(20_000);
    expect(big?.chunks.length).toBeGreaterThan(3);
    expect(manifest.largeObjects).toMatchObject({ count: 1, bytes: 700_000 });
    const names = ["archive", "pre-data.sql", "post-data.sql", "roles.json"];
    expect(manifest.schema.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
    // Compressed on the server's disk, the dense tables looked like one small bundle.
    const chunks = await catalog().chunks.list(outcome?.runId ?? "");
    expect(chunks.filter(({ next }) => next !== undefined).length).toBeGreaterThan(0);
    for (const name of ["dense_a", "dense_b", "dense_c"]) expect(await rowsIn("pagila", id, name)).toHaveLength(2);
    const ids = (await rowsIn("pagila", id, "big")).map(([value]) => Number(value));
    expect(new Set(ids).size).toBe(20_000);
    const point = await catalog().restorePoints.get(id);
    expect(point).toMatchObject({ rows: 20_016, tables: 6, verified: { level: "full", isValid: true } });
  });
});
