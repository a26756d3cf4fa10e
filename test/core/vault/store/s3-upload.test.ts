import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import type { S3Client } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { s3Store } from "../../../../core/vault/store/s3.ts";

const MEBIBYTE = 1024 * 1024;
interface Sent {
  readonly name: string;
  readonly input: { readonly Body?: Uint8Array; readonly ChecksumSHA256?: string; readonly PartNumber?: number };
}

/** Answers like S3 as far as an upload asks, in the order and with the failures a test wants. */
function stubClient(answer: (sent: Sent) => Promise<unknown>): { client: S3Client; sent: Sent[] } {
  const sent: Sent[] = [];
  const send = async (command: { constructor: { name: string }; input: Sent["input"] }): Promise<unknown> => {
    const entry = { name: command.constructor.name.replace("Command", ""), input: command.input };
    sent.push(entry);
    return answer(entry);
  };
  return { client: { send } as unknown as S3Client, sent };
}

async function* mebibytes(n: number): AsyncGenerator<Uint8Array> {
  for (let piece = 0; piece < n; piece += 1) yield Buffer.alloc(MEBIBYTE, piece);
}

test("holds no more parts than its concurrency allows, however slow the store", async () => {
  let underWay = 0;
  let most = 0;
  const { client, sent } = stubClient(async ({ name }) => {
    if (name !== "UploadPart") return {};
    underWay += 1;
    most = Math.max(most, underWay);
    for (let turn = 0; turn < 20; turn += 1) await setImmediate();
    underWay -= 1;
    return { ETag: '"etag"' };
  });
  let taken = 0;
  let mostAhead = 0;
  async function* source(): AsyncGenerator<Uint8Array> {
    for await (const piece of mebibytes(60)) {
      taken += 1;
      const parts = sent.filter(({ name }) => name === "UploadPart").length;
      mostAhead = Math.max(mostAhead, taken - 5 * (parts - underWay));
      yield piece;
    }
  }
  const store = s3Store({ client, bucket: "b", partBytes: 5 * MEBIBYTE, concurrency: 3 });
  await store.upload("v1/key", source());
  expect(most).toBe(3);
  expect(mostAhead).toBeLessThanOrEqual(5 * (3 + 1));
});

test("knows the composite checksum from the parts it sent", async () => {
  const { client, sent } = stubClient(async () => ({ ETag: '"etag"' }));
  const store = s3Store({ client, bucket: "b", partBytes: 5 * MEBIBYTE });
  const { checksum } = await store.upload("v1/key", mebibytes(12));
  const digests = sent
    .filter(({ name }) => name === "UploadPart")
    .map(({ input }) =>
      createHash("sha256")
        .update(input.Body ?? "")
        .digest(),
    );
  expect(digests).toHaveLength(3);
  expect(checksum).toBe(
    `sha256-composite:${createHash("sha256").update(Buffer.concat(digests)).digest("base64")}-${digests.length}`,
  );
});

test("fails when the store says it holds other bytes than were sent", async () => {
  const { client } = stubClient(async ({ name }) =>
    name === "CompleteMultipartUpload" ? { ChecksumSHA256: "b3RoZXI=-3" } : { ETag: '"etag"' },
  );
  const upload = s3Store({ client, bucket: "b", partBytes: 5 * MEBIBYTE }).upload("v1/key", mebibytes(12));
  await expect(upload).rejects.toMatchObject({ name: "IntegrityError", code: "store-checksum-mismatch" });
});

test("aborts the upload and closes the source when a part fails", async () => {
  const { client, sent } = stubClient(async ({ name, input }) => {
    if (name !== "UploadPart") return { UploadId: "u" };
    if (input.PartNumber === 2)
      throw Object.assign(new Error("Please reduce your request rate."), { name: "SlowDown" });
    return { ETag: '"etag"' };
  });
  let isClosed = false;
  async function* source(): AsyncGenerator<Uint8Array> {
    try {
      yield* mebibytes(1000);
    } finally {
      isClosed = true;
    }
  }
  const upload = s3Store({ client, bucket: "b", partBytes: 5 * MEBIBYTE }).upload("v1/key", source());
  await expect(upload).rejects.toMatchObject({ name: "StoreThrottledError", code: "store-throttled" });
  expect(isClosed).toBe(true);
  expect(sent.at(-1)?.name).toBe("AbortMultipartUpload");
  expect(sent.map(({ name }) => name)).not.toContain("CompleteMultipartUpload");
});

function refusal(name: string, httpStatusCode: number, attempts: number): Error {
  return Object.assign(new Error(name), { name, $metadata: { httpStatusCode, attempts } });
}

test("asks for another attempt when its own request was repeated after a lost answer and found the object stored", async () => {
  const { client } = stubClient(async () => Promise.reject(refusal("PreconditionFailed", 412, 2)));
  const store = s3Store({ client, bucket: "b" });
  await expect(store.upload("v1/key", mebibytes(1))).rejects.toMatchObject({
    name: "StoreThrottledError",
    code: "store-unreachable",
  });
});

test("asks for another attempt when its repeated completion finds the upload gone", async () => {
  const { client } = stubClient(async ({ name }) =>
    name === "CompleteMultipartUpload" ? Promise.reject(refusal("NoSuchUpload", 404, 3)) : { ETag: '"etag"' },
  );
  const store = s3Store({ client, bucket: "b", partBytes: 5 * MEBIBYTE });
  await expect(store.upload("v1/key", mebibytes(12))).rejects.toMatchObject({ name: "StoreThrottledError" });
});

test("fails to write over what somebody else has stored", async () => {
  const { client } = stubClient(async () => Promise.reject(refusal("PreconditionFailed", 412, 1)));
  const store = s3Store({ client, bucket: "b" });
  await expect(store.upload("v1/key", mebibytes(1))).rejects.toMatchObject({
    name: "PreconditionError",
    code: "object-exists",
  });
});
