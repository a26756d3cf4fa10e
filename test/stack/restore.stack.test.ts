import { GetObjectCommand } from "@aws-sdk/client-s3";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { parseConnection } from "../../core/postgres/connection.ts";
import { compareLive } from "../../core/restore/compare.ts";
import type { PlanRow } from "../../core/restore/plan/rows.ts";
import { asAdmin, createDatabase, type TestDatabase } from "../support/postgres.ts";
import { clients, runMachine, storeConnection, visited } from "../support/stack.ts";
import { backUp, catalog, databaseBehind, type MachineOutput, newestRun } from "./sources.ts";

const SOURCE_OBJECTS = `
  CREATE TYPE mood AS ENUM ('sad', 'ok');
  CREATE TABLE customer (id int PRIMARY KEY, name text, feels mood DEFAULT 'ok');
  CREATE TABLE purchase (id bigint GENERATED ALWAYS AS IDENTITY, customer_id int REFERENCES customer, at date NOT NULL, note text)
    PARTITION BY RANGE (at);
  CREATE TABLE purchase_old PARTITION OF purchase FOR VALUES FROM (MINVALUE) TO ('2026-01-01');
  CREATE TABLE purchase_new PARTITION OF purchase FOR VALUES FROM ('2026-01-01') TO (MAXVALUE);
  CREATE INDEX ON purchase (customer_id);
  CREATE MATERIALIZED VIEW per_customer AS SELECT customer_id, count(*) FROM purchase GROUP BY 1;
  INSERT INTO customer SELECT n, 'name ' || n FROM generate_series(1, 500) n;
  INSERT INTO purchase (customer_id, at, note) SELECT 1 + n % 500, date '2025-06-01' + n % 400, repeat(md5(n::text), 8)
    FROM generate_series(1, 20000) n;
  REFRESH MATERIALIZED VIEW per_customer;
  SELECT lo_from_bytea(0, 'content')`;

let source: TestDatabase;
let restorePointId: string;

const options = { rows: true, sessions: 2, applicationName: "test compare" };
const urlOf = (name: string): string => source.url.replace(`/${source.name}?`, `/${name}?`);

async function run(machine: "restore" | "compare", input: object) {
  const ended = await runMachine(machine, {
    source: "rescued",
    options: { target: "restored", restorePointId, ...input },
  });
  return Object.assign(ended, { output: ended.result as MachineOutput });
}

async function readReport(
  runId: string,
  name = "",
): Promise<{ readonly differences: unknown[]; readonly rows: PlanRow[] }> {
  const [day] = /\d{8}(?=T)/.exec(runId) ?? [""];
  const Key = `v1/reports/rescued/${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}/${runId}${name}.json`;
  const Bucket = inject("stack").parameter.vaultBucket;
  const { Body } = await clients.s3().send(new GetObjectCommand({ Bucket, Key }));
  return JSON.parse((await Body?.transformToString()) ?? "{}");
}

beforeAll(async () => {
  source = await databaseBehind("rescued", SOURCE_OBJECTS);
  restorePointId = (await backUp("rescued")).outcome?.restorePointId ?? "";
  await storeConnection("restored-write", "postgres", "write");
});
afterAll(() => source.drop());

describe("the restore machine", () => {
  it("creates a database that is identical to the source", async () => {
    const database = `${source.name}_copy`;
    const { status, cause, output, events } = await run("restore", { create: true, database, compare: "rows" });
    expect({ status, cause }).toEqual({ status: "SUCCEEDED", cause: undefined });
    expect(output).toMatchObject({ restorePointId, status: "succeeded" });
    expect(visited(events)).toEqual([
      "Resolve",
      "PrepareRestore",
      "IsPlanned",
      "LoadSchema",
      "AnyChunks",
      "LoadChunks",
      "JudgeChunks",
      "AnyIndexes",
      "BuildIndexes",
      "JudgeIndexes",
      "AttachIndexes",
      "AnyForeignKeys",
      "AddForeignKeys",
      "JudgeForeignKeys",
      "FinishRestore",
      "PlanCompare",
      "AnyGroups",
      "CompareTables",
      "JudgeCompare",
      "CompleteRestore",
      "Record",
    ]);
    const report = await compareLive(parseConnection(source.url), parseConnection(urlOf(database)), options);
    expect(report.differences).toEqual([]);
    expect((await catalog().chunks.list(output.runId)).every(({ winner }) => winner !== undefined)).toBe(true);

    const compared = await run("compare", { database });
    expect({ status: compared.status, cause: compared.cause }).toEqual({ status: "SUCCEEDED", cause: undefined });
    await asAdmin((admin) => admin.query(`DROP DATABASE ${database}`));
  });

  it("fails, and leaves the target alone, when it is not empty", async () => {
    const target = await createDatabase("occupied");
    await target.query("CREATE TABLE precious (id int); INSERT INTO precious VALUES (1)");
    const { status, error, cause } = await run("restore", { database: target.name });
    expect({ status, error }).toEqual({ status: "FAILED", error: "PreconditionError" });
    expect(cause).toContain("target-not-empty");
    expect(cause).toContain("precious");
    expect(await target.query("SELECT id FROM precious")).toEqual([{ id: 1 }]);
    await target.drop();
  });
});

