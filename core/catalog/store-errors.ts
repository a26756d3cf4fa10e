/**
 * Which errors of AWS's services are worth another try, in one table.
 * @module
 */
import { HoldfastError, StoreThrottledError } from "../errors.ts";

/** Names of the SDK's errors after which the same request may succeed; the SDK itself has tried three times by then. */
const RETRYABLE_NAMES: ReadonlySet<string> = new Set([
  "BandwidthLimitExceeded",
  "InternalServerError",
  "InternalFailure",
  "InternalError",
  "KMSInternalException",
  "LimitExceededException",
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "RequestTimeout",
  "RequestTimeoutException",
  "ServiceUnavailable",
  "SlowDown",
  "ThrottledException",
  "Throttling",
  "ThrottlingException",
  "TimeoutError",
  "TooManyRequestsException",
  "TransactionConflictException",
  "TransactionInProgressException",
]);
const NETWORK_CODES: ReadonlySet<string> = new Set(["ECONNRESET", "ECONNREFUSED", "EPIPE", "ETIMEDOUT", "EAI_AGAIN"]);

/** True for errors of the AWS SDK only: they alone carry `$metadata`. */
export function isAwsError(
  error: unknown,
): error is Error & { readonly $metadata: { readonly httpStatusCode?: number } } {
  return error instanceof Error && "$metadata" in error;
}

/** `StoreThrottledError` for what may pass, else the error as it is. */
export function asStoreError(error: unknown): unknown {
  if (error instanceof HoldfastError || !isAwsError(error)) return error;
  const status = error.$metadata.httpStatusCode ?? 0;
  const code = (error as { code?: unknown }).code;
  const isRetryable =
    RETRYABLE_NAMES.has(error.name) ||
    status === 429 ||
    status >= 500 ||
    (typeof code === "string" && NETWORK_CODES.has(code)) ||
    (error.name === "TransactionCanceledException" && /TransactionConflict|Throttling/.test(error.message));
  if (!isRetryable) return error;
  return new StoreThrottledError("store-throttled", `${error.name}: ${error.message}`, { cause: error });
}
