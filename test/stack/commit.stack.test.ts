/**
 * A process ends between any two writes of a backup (docs/ARCHITECTURE.md, "Every write of a backup"): once at each of them, and
 * for good at those after which something is left.
 */
import { randomBytes } from "node:crypto";
import {
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
} from "@aws-sdk/client-s3";
import { DeleteCommand, QueryCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { Run } from "../../core/catalog/index.ts";
import { newRestorePointId } from "../../core/ids.ts";
import { commitManifest } from "../../core/vault/commit.ts";
import { kmsRecipient, kmsUnwrapper } from "../../core/vault/envelope/kms.ts";
import { type RestorePointRef, vaultKeys } from "../../core/vault/keys.ts";
import { listRestorePoints } from "../../core/vault/list.ts";
import { verifyRestorePoint } from "../../core/vault/verify/verify.ts";
import { type AwsFault, awsFault, type FaultRule } from "../support/aws-faults/index.ts";
import { createDatabase, type TestDatabase } from "../support/postgres.ts";
import { clients, runMachine, storeConnection } from "../support/stack.ts";
import { commits } from "../support/stack-config.ts";
import { writeSampleObjects } from "../support/vault.ts";
import { backUp, catalog, newestRun } from "./sources.ts";
import { refTo, vaultOf } from "./vault.ts";

type Place = Omit<FaultRule, "effect" | "times" | "containing"> & { readonly containing: (source: string) => string };

/** As bodies to DynamoDB have the keys of a source's own items, and of the chunks of its runs. */
const own = (source: string) => `"SOURCE#${source}"`;
const chunkOf = (source: string) => `"pk":{"S":"RUN#${source}-2`;

const writes = {
  envelope: { caller: "encrypt", operation: "PutObject", containing: (source) => `/v1/meta/${source}/` },
  plan: { caller: "plan-dump", operation: "PutObject", containing: (source) => `/runs/${source}-2` },
  chunk: { caller: "dump-chunk", operation: "PutObject", containing: (source) => `/v1/data/${source}/` },
  // The first of its chunk's updates counts the attempt.
  winner: { caller: "dump-chunk", operation: "UpdateItem", containing: chunkOf, skip: 1 },
  committing: { caller: "judge", operation: "UpdateItem", containing: own, skip: 2 },
  manifest: { caller: "upload", operation: "PutObject", containing: (source) => `/v1/meta/${source}/` },
  // The manifest is written twice before: when it was killed, and when it was tried again.
  summary: { caller: "upload", operation: "PutObject", containing: (source) => `/v1/meta/${source}/`, skip: 2 },
  restorePoint: { caller: "upload", operation: "PutItem", containing: own },
  report: { caller: "verify-judge", operation: "PutObject", containing: (source) => `/v1/reports/${source}/` },
  end: { caller: "record", operation: "UpdateItem", containing: own },
} as const satisfies Record<string, Place>;
type Write = keyof typeof writes;

interface Death {
  readonly effect: "kill-before" | "kill-after";
  /** Absent: whenever it comes to it. */
  readonly times?: number;
  /** Requests that pass besides. */
  readonly more?: number;
}

const at = (source: string, write: Write, { more = 0, ...death }: Death): Promise<AwsFault> => {
  const { containing, skip = 0, ...place }: Place = writes[write];
  return awsFault({ ...place, ...death, containing: containing(source), skip: skip + more });
};

let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase("commit");
  await database.query("CREATE TABLE ledger AS SELECT n AS id, md5(n::text) AS note FROM generate_series(1, 50) n");
  await Promise.all(commits.map((source) => storeConnection(`${source}-read`, database.name, "read")));
});
afterAll(() => database.drop());

const unwrappers = () => [kmsUnwrapper({ client: clients.kms() })];

async function committedOf(source: string): Promise<RestorePointRef[]> {
  const refs: RestorePointRef[] = [];
  for await (const ref of listRestorePoints(vaultOf(), source)) refs.push(ref);
  return refs;
}

async function issuesOf(ref: RestorePointRef): Promise<unknown> {
  return (await verifyRestorePoint("full", vaultOf(), unwrappers(), ref)).issues;
}

/** Items of restore points with their keys, as the table has them. */
async function itemsOf(source: string): Promise<readonly Record<string, unknown>[]> {
  const { catalogTable: TableName } = inject("stack").parameter;
  const found = await clients.dynamodb().send(
    new QueryCommand({
      TableName,
      KeyConditionExpression: "pk = :pk AND begins_with(sk, :rp)",
      ExpressionAttributeValues: { ":pk": `SOURCE#${source}`, ":rp": "RP#" },
      ConsistentRead: true,
    }),
  );
  return found.Items ?? [];
}

/** The chunk's death has an attempt of its own counted before the winner's turn comes. */
const once = (write: Write): Death => ({ effect: "kill-after", times: 1, more: write === "winner" ? 1 : 0 });

/** What a death for good leaves: nothing that looks whole, or something whole that the next run files. */
const forGood = [
  ["commit-b", "winner", "kill-before", false],
  ["commit-c", "manifest", "kill-before", false],
  ["commit-d", "manifest", "kill-after", true],
] as const;