describe("a restore's plan", () => {
  it("is all that comes of a restore that was asked for it: no database is made, and nobody is told of a restore", async () => {
    const database = `${source.name}_planned`;
    const { status, cause, output, events } = await run("restore", { create: true, database, plan: true });
    expect({ status, cause }).toEqual({ status: "SUCCEEDED", cause: undefined });
    expect(visited(events)).toEqual(["Resolve", "PrepareRestore", "IsPlanned", "Record"]);
    const [made] = await asAdmin((admin) =>
      admin.query("SELECT FROM pg_database WHERE datname = $1", [database]).then(({ rows }) => rows),
    );
    expect(made).toBeUndefined();
    const kinds = expect.arrayContaining([{ what: "4 table", verdict: "as it is", why: "" }]);
    expect((await readReport(output.runId, ".plan")).rows).toEqual(kinds);
    const planned = await catalog().runs.get(output.runId);
    expect(planned).toMatchObject({ line: "plan of a restore of rescued succeeded", notes: { plan: kinds } });
  });

  it("fails the restore before its target is touched where that cannot take something", async () => {
    const target = await createDatabase("turned");
    await target.query("CREATE TABLE precious (id int)");
    await asAdmin((admin) => admin.query(`ALTER DATABASE ${target.name} SET role = pg_monitor`));
    const { status, error, cause } = await run("restore", {
      database: target.name,
      confirm: true,
      leaveOut: true,
    });
    expect({ status, error }).toEqual({ status: "FAILED", error: "PreconditionError" });
    expect(cause).toContain("target-cannot-take");
    const failed = await newestRun("rescued");
    expect(failed.findings).toMatchObject([{ code: "target-sets-role", where: `database ${target.name}` }]);
    await asAdmin((admin) => admin.query(`ALTER DATABASE ${target.name} RESET role`));
    const tables = await target.query("SELECT relname FROM pg_class WHERE oid >= 16384 AND relkind = 'r'");
    expect(tables).toEqual([{ relname: "precious" }]);
    await target.drop();
  });
});

describe("the compare machine", () => {
  it("names the table in which one value was changed, and keeps a report", async () => {
    const database = `${source.name}_changed`;
    const restored = await run("restore", { create: true, database });
    expect({ status: restored.status, cause: restored.cause }).toEqual({ status: "SUCCEEDED", cause: undefined });
    const client = new pg.Client(urlOf(database));
    await client.connect();
    await client.query("UPDATE customer SET name = 'Name 250' WHERE id = 250");
    await client.end();
    const { status, error, cause } = await run("compare", { database });
    expect({ status, error }).toEqual({ status: "FAILED", error: "IntegrityError" });
    expect(cause).toMatch(/table "public"\."customer": row-hash .*restore-differs/);
    const { runId } = await newestRun("rescued");
    const report = await readReport(runId);
    expect(report).toMatchObject({ schema: 1, runId, level: "rows", identical: false, database });
    expect(report.differences).toMatchObject([{ code: "table-differs", where: 'table "public"."customer" row-hash' }]);
    expect((await catalog().runs.get(runId))?.findings).toHaveLength(1);
    await asAdmin((admin) => admin.query(`DROP DATABASE ${database}`));
  });
});
