/**
 * What AWS calls an error, and what it means for a run: one table for every service and for directories. Policy is data.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
 * @module
 */
import {
  ConfigurationError,
  HoldfastError,
  IntegrityError,
  ObjectFrozenError,
  PreconditionError,
  StoreThrottledError,
} from "../errors.ts";

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
      "InternalServerError",
      "InternalServiceError",
      "RequestTimeout",
      "RequestTimeoutException",
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
      "ProvisionedThroughputExceededException",
      "TransactionConflictException",
      "TransactionInProgressException",
      "ReplicatedWriteConflictException",
      "KMSInternalException",
      "KMSThrottlingException",
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
      "EIO",
      "ESTALE",
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
    hint: "It is retried; when it lasts, check the route to AWS (NAT gateway, endpoint, name resolution), or the disk.",
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
      "InvalidSignatureException",
      "AllAccessDisabled",
      "AccountProblem",
      "AuthorizationError",
      "AuthorizationErrorException",
      "KMSAccessDeniedException",
      "KMSOptInRequired",
      "OptInRequired",
      "EACCES",
      "EPERM",
      "EROFS",
    ],
    error: PreconditionError,
    code: "store-access-denied",
    hint: "Check the role's policy, the policies of bucket and key, service control policies; for a directory, its owner.",
  },
  {
    names: [
      "ENOSPC",
      "EDQUOT",
      "EFBIG",
      "507",
      "QuotaExceeded",
      "QuotaExceededException",
      "ServiceQuotaExceededException",
      "XMinioStorageFull",
      "InsufficientStorage",
    ],
    error: PreconditionError,
    code: "store-full",
    hint: "Make room or have the quota raised, then run again: what was stored of this attempt has been discarded.",
  },
  {
    names: ["NoSuchBucket", "PermanentRedirect", "AuthorizationHeaderMalformed", "InvalidBucketName"],
    error: ConfigurationError,
    code: "bucket-missing",
    hint: "Check the bucket's name and region.",
  },
  {
    names: ["ResourceNotFoundException"],
    error: ConfigurationError,
    code: "catalog-missing",
    hint: "The catalog's table is not there: deploy the installation again, or check region and account.",
  },
  {
    names: ["InvalidObjectState"],
    error: ObjectFrozenError,
    code: "object-archived",
    hint: "The object is in an archive tier: thaw it, then run again.",
  },
  {
    names: [
      "KMSInvalidStateException",
      "DisabledException",
      "NotFoundException",
      "InvalidKeyUsageException",
      // What S3, SNS and Secrets Manager say of the key behind them.
      "KMS.KMSInvalidStateException",
      "KMS.InvalidStateException",
      "KMS.DisabledException",
      "KMS.NotFoundException",
      "KMSDisabledException",
      "KMSNotFoundException",
      "DecryptionFailure",
      "EncryptionFailure",
    ],
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
  const rule = [...namesOf(error), ...cancellationReasons(error)]
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

/** True for errors of the AWS SDK only: they alone carry `$metadata`. */
export function isAwsError(error: unknown): error is Error & { readonly $metadata: object } {
  return error instanceof Error && "$metadata" in error;
}

/** Two transactions, or a transaction and a write, met at one item: the same request succeeds a moment later. */
export function isConflict(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const names = [error.name, ...cancellationReasons(error)];
  return names.includes("TransactionConflictException") && !names.includes("ConditionalCheckFailedException");
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
  if (!isAwsError(error) || typeof error.$metadata !== "object" || error.$metadata === null) return undefined;
  const { httpStatusCode } = error.$metadata as { readonly httpStatusCode?: unknown };
  return typeof httpStatusCode === "number" ? httpStatusCode : undefined;
}

/** Why a transaction of DynamoDB was cancelled, each in the name that a single write would fail under. */
export function cancellationReasons(error: Error): string[] {
  if (error.name !== "TransactionCanceledException") return [];
  const { CancellationReasons = [] } = error as {
    readonly CancellationReasons?: readonly { readonly Code?: string }[];
  };
  return CancellationReasons.flatMap(({ Code = "None" }) => (Code === "None" ? [] : (REASONS[Code] ?? Code)));
}

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html */
const REASONS: Readonly<Record<string, string>> = {
  ConditionalCheckFailed: "ConditionalCheckFailedException",
  TransactionConflict: "TransactionConflictException",
  ProvisionedThroughputExceeded: "ProvisionedThroughputExceededException",
  ThrottlingError: "ThrottlingException",
};

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
