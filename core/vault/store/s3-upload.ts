/**
 * Sends a stream of unknown length to S3 in parts. Written here and not taken from `lib-storage` so that each part's
 * SHA-256 is ours, computed from the bytes we hold, and S3's composite checksum can be known without asking S3.
 * @module
 */
import { createHash } from "node:crypto";
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { IntegrityError } from "../../errors.ts";
import { inPieces } from "../stream/pieces.ts";
import type { StoredObject } from "./port.ts";

export interface PartsUpload {
  readonly client: S3Client;
  readonly Bucket: string;
  readonly Key: string;
  readonly body: AsyncIterable<Uint8Array>;
  readonly partBytes: number;
  readonly concurrency: number;
  readonly signal: AbortSignal | undefined;
}

/** One PUT when the whole fits one part, else a multipart upload that is aborted when anything fails. */
export async function uploadParts(upload: PartsUpload): Promise<StoredObject> {
  const parts = inPieces(upload.body, upload.partBytes);
  const first = await parts.next();
  const start = first.done === true ? Buffer.alloc(0) : Buffer.concat(first.value);
  if (start.length < upload.partBytes) return putWhole(upload, start);

  const { client, Bucket, Key, signal } = upload;
  const target = { Bucket, Key };
  const sending = { ...(signal && { abortSignal: signal }) };
  const { UploadId } = await client.send(
    new CreateMultipartUploadCommand({ ...target, ChecksumAlgorithm: "SHA256", ChecksumType: "COMPOSITE" }),
    sending,
  );
  try {
    const { completed, bytes, checksum } = await sendParts(upload, UploadId, start, parts);
    const answer = await client.send(
      new CompleteMultipartUploadCommand({
        ...target,
        UploadId,
        MultipartUpload: { Parts: completed },
        MpuObjectSize: bytes,
        IfNoneMatch: "*",
      }),
      sending,
    );
    assertAgreed(Key, checksum, answer.ChecksumSHA256);
    return { key: Key, bytes, checksum: `sha256-composite:${checksum}` };
  } catch (error) {
    await parts.return(undefined);
    // The bucket's lifecycle clears what this does not; the first error is the one to tell.
    await client.send(new AbortMultipartUploadCommand({ ...target, UploadId })).catch(() => {});
    throw error;
  }
}

async function putWhole({ client, Bucket, Key, signal }: PartsUpload, body: Buffer): Promise<StoredObject> {
  const checksum = createHash("sha256").update(body).digest("base64");
  await client.send(new PutObjectCommand({ Bucket, Key, Body: body, IfNoneMatch: "*", ChecksumSHA256: checksum }), {
    ...(signal && { abortSignal: signal }),
  });
  return { key: Key, bytes: body.length, checksum: `sha256:${checksum}` };
}

interface SentParts {
  readonly completed: CompletedPart[];
  readonly bytes: number;
  readonly checksum: string;
}

async function sendParts(
  { client, Bucket, Key, concurrency, signal }: PartsUpload,
  UploadId: string | undefined,
  start: Buffer,
  rest: AsyncIterable<Uint8Array[]>,
): Promise<SentParts> {
  const stop = new AbortController();
  const abortSignal = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const underWay = new Set<Promise<void>>();
  const completed: CompletedPart[] = [];
  const digests: Buffer[] = [];
  let bytes = 0;
  let failure: { readonly error: unknown } | undefined;

  const send = (body: Buffer): void => {
    const PartNumber = digests.length + 1;
    const digest = createHash("sha256").update(body).digest();
    const ChecksumSHA256 = digest.toString("base64");
    digests.push(digest);
    bytes += body.length;
    const command = new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body: body, ChecksumSHA256 });
    // Never rejects: nobody awaits it before a place is needed, and an unhandled rejection ends the process.
    const sending = client.send(command, { abortSignal }).then(
      ({ ETag }) => {
        completed[PartNumber - 1] = { PartNumber, ETag, ChecksumSHA256 };
        underWay.delete(sending);
      },
      (error: unknown) => {
        failure ??= { error };
        underWay.delete(sending);
        stop.abort();
      },
    );
    underWay.add(sending);
  };

  try {
    send(start);
    for await (const pieces of rest) {
      // A free place before the next part is joined keeps memory at `concurrency + 1` parts.
      if (underWay.size >= concurrency) await Promise.race(underWay);
      if (failure !== undefined) throw failure.error;
      abortSignal.throwIfAborted();
      send(Buffer.concat(pieces));
    }
    await Promise.all(underWay);
    if (failure !== undefined) throw failure.error;
    const checksum = `${createHash("sha256").update(Buffer.concat(digests)).digest("base64")}-${digests.length}`;
    return { completed, bytes, checksum };
  } catch (error) {
    failure ??= { error }; // before the abort, which makes every part fail
    stop.abort();
    await Promise.all(underWay);
    throw failure.error;
  }
}

/** S3 says what it stored; bytes that changed on the way would be found here before anyone relies on them. */
function assertAgreed(key: string, ours: string, theirs: string | undefined): void {
  if (theirs === undefined || theirs === ours) return;
  throw new IntegrityError("store-checksum-mismatch", `store has checksum ${theirs} for ${key}, sent was ${ours}`);
}
