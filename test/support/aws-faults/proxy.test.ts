import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { Agent, createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { DisabledException, GenerateDataKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { PublishCommand, SNSClient } from "@aws-sdk/client-sns";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Certificate, makeCertificate } from "../../../infra/local/certificate.ts";
import { type FaultProxy, startFaultProxy } from "./proxy.ts";
import type { FaultEffect, FaultRule } from "./rules.ts";

let dir: string;
let certificate: Certificate;
let proxy: FaultProxy;
let close: () => Promise<void>;
/** What arrived behind the proxy. */
let arrived: { method: string; host: string; bytes: number }[];

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "holdfast-proxy-"));
  certificate = await makeCertificate(dir);
});
afterAll(() => rm(dir, { recursive: true }));

beforeEach(async () => {
  arrived = [];
  const server = createServer({ cert: certificate.pem, key: await readFile(certificate.keyFile) });
  server.on("request", async (incoming, answer) => {
    const body = Buffer.concat(await incoming.toArray().catch(() => []));
    arrived.push({ method: incoming.method ?? "", host: incoming.headers.host ?? "", bytes: body.length });
    answer.end(incoming.method === "GET" ? "x".repeat(200_000) : "{}");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  proxy = await startFaultProxy({ certificate, port: (server.address() as AddressInfo).port });
  close = async () => {
    await proxy.close();
    server.closeAllConnections();
    server.close();
  };
});
afterEach(() => close());

const options = (maxAttempts = 1) => ({
  endpoint: proxy.url,
  region: "us-east-1",
  credentials: { accessKeyId: "a", secretAccessKey: "b" },
  requestHandler: { httpsAgent: new Agent({ ca: certificate.pem }) },
  maxAttempts,
});
const s3 = (maxAttempts?: number) => new S3Client({ ...options(maxAttempts), forcePathStyle: true });
const put = (Key: string, bytes = 10, client = s3()) =>
  client.send(new PutObjectCommand({ Bucket: "vault", Key, Body: Buffer.alloc(bytes) }));
const get = (Key: string) => s3().send(new GetObjectCommand({ Bucket: "vault", Key }));
const fault = (rule: FaultRule) => proxy.rules.add(rule);

describe("what no rule matches", () => {
  it("passes as it is, whatever its size, under the host name that was signed", async () => {
    fault({ service: "s3", operation: "PutObject", containing: "elsewhere", effect: "reset" });
    await put("here", 3_000_000);
    const { Body } = await get("here");
    expect((await Body?.transformToString())?.length).toBe(200_000);
    const host = new URL(proxy.url).host;
    expect(arrived).toEqual([
      { method: "PUT", host, bytes: 3_000_000 },
      { method: "GET", host, bytes: 0 },
    ]);
  });
});

describe("a refusal", () => {
  const refuse = (status: number, code: string, more: object = {}): FaultEffect => ({ status, code, ...more });

  it("is S3's own to S3, for as many requests as it was asked for", async () => {
    const id = fault({
      operation: "PutObject",
      containing: "vault/a",
      skip: 1,
      times: 1,
      effect: refuse(503, "SlowDown"),
    });
    await put("a");
    await expect(put("a", 3_000_000)).rejects.toMatchObject({ name: "SlowDown", $metadata: { httpStatusCode: 503 } });
    await put("a");
    expect(proxy.rules.end(id)).toBe(1);
    expect(arrived).toHaveLength(2);
  });

  it("is of each service's protocol", async () => {
    fault({ service: "kms", effect: refuse(400, "DisabledException") });
    const fields = { CancellationReasons: [{ Code: "ThrottlingError" }] };
    fault({ service: "dynamodb", containing: '"a"', effect: refuse(400, "TransactionCanceledException", { fields }) });
    fault({ service: "sns", operation: "Publish", effect: refuse(400, "Throttling") });
    const key = new GenerateDataKeyCommand({ KeyId: "k", KeySpec: "AES_256" });
    await expect(new KMSClient(options()).send(key)).rejects.toBeInstanceOf(DisabledException);
    const item = new GetItemCommand({ TableName: "t", Key: { pk: { S: "a" } } });
    await expect(new DynamoDBClient(options()).send(item)).rejects.toMatchObject(fields);
    const message = new PublishCommand({ TopicArn: "arn:aws:sns:us-east-1:1:t", Message: "m" });
    await expect(new SNSClient(options()).send(message)).rejects.toMatchObject({ name: "Throttling" });
    expect(arrived).toEqual([]);
  });
});

describe("a connection", () => {
  it("is reset at once, so that nothing arrives", async () => {
    fault({ operation: "PutObject", effect: "reset" });
    await expect(put("a")).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(arrived).toEqual([]);
  });

  it("is reset in the middle of a request", async () => {
    fault({ operation: "PutObject", times: 1, effect: { resetAfterBytes: 100_000 } });
    await put("a", 3_000_000, s3(2));
    expect(arrived.at(-1)).toMatchObject({ bytes: 3_000_000 });
  });

  it("is reset in the middle of an answer", async () => {
    fault({ operation: "GetObject", effect: { resetAfterAnswerBytes: 70_000 } });
    const { Body } = await get("a");
    await expect(Body?.transformToByteArray()).rejects.toThrow(/aborted|ECONNRESET/);
  });

  it("is reset when all has been done, so that the answer is lost", async () => {
    fault({ operation: "PutObject", effect: "reset-after" });
    await expect(put("a")).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(arrived).toHaveLength(1);
  });

  it("stands still until the fault has ended, and goes on then", async () => {
    const id = fault({ operation: "PutObject", effect: "hold" });
    const putting = put("a", 3_000_000);
    while (proxy.rules.hits(id) === 0) await new Promise(setImmediate);
    expect(arrived).toEqual([]);
    proxy.rules.end(id);
    await putting;
    expect(arrived).toEqual([{ method: "PUT", host: new URL(proxy.url).host, bytes: 3_000_000 }]);
  });
});

describe("the calling process", () => {
  /** A process of its own that sends one request. */
  async function caller(): Promise<NodeJS.Signals | null> {
    const script = path.join(dir, "caller.mjs");
    await writeFile(script, `await fetch(process.argv[2], { method: "PUT", body: "x" });`);
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: certificate.certFile, POWERTOOLS_SERVICE_NAME: "dump-chunk" };
    const child = fork(script, [proxy.url], { env, execArgv: [], stdio: "ignore" });
    const [, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
    return signal;
  }

  it("is killed before its request is done, found by the function it is", async () => {
    fault({ caller: "dump", effect: "reset" });
    fault({ caller: "dump-chunk", effect: "kill-before" });
    expect(await caller()).toBe("SIGKILL");
    expect(arrived).toEqual([]);
  });

  it("is killed after its request has been done", async () => {
    fault({ effect: "kill-after" });
    expect(await caller()).toBe("SIGKILL");
    expect(arrived).toHaveLength(1);
  });
});
