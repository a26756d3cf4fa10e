/**
 * What AWS calls an error, and what it means for a run: one table for S3 and KMS. Policy is data.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html
 * @module
 */
import {
  ConfigurationError,
  HoldfastError,
  IntegrityError,
  ObjectFrozenError,
  PreconditionError,
  StoreThrottledError,
} from "../../errors.ts";

type ErrorClass = new (code: string, message: string, details: { hint?: string; cause?: unknown }) => HoldfastError;
interface Rule {
  readonly names: readonly string[];
  readonly error: ErrorClass;
  readonly code: string;
  readonly hint: string;
}

const RULES: readonly Rule[] = [
  {
    names: [
      "SlowDown",
      "ServiceUnavailable",
      "InternalError",
      "InternalFailure",
      "RequestTimeout",
      "RequestTimeTooSkewed",
      "ConditionalRequestConflict",
      "OperationAborted",
      "Throttling",
      "ThrottlingException",
      "ThrottledException",
      "TooManyRequestsException",
      "RequestLimitExceeded",
      "BandwidthLimitExceeded",
      "LimitExceededException",
      "KMSInternalException",
      "KeyUnavailableException",
      "DependencyTimeoutException",
    ],
    error: StoreThrottledError,
    code: "store-throttled",
    hint: "It is retried; when it lasts, lower the concurrency or ask for a higher quota.",
  },
  {
    names: [
      "ECONNRESET",
      "ECONNREFUSED",
      "ECONNABORTED",
      "EPIPE",
      "ETIMEDOUT",
      "ENOTFOUND",
      "EAI_AGAIN",
      "EHOSTUNREACH",
      "ENETUNREACH",
      "ERR_STREAM_PREMATURE_CLOSE",
      "TimeoutError",
      "NetworkingError",
    ],
    error: StoreThrottledError,
    code: "store-unreachable",
    hint: "It is retried; when it lasts, check the route to AWS (NAT gateway, endpoint, name resolution).",
  },
  {
    names: ["ExpiredToken", "ExpiredTokenException", "RequestExpired", "CredentialsProviderError"],
    error: StoreThrottledError,
    code: "store-credentials-expired",
    hint: "It is retried with fresh credentials; when it lasts, sign in again.",
  },
  {
    names: [
      "AccessDenied",
      "AccessDeniedException",
      "Forbidden",
      "403",
      "InvalidAccessKeyId",
      "SignatureDoesNotMatch",
      "UnrecognizedClientException",
      "InvalidClientTokenId",
      "AllAccessDisabled",
      "AccountProblem",
    ],
    error: PreconditionError,
    code: "store-access-denied",
    hint: "Check the role's policy, the bucket's policy and the key's policy.",
  },
  {
    names: ["NoSuchBucket", "PermanentRedirect", "AuthorizationHeaderMalformed", "InvalidBucketName"],
    error: ConfigurationError,
    code: "bucket-missing",
    hint: "Check the bucket's name and region.",
  },
  {
    names: ["InvalidObjectState"],
    error: ObjectFrozenError,
    code: "object-archived",
    hint: "The object is in an archive tier: thaw it, then run again.",
  },
  {
    names: ["KMSInvalidStateException", "DisabledException", "NotFoundException", "InvalidKeyUsageException"],
    error: PreconditionError,
    code: "key-unusable",
    hint: "Check that the key exists in this region, is enabled and not pending deletion.",
  },
  {
    names: ["InvalidCiphertextException", "IncorrectKeyException"],
    error: IntegrityError,
    code: "envelope-unwrap-failed",
    hint: "The envelope was changed or belongs to another restore point; use another generation, recipient or replica.",
  },
  {
    names: ["BadDigest", "InvalidDigest", "XAmzContentChecksumMismatch", "XAmzContentSHA256Mismatch"],
    error: StoreThrottledError,
    code: "store-transfer-corrupted",
    hint: "Bytes changed on their way; the transfer is retried.",
  },
];

const byName = new Map(RULES.flatMap((rule) => rule.names.map((name) => [name, rule] as const)));

/**
 * The error as ours when the table knows it, else as it came.
 * @param action what was tried, in words that continue "could not …", with the object's name.
 */
export function mapAwsError(error: unknown, action: string): unknown {
  if (!(error instanceof Error) || error instanceof HoldfastError || error.name === "AbortError") return error;
  const rule = namesOf(error)
    .map((name) => byName.get(name))
    .find((known) => known !== undefined);
  if (rule !== undefined) {
    return new rule.error(rule.code, `could not ${action}: ${error.name}: ${error.message}`, {
      hint: rule.hint,
      cause: error,
    });
  }
  // Archived, throttled and broken services answer with names of their own; what is left of 5xx and 429 may pass.
  const status = statusOf(error);
  if (status !== undefined && (status >= 500 || status === 429)) {
    return new StoreThrottledError("store-throttled", `could not ${action}: answered ${status} ${error.name}`, {
      cause: error,
    });
  }
  if (error.message.startsWith("Checksum mismatch")) {
    return new IntegrityError("store-checksum-mismatch", `could not ${action}: ${error.message}`, { cause: error });
  }
  return error;
}

/** @throws whatever `work` throws, mapped. */
export async function mapped<T>(action: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw mapAwsError(error, action);
  }
}

/** The HTTP status an SDK error carries, if any. */
export function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("$metadata" in error)) return undefined;
  const metadata = error.$metadata;
  if (typeof metadata !== "object" || metadata === null || !("httpStatusCode" in metadata)) return undefined;
  return typeof metadata.httpStatusCode === "number" ? metadata.httpStatusCode : undefined;
}

/** The service's name for it, Node's code, the status; then the same of what caused it. */
function namesOf(error: Error): string[] {
  const names = [error.name];
  if ("Code" in error && typeof error.Code === "string") names.push(error.Code);
  if ("code" in error && typeof error.code === "string") names.push(error.code);
  const status = statusOf(error);
  if (status !== undefined) names.push(String(status));
  // HEAD has no body to name the error in, so S3's SDK calls it Unknown or NotFound and only the status tells.
  if (error.message === "aborted" || error.message === "socket hang up") names.push("ECONNRESET");
  return error.cause instanceof Error ? [...names, ...namesOf(error.cause)] : names;
}
