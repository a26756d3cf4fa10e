/** The store and the catalog's table over connections that fail: a proxy of this file's own before the local AWS. */
import { randomBytes } from "node:crypto";
import { Agent } from "node:https";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { CreateKeyCommand, DisableKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { CreateBucketCommand, ListMultipartUploadsCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { bodyOptions, callOptions, objectOptions, repeatConflicts } from "../../../../core/aws/client-options.ts";
import { createCatalog } from "../../../../core/catalog/index.ts";
import { kmsRecipient, kmsUnwrapper } from "../../../../core/vault/envelope/kms.ts";
import { s3Store } from "../../../../core/vault/store/s3.ts";
import { clientOptions } from "../../../../infra/local/stack.ts";
import { type FaultProxy, startFaultProxy } from "../../../support/aws-faults/proxy.ts";
import type { FaultEffect, FaultRule } from "../../../support/aws-faults/rules.ts";
import { clients } from "../../../support/stack.ts";
import { inPiecesOf } from "./conformance.ts";

const MEBIBYTE = 1024 * 1024;
const bucket = `holdfast-faults-${randomBytes(6).toString("hex")}`;
const SLOW_DOWN: FaultEffect = { status: 503, code: "SlowDown" };
const BROKEN: FaultEffect = { status: 503, code: "ServiceUnavailable" };

let proxy: FaultProxy;
const fault = (rule: FaultRule) => proxy.rules.add(rule);

beforeAll(async () => {
  const { dir, env, ca } = inject("stack");
  const certificate = { certFile: path.join(dir, "cert.pem"), keyFile: path.join(dir, "key.pem"), pem: ca };
  proxy = await startFaultProxy({ certificate, port: Number(new URL(env.AWS_ENDPOINT_URL ?? "").port) });
  await clients.s3().send(new CreateBucketCommand({ Bucket: bucket }));
});
afterEach(() => proxy.rules.endAll());
afterAll(() => proxy.close());

/** The product's own options, with shorter limits where a test waits for them. */
function through<Options extends { readonly requestHandler: object }>(options: Options, limits: object = {}) {
  const { env, ca } = inject("stack");
  const requestHandler = { ...options.requestHandler, ...limits, httpsAgent: new Agent({ ca, keepAlive: true }) };
  return { ...clientOptions(env, ca), ...options, endpoint: proxy.url, requestHandler };
}

function storeOf({ stillMillis = 30_000, limits = {} }: { stillMillis?: number; limits?: object } = {}) {
  const client = new S3Client({ ...through(objectOptions, limits), forcePathStyle: true });
  const bodies = new S3Client({ ...through(bodyOptions), forcePathStyle: true });
  return s3Store({ client, bodies, bucket, partBytes: 5 * MEBIBYTE, stillMillis });
}

const body = randomBytes(12 * MEBIBYTE);
const upload = (key: string, store = storeOf()) => store.upload(key, inPiecesOf(body, MEBIBYTE));
async function read(key: string, store = storeOf(), range?: { start: number; end: number }): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of await store.read(key, range === undefined ? {} : { range })) pieces.push(piece);
  return Buffer.concat(pieces);
}
const openUploads = async () =>
  (await clients.s3().send(new ListMultipartUploadsCommand({ Bucket: bucket }))).Uploads ?? [];

