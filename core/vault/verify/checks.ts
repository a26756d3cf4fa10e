/**
 * The checks of one object, from cheap to complete.
 * @module
 */
import type { RestorePointRef } from "../keys.ts";
import type { ChunkObject } from "../manifest/chunk-objects.ts";
import { openMessage } from "../object/decrypt.ts";
import { ObjectIntegrityError } from "../object/errors.ts";
import type { MessageKey } from "../object/message.ts";
import type { ExpectedObject } from "../object/read.ts";
import { readChunk } from "../object/read-chunk.ts";
import { objectMissing } from "../store/errors.ts";
import type { Store } from "../store/port.ts";

export interface CheckContext {
  readonly store: Store;
  readonly envelope: MessageKey;
  readonly ref: RestorePointRef;
  readonly signal?: AbortSignal;
}

/** The object is there, as long as it should be, and the store's own checksum is the writer's. */
export async function checkPresence({ store }: CheckContext, written: ExpectedObject): Promise<void> {
  const { object, bytes, store: checksum } = written;
  const found = await store.head(object);
  if (found === undefined) throw objectMissing(store.location, object);
  if (found.bytes !== bytes) {
    const reason = `has ${found.bytes} bytes, the manifest says ${bytes}`;
    // Up to there the object may be what it was.
    throw new ObjectIntegrityError("object-length-mismatch", object, Math.min(found.bytes, bytes), reason);
  }
  if (isComparable(found.checksum, checksum) && found.checksum !== checksum) {
    const reason = `store has checksum ${found.checksum}, the manifest says ${checksum}`;
    throw new ObjectIntegrityError("store-checksum-mismatch", object, undefined, reason);
  }
}

/** The header is this object's and its first frame decrypts. */
export async function checkFirstFrame(context: CheckContext, { object }: ExpectedObject): Promise<void> {
  const { store, envelope, ref, signal } = context;
  const stored = await store.read(object, { ...(signal && { signal }) });
  const { frames } = await openMessage(stored, { key: envelope, ref, object });
  try {
    await frames.next();
  } finally {
    await frames.return(undefined);
  }
}

/** Every byte is read; digests, lengths and row counts are the manifest's. @returns plaintext bytes */
export async function checkChunk(context: CheckContext, chunk: ChunkObject): Promise<number> {
  const { object, plainBytes } = chunk.written;
  for await (const slice of readChunk({ ...context, chunk })) {
    let rows = 0;
    for await (const piece of slice.bytes) rows += countRows(piece);
    if (rows !== slice.chunk.rows) {
      const reason = `slice at ${slice.chunk.offset} has ${rows} rows, the manifest says ${slice.chunk.rows}`;
      throw new ObjectIntegrityError("row-count-mismatch", object, undefined, reason);
    }
  }
  return plainBytes;
}

/** COPY's text format ends each row with a newline and escapes those within. */
function countRows(piece: Uint8Array): number {
  let rows = 0;
  for (let at = piece.indexOf(10); at !== -1; at = piece.indexOf(10, at + 1)) rows += 1;
  return rows;
}

/** A copy made in other parts has another composite: only checksums made in the same way tell anything. */
function isComparable(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  const kind = (checksum: string): string => checksum.replace(/:[^-]*/, "");
  return kind(a) === kind(b);
}
