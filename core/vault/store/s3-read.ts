/**
 * Reads an object's body to its end, over as many connections as that takes: one that breaks, or falls silent, is replaced
 * by another that begins where it ended. A reader of gigabytes would otherwise begin anew for one packet.
 * @module
 */
import { GetObjectCommand, type GetObjectCommandOutput, type S3Client } from "@aws-sdk/client-s3";
import { mapAwsError } from "../../aws/errors.ts";
import { IntegrityError, StoreThrottledError } from "../../errors.ts";

export interface BodyRead {
  readonly client: S3Client;
  readonly Bucket: string;
  readonly Key: string;
  readonly range: { readonly start: number; readonly end: number } | undefined;
  readonly signal: AbortSignal | undefined;
  /** Longest wait for the next bytes. */
  readonly stillMillis: number;
}

/**
 * Connections that may break one after the other without a byte between them, above what the SDK repeats by itself. With
 * bytes between them they are as many as it takes: a body ends.
 */
const BREAKS_IN_VAIN = 3;

/** @returns once the object is known to be there. @throws what S3 says, from here or from the body, mapped. */
export async function readBody(read: BodyRead): Promise<AsyncIterable<Uint8Array>> {
  return piecesOf(read, await open(read, 0, undefined));
}

/** From the byte `offset` of what was asked for, of the very object that was begun with. */
async function open({ client, Bucket, Key, range, signal }: BodyRead, offset: number, etag: string | undefined) {
  const start = (range?.start ?? 0) + offset;
  const Range = range === undefined && offset === 0 ? undefined : `bytes=${start}-${range?.end ?? ""}`;
  const command = new GetObjectCommand({ Bucket, Key, Range, IfMatch: etag });
  return client.send(command, { ...(signal && { abortSignal: signal }) });
}

async function* piecesOf(read: BodyRead, first: GetObjectCommandOutput): AsyncGenerator<Uint8Array> {
  const { signal, stillMillis } = read;
  const action = `read s3://${read.Bucket}/${read.Key}`;
  const length = first.ContentLength ?? Number.POSITIVE_INFINITY;
  let answer = first;
  let delivered = 0;
  let inVain = 0;
  for (;;) {
    try {
      for await (const piece of timely(answer, stillMillis)) {
        signal?.throwIfAborted();
        delivered += piece.length;
        inVain = 0;
        yield piece;
      }
      return;
    } catch (error) {
      signal?.throwIfAborted();
      const reason = mapAwsError(error, action);
      if (delivered === length) return;
      inVain += 1;
      if (!(reason instanceof StoreThrottledError) || inVain > BREAKS_IN_VAIN) throw reason;
      answer = await open(read, delivered, first.ETag).catch((refused: unknown) => {
        signal?.throwIfAborted();
        throw isAnother(refused) ? changed(action, refused) : mapAwsError(refused, action);
      });
    }
  }
}

/** @throws Error `ETIMEDOUT` when the next bytes do not come in time; the time that the reader takes does not count. */
async function* timely({ Body }: GetObjectCommandOutput, stillMillis: number): AsyncGenerator<Uint8Array> {
  const body = Body as AsyncIterable<Uint8Array> & { destroy(error?: Error): unknown };
  const source = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const timer = setTimeout(() => {
        const message = `no byte for ${stillMillis} ms`;
        body.destroy(Object.assign(new Error(message), { name: "TimeoutError", code: "ETIMEDOUT" }));
      }, stillMillis);
      const next = await source.next().finally(() => clearTimeout(timer));
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    body.destroy();
  }
}

/** Nothing in a vault is overwritten: another object under the name, or none, was put there by somebody else. */
const isAnother = (error: unknown): boolean =>
  error instanceof Error && ["PreconditionFailed", "NoSuchKey", "InvalidRange"].includes(error.name);

function changed(action: string, cause: unknown): IntegrityError {
  return new IntegrityError(
    "object-changed",
    `could not ${action} to its end: another object took its place meanwhile`,
    {
      hint: "Somebody writes to or deletes from the vault while it is read; an older version may be the right one.",
      cause,
    },
  );
}
