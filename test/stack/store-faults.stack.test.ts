import { ListMultipartUploadsCommand } from "@aws-sdk/client-s3";
import { GetCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { Run } from "../../core/catalog/index.ts";
import { vaultKeys } from "../../core/vault/keys.ts";
import { type AwsFault, awsFault, type FaultEffect, type FaultRule } from "../support/aws-faults/index.ts";
import { asAdmin, type TestDatabase } from "../support/postgres.ts";
import { clients, runMachine, storeConnection, visited } from "../support/stack.ts";
import { subscribeToAlerts } from "./alerts.ts";
import { backUp, catalog, databaseBehind, manyRows, newestRun } from "./sources.ts";
import { refTo, vaultOf } from "./vault.ts";

let database: TestDatabase;
let alerts: Awaited<ReturnType<typeof subscribeToAlerts>>;

/** 17 MB in one row, which this source does not compress: an object of two parts. */
const WIDE = `
  CREATE TABLE document (id int PRIMARY KEY, filler text NOT NULL);
  INSERT INTO document VALUES (1, repeat(md5('1'), 530000));
  ANALYZE document`;

beforeAll(async () => {
  database = await databaseBehind("stormy", ...manyRows("ledger", 2_000), WIDE);
  await storeConnection("stormy-write", "postgres", "write");
  alerts = await subscribeToAlerts("stormy");
});
afterAll(async () => {
  await alerts.end();
  await database.drop();
});

const refused = (status: number, code: string): FaultEffect => ({ status, code });
const SLOW_DOWN = refused(503, "SlowDown");
const BROKEN = refused(500, "InternalError");

/** What people and programs are told of other sources' runs may list this one among those configured: go by its runs' ids. */
const scopeOf = ({ service = "" }: FaultRule): string => (["sns", "events"].includes(service) ? "stormy-20" : "stormy");

/** Faults of this source alone, ended with the test. */
async function faults(...rules: readonly FaultRule[]): Promise<AsyncDisposable & { readonly list: AwsFault[] }> {
  const list = await Promise.all(rules.map((rule) => awsFault({ containing: scopeOf(rule), ...rule })));
  return {
    list,
    async [Symbol.asyncDispose]() {
      await Promise.all(list.map((fault) => fault.end()));
    },
  };
}

const hitsOf = ({ list }: { readonly list: readonly AwsFault[] }) => Promise.all(list.map((fault) => fault.hits()));

describe("stores that fail for a moment, each in its own way", () => {
  it("cost a backup nothing: it is whole, and verified to the last byte", async () => {
    const rules: readonly FaultRule[] = [
      { service: "s3", operation: "UploadPart", effect: { resetAfterBytes: 3_000_000 } },
      { service: "s3", operation: "CompleteMultipartUpload", effect: "reset-after" },
      { service: "s3", operation: "PutObject", effect: SLOW_DOWN },
      { service: "s3", operation: "PutObject", caller: "upload", effect: "reset-after" },
      { service: "s3", operation: "GetObject", caller: "verify-chunk", effect: { resetAfterAnswerBytes: 70_000 } },
      { service: "kms", operation: "Encrypt", effect: refused(400, "ThrottlingException") },
      { service: "kms", operation: "Decrypt", effect: refused(500, "KMSInternalException") },
      { service: "dynamodb", operation: "UpdateItem", effect: refused(400, "ProvisionedThroughputExceededException") },
      { service: "dynamodb", operation: "UpdateItem", caller: "dump-chunk", effect: "reset-after" },
      { service: "dynamodb", operation: "Query", effect: refused(500, "InternalServerError") },
      { service: "secretsmanager", operation: "GetSecretValue", effect: refused(500, "InternalServiceError") },
      { service: "events", operation: "PutEvents", effect: "reset" },
    ];
    await using storm = await faults(...rules.map((rule) => ({ times: 1, ...rule })));
    const { status, error, cause, outcome } = await backUp("stormy");
    expect({ status, error, cause }).toEqual({ status: "SUCCEEDED", error: undefined, cause: undefined });
    const unmet = (await hitsOf(storm)).flatMap((hits, i) => (hits === 1 ? [] : [rules[i]]));
    expect(unmet).toEqual([]);
    expect(await catalog().restorePoints.get(outcome?.restorePointId ?? "", "stormy")).toMatchObject({
      verified: { level: "full", isValid: true },
    });
  });

  it("cost a restore nothing: it is identical", async () => {
    await using storm = await faults(
      {
        service: "s3",
        operation: "GetObject",
        caller: "load-chunk",
        times: 4,
        effect: { resetAfterAnswerBytes: 90_000 },
      },
      { service: "s3", operation: "GetObject", caller: "load-schema", times: 1, effect: SLOW_DOWN },
      { service: "kms", operation: "Decrypt", caller: "load-chunk", times: 1, effect: "reset-after" },
    );
    const copy = `${database.name}_copy`;
    const options = { target: "stormy", create: true, database: copy, compare: "rows" };
    const { status, error, cause } = await runMachine("restore", { source: "stormy", options });
    await asAdmin((admin) => admin.query(`DROP DATABASE IF EXISTS ${copy}`));
    expect({ status, error, cause }).toEqual({ status: "SUCCEEDED", error: undefined, cause: undefined });
    expect(await hitsOf(storm)).toEqual([4, 1, 1]);
  });
});

/** A backup that meets a fault that does not pass: red, named, told, and nothing of it left. */
async function failedBackup(...rules: readonly FaultRule[]) {
  await using storm = await faults(...rules);
  const { status, error, cause, events } = await backUp("stormy");
  expect(status).toBe("FAILED");
  const { Subject } = await alerts.about((await newestRun("stormy")).runId);
  const run = await newestRun("stormy");
  expect(run).toMatchObject({ status: "failed", error: { name: error } });
  await expectNothingLeft(run);
  expect(Subject).toBe(`Holdfast test: backup of stormy failed, ${run.error?.code}`);
  return { error, cause, code: run.error?.code, hint: run.error?.hint, events, hits: await hitsOf(storm) };
}

async function expectNothingLeft({ restorePointId = "" }: Run): Promise<void> {
  const ref = refTo("stormy", restorePointId);
  expect(await vaultOf().head(vaultKeys.manifestKey(ref))).toBeUndefined();
  const { vaultBucket: Bucket, catalogTable: TableName } = inject("stack").parameter;
  const uploads = new ListMultipartUploadsCommand({ Bucket, Prefix: vaultKeys.dataPrefix(ref) });
  expect((await clients.s3().send(uploads)).Uploads ?? []).toEqual([]);
  expect(await catalog().restorePoints.get(restorePointId, "stormy")).toBeUndefined();
  const lease = new GetCommand({ TableName, Key: { pk: "SOURCE#stormy", sk: "LEASE" }, ConsistentRead: true });
  expect((await clients.dynamodb().send(lease)).Item?.owner).toBeUndefined();
}

describe("a store that keeps failing ends the run by name", () => {
  it("when the manifest cannot be written, after as many tries as there are and no more", async () => {
    const failed = await failedBackup({ service: "s3", operation: "PutObject", caller: "upload", effect: BROKEN });
    expect(failed).toMatchObject({ error: "StoreThrottledError", code: "store-throttled", hits: [5 * 5] });
    expect(failed.hint).toContain("quota");
  });

  it("when parts of chunks are denied, at once", async () => {
    const failed = await failedBackup({ service: "s3", operation: "UploadPart", effect: refused(403, "AccessDenied") });
    expect(failed).toMatchObject({ error: "PreconditionError", code: "store-access-denied" });
    expect(failed.hint).toContain("policy");
    expect(visited(failed.events)).not.toContain("Upload");
  });

  it("when the secret is denied, before anything has begun; and the catalog that cannot be told is told by cleaning up", async () => {
    const denied = refused(400, "AccessDeniedException");
    const failed = await failedBackup(
      { service: "secretsmanager", operation: "GetSecretValue", effect: denied },
      { service: "dynamodb", caller: "record", containing: "stormy-20", effect: denied },
    );
    expect(failed).toMatchObject({ error: "PreconditionError", code: "store-access-denied", hits: [1, 1] });
    expect(failed.cause).toContain("stormy-read");
    expect(visited(failed.events).slice(-2)).toEqual(["RecordFailure", "FailedUntold"]);
  });

  it("when the key is disabled; and the alert that cannot be sent at first is sent by cleaning up", async () => {
    const failed = await failedBackup(
      { service: "kms", operation: "Encrypt", effect: refused(400, "DisabledException") },
      { service: "sns", operation: "Publish", times: 1, effect: refused(403, "AuthorizationError") },
    );
    expect(failed).toMatchObject({ error: "PreconditionError", code: "key-unusable", hits: [1, 1] });
    expect(failed.cause).toContain("key-unusable");
    expect(visited(failed.events).slice(-2)).toEqual(["RecordFailure", "FailedUntold"]);
  });
});

describe("a store that keeps failing while a restore point is read", () => {
  it("fails a restore by name before its target is touched, when the key is disabled", async () => {
    await using storm = await faults({
      service: "kms",
      operation: "Decrypt",
      effect: refused(400, "DisabledException"),
    });
    const never = `${database.name}_never`;
    const options = { target: "stormy", create: true, database: never };
    const { status, error, cause } = await runMachine("restore", { source: "stormy", options });
    expect({ status, error }).toEqual({ status: "FAILED", error: "PreconditionError" });
    expect(cause).toContain("key-unusable");
    expect(await hitsOf(storm)).toEqual([1]);
    const found = await asAdmin((admin) => admin.query("SELECT FROM pg_database WHERE datname = $1", [never]));
    expect(found.rowCount).toBe(0);
  });

  it("fails the verification by name, and takes nothing for damage", async () => {
    await using _storm = await faults({
      service: "s3",
      operation: "GetObject",
      caller: "verify-chunk",
      effect: { resetAfterAnswerBytes: 100 },
    });
    const { status, error } = await runMachine("verify", { source: "stormy", options: { level: "full" } });
    expect({ status, error }).toEqual({ status: "FAILED", error: "StoreThrottledError" });
    const [point] = await catalog().restorePoints.list("stormy", 1);
    expect(point).toMatchObject({ status: "available", verified: { isValid: true } });
  });
});