describe("a backup", () => {
  it.concurrent("whose functions' processes end once after every write is whole, filed once, with one copy of each chunk", async () => {
    const source = "commit-a";
    const names = Object.keys(writes) as Write[];
    const faults = await Promise.all(names.map((write) => at(source, write, once(write))));
    const { status, error, cause, outcome } = await backUp(source);
    const hits = await Promise.all(faults.map((fault) => fault.end()));
    expect({ status, error, cause }).toEqual({ status: "SUCCEEDED", error: undefined, cause: undefined });
    expect(names.filter((_, index) => hits[index] !== 1)).toEqual([]);
    const ref = refTo(source, outcome?.restorePointId ?? "");
    expect(await committedOf(source)).toEqual([ref]);
    expect(await issuesOf(ref)).toEqual([]);
    expect(await itemsOf(source)).toMatchObject([
      { restorePointId: ref.restorePointId, status: "available", chunks: 1, verified: { isValid: true } },
    ]);
  });

  it.concurrent.each(forGood)(
    "of %s whose function's process ends whenever it comes to its %s, %s, is red by name and leaves nothing half",
    async (source, write, effect, isCommitted) => {
      const before = await itemsOf(source);
      const fault = await at(source, write, { effect });
      const { status, executionArn } = await backUp(source);
      expect(await fault.end()).toBeGreaterThan(1);
      expect(status).toBe("FAILED");
      const run = await newestRun(source);
      expect(run).toMatchObject({
        executionArn,
        status: "failed",
        error: { name: expect.any(String), message: expect.any(String) },
      });
      const left = (await committedOf(source)).filter(({ restorePointId }) => restorePointId === run.restorePointId);
      expect(left).toHaveLength(isCommitted ? 1 : 0);
      for (const ref of left) expect(await issuesOf(ref)).toEqual([]);
      expect(await itemsOf(source)).toEqual(before);
    },
  );
});

describe("the next run", () => {
  it.concurrent("files the whole restore point that nobody knew of", async () => {
    const source = "commit-d";
    const [lost] = await committedOf(source);
    expect((await backUp(source)).status).toBe("SUCCEEDED");
    const filed = await catalog().restorePoints.get(lost?.restorePointId ?? "", source);
    expect(filed).toMatchObject({ ...lost, status: "available", chunks: 1, rows: 50 });
    expect((await newestRun(source)).notes?.leftovers).toMatchObject({ filed: 1 });
  });

  it.concurrent("clears what a run of long ago has left, by markers, and its unfinished uploads", async () => {
    const source = "commit-c";
    const [dead, whole] = [await writePast(source, 9), await writePast(source, 8)];
    await commitManifest(vaultOf(), whole.envelope, whole.ref, whole.manifest);
    const loser = vaultKeys.chunkKey(whole.ref, 1, 7);
    await vaultOf().putIfAbsent(loser, Buffer.from("lost"));
    const { vaultBucket: Bucket } = inject("stack").parameter;
    const Key = vaultKeys.chunkKey(dead.ref, 9, 1);
    await clients.s3().send(new CreateMultipartUploadCommand({ Bucket, Key }));
    const prefixes = [vaultKeys.dataPrefix(dead.ref), vaultKeys.metaPrefix(dead.ref)];
    const before = (await Promise.all(prefixes.map(keysBelow))).flat();
    expect((await backUp(source)).status).toBe("SUCCEEDED");
    expect(await Promise.all(prefixes.map(keysBelow))).toEqual([[], []]);
    const notes = (await newestRun(source)).notes?.leftovers;
    expect(notes).toEqual({ filed: 1, found: before.length + 1, cleared: before.length + 1, uploads: 1 });
    expect(await keysBelow(loser)).toEqual([]);
    expect(await issuesOf(whole.ref)).toEqual([]);
    const uploads = await clients.s3().send(new ListMultipartUploadsCommand({ Bucket, Prefix: Key }));
    expect(uploads.Uploads ?? []).toEqual([]);
    const versions = await clients.s3().send(new ListObjectVersionsCommand({ Bucket, Prefix: prefixes[0] }));
    expect(versions.Versions?.length).toBe(versions.DeleteMarkers?.length);
  });

  it.concurrent("goes on when leftovers cannot be looked for, and says so", async () => {
    const fault = await awsFault({
      caller: "find-leftovers",
      operation: "ListObjectsV2",
      containing: "commit-b",
      effect: { status: 403, code: "AccessDenied" },
    });
    const { status } = await backUp("commit-b");
    expect(await fault.end()).toBeGreaterThan(0);
    expect(status).toBe("SUCCEEDED");
    expect((await newestRun("commit-b")).findings).toMatchObject([{ code: "leftovers-not-cleared" }]);
  });
});

describe("a rebuild by the deployed machine", () => {
  it("makes an emptied catalog what it was, and says when it has nothing to do", async () => {
    const before = await itemsOf("commit-a");
    expect(before.length).toBeGreaterThan(0);
    const { catalogTable: TableName } = inject("stack").parameter;
    for (const { pk, sk } of before) await clients.dynamodb().send(new DeleteCommand({ TableName, Key: { pk, sk } }));
    const first = await rebuild("commit-a");
    expect(first.notes?.rebuilt).toMatchObject({ found: before.length, filed: before.length });
    expect(await itemsOf("commit-a")).toEqual(before);
    expect((await rebuild("commit-a")).notes?.rebuilt).toMatchObject({ unchanged: before.length, filed: 0 });
  });
});

async function rebuild(source: string): Promise<Run> {
  const { status, error, cause, result } = await runMachine("rebuild", { source });
  expect({ status, error, cause }).toEqual({ status: "SUCCEEDED", error: undefined, cause: undefined });
  return catalog().runs.expect((result as { runId: string }).runId);
}

/** Everything up to the manifest, by a run of so many days ago that nobody remembers. */
function writePast(source: string, daysAgo: number) {
  const restorePointId = newRestorePointId(new Date(Date.now() - daysAgo * 24 * 3600_000), randomBytes);
  const recipients = [kmsRecipient({ client: clients.kms(), keyArn: inject("stack").parameter.keyArn })];
  return writeSampleObjects(vaultOf(), { recipients, unwrappers: unwrappers(), ref: refTo(source, restorePointId) });
}

async function keysBelow(prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of vaultOf().list(prefix)) keys.push(key);
  return keys;
}
