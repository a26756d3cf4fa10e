/**
 * A vault in an S3 bucket.
 * @module
 */
import { createHash } from "node:crypto";
import {
  DeleteObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { mapAwsError, mapped, statusOf } from "../../aws/errors.ts";
import { StoreThrottledError } from "../../errors.ts";
import { objectExists, objectMissing } from "./errors.ts";
import { assertKey, type Store, type StoredObject } from "./port.ts";
import { readBody } from "./s3-read.ts";
import { uploadParts } from "./s3-upload.ts";
import { WatchedSource } from "./watched-source.ts";

const MEBIBYTE = 1024 * 1024;

export interface S3StoreOptions {
  readonly client: S3Client;
  /** For bodies that are read: its connections may stand still for as long as the reader does. @default client */
  readonly bodies?: S3Client;
  readonly bucket: string;
  /** Bytes per part of an upload; S3 allows 10,000 parts of at least 5 MiB. @default 16 MiB: objects up to 156 GiB */
  readonly partBytes?: number;
  /** Parts under way at once; memory is about `partBytes * (concurrency + 1)`. @default 3 */
  readonly concurrency?: number;
  /** Longest wait for the next bytes of a body. @default 30 s */
  readonly stillMillis?: number;
}

/** @throws StoreThrottledError, PreconditionError, ObjectFrozenError by the table in core/aws/errors.ts, from every call. */
export function s3Store(options: S3StoreOptions): Store {
  const { client, bodies = client, bucket, partBytes = 16 * MEBIBYTE, concurrency = 3, stillMillis = 30_000 } = options;
  const location = `s3://${bucket}`;
  const target = (key: string) => ({ Bucket: bucket, Key: assertKey(key) });

  return {
    location,
    async putIfAbsent(key, body) {
      const checksum = createHash("sha256").update(body).digest("base64");
      try {
        await client.send(
          new PutObjectCommand({ ...target(key), Body: body, IfNoneMatch: "*", ChecksumSHA256: checksum }),
        );
        return true;
      } catch (error) {
        if (isExisting(error)) return false;
        throw mapAwsError(error, `create ${location}/${key}`);
      }
    },
    async upload(key, body, { signal } = {}) {
      const source = new WatchedSource(body);
      try {
        return await uploadParts({ client, ...target(key), body: source, partBytes, concurrency, signal });
      } catch (error) {
        signal?.throwIfAborted();
        source.rethrow(error);
        if (isOwnDoing(error)) throw answerLost(location, key, error);
        if (isExisting(error)) throw objectExists(location, key, error);
        throw mapAwsError(error, `upload ${location}/${key}`);
      }
    },
    async read(key, { range, signal } = {}) {
      try {
        return await readBody({ client: bodies, ...target(key), range, signal, stillMillis });
      } catch (error) {
        signal?.throwIfAborted();
        if (isMissing(error)) throw objectMissing(location, key, error);
        throw mapAwsError(error, `read ${location}/${key}`);
      }
    },
    async head(key) {
      try {
        const answer = await client.send(new HeadObjectCommand({ ...target(key), ChecksumMode: "ENABLED" }));
        const checksum = checksumOf(answer.ChecksumSHA256);
        return {
          key,
          bytes: answer.ContentLength ?? 0,
          ...(checksum !== undefined && { checksum }),
          tier: answer.StorageClass ?? "STANDARD",
        };
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw mapAwsError(error, `look at ${location}/${key}`);
      }
    },
    list: (prefix) => listObjects(client, bucket, prefix),
    async delete(key) {
      await mapped(`delete ${location}/${key}`, () => client.send(new DeleteObjectCommand(target(key))));
    },
  };
}

/** S3 writes the checksum of checksums as `<base64>-<parts>`. */
export function checksumOf(sha256: string | undefined): string | undefined {
  if (sha256 === undefined) return undefined;
  return sha256.includes("-") ? `sha256-composite:${sha256}` : `sha256:${sha256}`;
}

async function* listObjects(client: S3Client, bucket: string, prefix: string): AsyncGenerator<StoredObject> {
  let token: string | undefined;
  do {
    const page = await mapped(`list s3://${bucket}/${prefix}`, () =>
      client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token })),
    );
    for (const { Key: key, Size: bytes, StorageClass: tier } of page.Contents ?? []) {
      if (key !== undefined) yield { key, bytes: bytes ?? 0, tier: tier ?? "STANDARD" };
    }
    token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
}

/**
 * The SDK sends a request again whose answer was lost; had S3 stored the object, the second is refused for its sake, or finds its
 * upload completed. Whether it is whole is not asked here (a writer may not read): another attempt has another key.
 */
function isOwnDoing(error: unknown): boolean {
  if (!(error instanceof Error) || !("$metadata" in error)) return false;
  const { attempts = 1 } = error.$metadata as { readonly attempts?: number };
  return attempts > 1 && (isExisting(error) || error.name === "NoSuchUpload");
}

function answerLost(location: string, key: string, cause: unknown): StoreThrottledError {
  return new StoreThrottledError("store-unreachable", `the answer to the upload of ${location}/${key} was lost`, {
    hint: "It is retried under another key; when it lasts, check the route to AWS.",
    cause,
  });
}

const isExisting = (error: unknown): boolean => statusOf(error) === 412;
const isMissing = (error: unknown): boolean =>
  error instanceof Error && (error.name === "NoSuchKey" || error.name === "NotFound") && statusOf(error) === 404;
