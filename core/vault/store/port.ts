/**
 * What a vault asks of the place its objects lie in. Knows neither S3 nor files; test/core/vault/store/conformance.ts
 * holds every implementation to it. Implementations promise: what was written is read by the next reader, an object is
 * there whole or not at all, and nothing is ever overwritten.
 * @module
 */
import { ConfigurationError } from "../../errors.ts";

export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  /** The store's own, opaque: `sha256:<base64>` or `sha256-composite:<base64>-<parts>`; absent when it keeps none. */
  readonly checksum?: string;
  /** The store's word for how the object is kept, e.g. `GLACIER`; absent when there is only one. */
  readonly tier?: string;
}

export interface ReadOptions {
  /** Bytes from `start` up to and including `end`; reading stops at the object's end. */
  readonly range?: { readonly start: number; readonly end: number };
  readonly signal?: AbortSignal;
}

export interface Store {
  /** `s3://bucket` or `file:///dir`, for messages. */
  readonly location: string;
  /** Creates the object whole, or leaves what is there. @returns false when the key exists already. */
  putIfAbsent(key: string, body: Uint8Array): Promise<boolean>;
  /**
   * Streams with back-pressure in bounded memory. Nothing is visible before the source has ended well; when it throws
   * or `signal` aborts, what was sent is discarded and the error passed on.
   * @throws PreconditionError `object-exists` when the key exists already.
   */
  upload(
    key: string,
    body: AsyncIterable<Uint8Array>,
    options?: { readonly signal?: AbortSignal },
  ): Promise<StoredObject>;
  /** @throws IntegrityError `object-missing`; ObjectFrozenError `object-archived`. */
  read(key: string, options?: ReadOptions): Promise<AsyncIterable<Uint8Array>>;
  head(key: string): Promise<StoredObject | undefined>;
  /** Every object whose key starts with `prefix`, in order of the keys' bytes. */
  list(prefix: string): AsyncIterable<StoredObject>;
  /** Succeeds too when there is nothing to delete. */
  delete(key: string): Promise<void>;
}

const KEY_SEGMENT = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/**
 * Keys come from manifests too, which are data: one that climbs out of a directory must not reach the file system.
 * @throws ConfigurationError `invalid-key`
 */
export function assertKey(key: string): string {
  if (key.length <= 512 && key.split("/").every((segment) => KEY_SEGMENT.test(segment))) return key;
  const allowed = "segments of letters, digits, '.', '_' and '-' joined by '/'";
  throw new ConfigurationError("invalid-key", `key is ${JSON.stringify(key)}, allowed are ${allowed}`);
}
