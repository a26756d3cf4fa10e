import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { isConflict, mapAwsError } from "../../../core/aws/errors.ts";
import { IntegrityError } from "../../../core/errors.ts";

const awsError = (name: string, status?: number): Error =>
  Object.assign(new Error("told by the service"), { name, ...(status && { $metadata: { httpStatusCode: status } }) });

test.each([
  ["SlowDown", 503, "StoreThrottledError", "store-throttled"],
  ["ThrottlingException", 400, "StoreThrottledError", "store-throttled"],
  ["InternalError", 500, "StoreThrottledError", "store-throttled"],
  ["SomethingNew", 502, "StoreThrottledError", "store-throttled"],
  ["SomethingNew", 429, "StoreThrottledError", "store-throttled"],
  ["TimeoutError", undefined, "StoreThrottledError", "store-unreachable"],
  ["ExpiredToken", 400, "StoreThrottledError", "store-credentials-expired"],
  ["AccessDenied", 403, "PreconditionError", "store-access-denied"],
  ["Unknown", 403, "PreconditionError", "store-access-denied"],
  ["AccessDeniedException", 400, "PreconditionError", "store-access-denied"],
  ["KMSInvalidStateException", 400, "PreconditionError", "key-unusable"],
  ["NoSuchBucket", 404, "ConfigurationError", "bucket-missing"],
  ["InvalidObjectState", 403, "ObjectFrozenError", "object-archived"],
  ["InvalidCiphertextException", 400, "IntegrityError", "envelope-unwrap-failed"],
  ["ProvisionedThroughputExceededException", 400, "StoreThrottledError", "store-throttled"],
  ["TransactionConflictException", 400, "StoreThrottledError", "store-throttled"],
  ["KMSThrottlingException", 400, "StoreThrottledError", "store-throttled"],
  ["DecryptionFailure", 400, "PreconditionError", "key-unusable"],
  ["KMS.DisabledException", 400, "PreconditionError", "key-unusable"],
  ["AuthorizationErrorException", 403, "PreconditionError", "store-access-denied"],
  ["QuotaExceeded", 403, "PreconditionError", "store-full"],
  ["InsufficientStorage", 507, "PreconditionError", "store-full"],
  ["ResourceNotFoundException", 400, "ConfigurationError", "catalog-missing"],
])("%s (%s) is %s %s", (name, status, want, code) => {
  expect(mapAwsError(awsError(name, status), "read s3://b/key")).toMatchObject({
    name: want,
    code,
    message: expect.stringMatching(/^could not read s3:\/\/b\/key/),
  });
});

test.each(["ECONNRESET", "EPIPE", "ENOTFOUND", "ETIMEDOUT"])(
  "a connection that ends with %s may be tried again",
  (code) => {
    const error = Object.assign(new Error("socket"), { code });
    expect(mapAwsError(error, "read")).toMatchObject({ name: "StoreThrottledError", code: "store-unreachable" });
    const wrapped = new Error("request failed", { cause: error });
    expect(mapAwsError(wrapped, "read")).toMatchObject({ name: "StoreThrottledError" });
  },
);

test.each([
  [["None", "TransactionConflict"], "StoreThrottledError", true],
  [["ThrottlingError"], "StoreThrottledError", false],
  [["ProvisionedThroughputExceeded", "None"], "StoreThrottledError", false],
  [["ConditionalCheckFailed", "TransactionConflict"], "StoreThrottledError", false],
  [["ValidationError"], "TransactionCanceledException", false],
])("a transaction cancelled for %j is %s", (codes, name, isRepeated) => {
  const CancellationReasons = codes.map((Code) => ({ Code }));
  const error = Object.assign(awsError("TransactionCanceledException", 400), { CancellationReasons });
  expect(mapAwsError(error, "use the catalog")).toMatchObject({ name });
  expect(isConflict(error)).toBe(isRepeated);
});

test("every code is in the runbook", async () => {
  const table = await readFile(path.join(import.meta.dirname, "../../../core/aws/errors.ts"), "utf8");
  const codes = [...table.matchAll(/code: "([a-z-]+)"/g)].map(([, code]) => code);
  expect(codes.length).toBeGreaterThan(8);
  const runbook = await readFile(path.join(import.meta.dirname, "../../../docs/RUNBOOK.md"), "utf8");
  expect(codes.filter((code) => !runbook.includes(`\`${code}\``))).toEqual([]);
});

test("leaves our own errors, aborts and what it does not know as they are", () => {
  const ours = new IntegrityError("object-missing", "no object");
  const abort = awsError("AbortError");
  const unknown = awsError("ValidationException", 400);
  for (const error of [ours, abort, unknown, "text", undefined]) expect(mapAwsError(error, "read")).toBe(error);
});