describe("an upload", () => {
  it("outlasts throttles and connections that are reset in the middle of a part", async () => {
    fault({ operation: "UploadPart", times: 1, effect: { resetAfterBytes: 2 * MEBIBYTE } });
    fault({ operation: "UploadPart", skip: 1, times: 1, effect: SLOW_DOWN });
    fault({ operation: "CreateMultipartUpload", times: 1, effect: "reset" });
    await upload("v1/data/outlasts");
    expect((await read("v1/data/outlasts")).equals(body)).toBe(true);
    expect(await openUploads()).toEqual([]);
  });

  it("fails by name when a part never gets through, after as many tries as there are, and leaves nothing", async () => {
    const id = fault({ operation: "UploadPart", containing: "partNumber=2", effect: BROKEN });
    await expect(upload("v1/data/never")).rejects.toMatchObject({
      name: "StoreThrottledError",
      code: "store-throttled",
      message: expect.stringContaining("v1/data/never"),
    });
    expect(proxy.rules.end(id)).toBe(objectOptions.maxAttempts);
    expect(await storeOf().head("v1/data/never")).toBeUndefined();
    expect(await openUploads()).toEqual([]);
  });

  it("whose last answer was lost is known by the checksum that S3 gives when asked again", async () => {
    const id = fault({ operation: "CompleteMultipartUpload", times: 1, effect: "reset-after" });
    const { checksum } = await upload("v1/data/lost");
    expect(proxy.rules.end(id)).toBe(1);
    expect(await storeOf().head("v1/data/lost")).toMatchObject({ checksum, bytes: body.length });
    expect(await openUploads()).toEqual([]);
  });

  it("is taken neither for stored nor for another's when S3 cannot say whose the object is", async () => {
    fault({ operation: "PutObject", times: 1, effect: "reset-after" });
    const lost = { name: "StoreThrottledError", code: "store-unreachable" };
    await expect(storeOf().upload("v1/data/small", inPiecesOf(Buffer.from("small"), 2))).rejects.toMatchObject(lost);
    const gone = fault({
      operation: "CompleteMultipartUpload",
      skip: 1,
      effect: { status: 404, code: "NoSuchUpload" },
    });
    fault({ operation: "CompleteMultipartUpload", times: 1, effect: "reset-after" });
    await expect(upload("v1/data/gone")).rejects.toMatchObject(lost);
    expect(proxy.rules.end(gone)).toBe(1);
    expect(await openUploads()).toEqual([]);
  });

  it("does not take another's object for its own", async () => {
    await clients.s3().send(new PutObjectCommand({ Bucket: bucket, Key: "v1/data/foreign", Body: "foreign" }));
    const exists = { name: "PreconditionError", code: "object-exists" };
    await expect(upload("v1/data/foreign")).rejects.toMatchObject(exists);
    fault({ operation: "PutObject", times: 1, effect: "reset" });
    const again = storeOf().upload("v1/data/foreign", inPiecesOf(Buffer.from("ours"), 2));
    await expect(again).rejects.toMatchObject({ name: "StoreThrottledError" });
    expect((await read("v1/data/foreign")).toString()).toBe("foreign");
  });

  it("is tried again when another writer was at the same name at the same moment", async () => {
    fault({ operation: "PutObject", times: 1, effect: { status: 409, code: "ConditionalRequestConflict" } });
    await expect(storeOf().putIfAbsent("v1/meta/at-once", Buffer.from("x"))).rejects.toMatchObject({
      name: "StoreThrottledError",
    });
  });

  it.each([
    ["AccessDenied", 403, "store-access-denied"],
    ["KMS.DisabledException", 400, "key-unusable"],
    ["QuotaExceeded", 403, "store-full"],
  ])("fails at once when S3 says %s (%i)", async (code, status, want) => {
    const id = fault({ operation: "UploadPart", effect: { status, code } });
    await expect(upload(`v1/data/${want}`)).rejects.toMatchObject({ name: "PreconditionError", code: want });
    expect(proxy.rules.end(id)).toBeLessThanOrEqual(3);
    expect(await openUploads()).toEqual([]);
  });

  it("passes on the source's own error, although it looks like a connection of ours", async () => {
    const cut = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
    async function* source(): AsyncGenerator<Uint8Array> {
      yield body;
      throw cut;
    }
    await expect(storeOf().upload("v1/data/source", source())).rejects.toBe(cut);
    expect(await openUploads()).toEqual([]);
  });

  it("does not wait for ever for a server that has fallen silent", async () => {
    fault({ operation: "PutObject", times: 1, effect: "silence" });
    const store = storeOf({ limits: { socketTimeout: 500 } });
    expect(await store.putIfAbsent("v1/meta/silent", Buffer.from("x"))).toBe(true);
  });
});

describe("an object put whole", () => {
  it("is found by whoever asks again when the answer was lost, so that its content can be compared", async () => {
    fault({ operation: "PutObject", times: 1, effect: "reset-after" });
    expect(await storeOf().putIfAbsent("v1/meta/lost", Buffer.from("mine"))).toBe(false);
    expect((await read("v1/meta/lost")).toString()).toBe("mine");
  });
});

describe("a body", () => {
  beforeAll(() => upload("v1/data/body"));

  it("is read on over new connections where one broke, whole and in order", async () => {
    const id = fault({ operation: "GetObject", times: 3, effect: { resetAfterAnswerBytes: 3 * MEBIBYTE } });
    expect((await read("v1/data/body")).equals(body)).toBe(true);
    expect(proxy.rules.hits(id)).toBe(3);
    fault({ operation: "GetObject", skip: 1, times: 1, effect: { resetAfterAnswerBytes: 1000 } });
    const range = { start: 5_000_000, end: 5_999_999 };
    expect((await read("v1/data/body", storeOf(), range)).equals(body.subarray(5_000_000, 6_000_000))).toBe(true);
  });

  it("fails by name when connections break and bring nothing", async () => {
    fault({ operation: "GetObject", times: 1, effect: { resetAfterAnswerBytes: 3 * MEBIBYTE } });
    fault({ operation: "GetObject", effect: { resetAfterAnswerBytes: 0 } });
    await expect(read("v1/data/body")).rejects.toMatchObject({
      name: "StoreThrottledError",
      code: "store-unreachable",
      message: expect.stringContaining(`s3://${bucket}/v1/data/body`),
    });
  });

  it("is not continued with another object that took its place", async () => {
    await upload("v1/data/replaced");
    const held = fault({ operation: "GetObject", skip: 1, times: 1, effect: "hold" });
    fault({ operation: "GetObject", times: 1, effect: { resetAfterAnswerBytes: 3 * MEBIBYTE } });
    const reading = read("v1/data/replaced");
    reading.catch(() => undefined);
    while (proxy.rules.hits(held) === 0) await pause(10);
    const other = { Bucket: bucket, Key: "v1/data/replaced", Body: randomBytes(12 * MEBIBYTE) };
    await clients.s3().send(new PutObjectCommand(other));
    proxy.rules.end(held);
    await expect(reading).rejects.toMatchObject({ name: "IntegrityError", code: "object-changed" });
  });

  it("is read on over a new connection where the server has fallen silent", async () => {
    fault({ operation: "GetObject", times: 2, effect: { silentAfterAnswerBytes: MEBIBYTE } });
    expect((await read("v1/data/body", storeOf({ stillMillis: 300 }))).equals(body)).toBe(true);
  });

  it("may be read as slowly as its reader likes", async () => {
    const store = storeOf({ stillMillis: 300 });
    const again = fault({ operation: "GetObject", skip: 1, effect: "reset" });
    const pieces: Uint8Array[] = [];
    let isFirst = true;
    for await (const piece of await store.read("v1/data/body")) {
      if (isFirst) await pause(1_000);
      isFirst = false;
      pieces.push(piece);
    }
    expect(Buffer.concat(pieces).equals(body)).toBe(true);
    expect(proxy.rules.end(again)).toBe(0);
  });
});

describe("the key", () => {
  const context = { "holdfast:source": "faulty" };

  it("is asked again when throttled, and is named when it is disabled or may not be used", async () => {
    const { KeyMetadata } = await clients.kms().send(new CreateKeyCommand({}));
    const keyArn = KeyMetadata?.Arn ?? "";
    const client = new KMSClient(through(callOptions));
    const wrap = () => kmsRecipient({ client, keyArn }).wrap(randomBytes(32), context);
    const id = fault({
      service: "kms",
      operation: "Encrypt",
      times: 1,
      effect: { status: 400, code: "ThrottlingException" },
    });
    const wrapped = await wrap();
    expect(proxy.rules.end(id)).toBe(1);

    await clients.kms().send(new DisableKeyCommand({ KeyId: keyArn }));
    const unusable = { name: "PreconditionError", code: "key-unusable", message: expect.stringContaining(keyArn) };
    await expect(wrap()).rejects.toMatchObject(unusable);
    const entry = { kind: "aws-kms", id: keyArn, wrappedKey: "" } as const;
    await expect(kmsUnwrapper({ client }).unwrap(wrapped, entry, context)).rejects.toMatchObject(unusable);

    const credentials = { accessKeyId: "AKIAUNKNOWNUNKNOWN00", secretAccessKey: "unknown" };
    const stranger = new KMSClient({ ...through(callOptions), credentials });
    await expect(kmsRecipient({ client: stranger, keyArn }).wrap(randomBytes(32), context)).rejects.toMatchObject({
      name: "PreconditionError",
      code: "store-access-denied",
    });
  });
});

describe("the catalog", () => {
  const catalog = () => {
    const client = repeatConflicts(new DynamoDBClient(through(callOptions)));
    const documents = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
    return createCatalog({
      client: documents,
      table: inject("stack").parameter.catalogTable,
      clock: () => new Date(),
    });
  };
  const lease = (owner: string) => ({ subject: "SOURCE#faulty" as const, runId: owner, owner });

  it("is asked again when throttled, and knows its own write when the answer was lost", async () => {
    fault({
      operation: "UpdateItem",
      times: 2,
      effect: { status: 400, code: "ProvisionedThroughputExceededException" },
    });
    fault({ operation: "UpdateItem", times: 1, effect: "reset-after" });
    await catalog().leases.take(lease("first"));
    await expect(catalog().leases.take(lease("second"))).rejects.toMatchObject({ code: "lease-held" });
    await catalog().leases.release("SOURCE#faulty", "first");
  });

  it("repeats what two transactions at one item have cancelled, not what a condition has", async () => {
    const refused = (Code: string): FaultEffect => ({
      status: 400,
      code: "TransactionCanceledException",
      fields: { CancellationReasons: [{ Code: "None" }, { Code }] },
    });
    const conflict = fault({ operation: "UpdateItem", times: 2, effect: refused("TransactionConflict") });
    await catalog().leases.take(lease("third"));
    expect(proxy.rules.end(conflict)).toBe(2);
    const condition = fault({ operation: "UpdateItem", effect: refused("ConditionalCheckFailed") });
    await expect(catalog().leases.take(lease("third"))).rejects.toMatchObject({ name: "LeaseHeldError" });
    expect(proxy.rules.end(condition)).toBe(1);
  });

  it.each([
    ["InternalServerError", 500, "StoreThrottledError", "store-throttled", callOptions.maxAttempts],
    ["AccessDeniedException", 400, "PreconditionError", "store-access-denied", 1],
    ["ResourceNotFoundException", 400, "ConfigurationError", "catalog-missing", 1],
  ])("fails by name when DynamoDB always says %s", async (code, status, name, want, tries) => {
    const id = fault({ operation: "UpdateItem", effect: { status, code } });
    await expect(catalog().leases.take(lease("fourth"))).rejects.toMatchObject({ name, code: want });
    expect(proxy.rules.end(id)).toBe(tries);
  });
});
