import { describe, expect, it } from "vitest";
import { withAwsErrors } from "../../../cli/installation/aws-errors.ts";
import { PreconditionError } from "../../../core/errors.ts";

const told = (name: string, more: object = {}) =>
  withAwsErrors(() => Promise.reject(Object.assign(new Error("their words"), { name, ...more })));

describe("what AWS says to the command", () => {
  it.each([
    ["AccessDeniedException", {}, "PreconditionError", "store-access-denied"],
    ["UnrecognizedClientException", {}, "PreconditionError", "store-access-denied"],
    ["ThrottlingException", {}, "StoreThrottledError", "store-throttled"],
    ["Error", { code: "ENOTFOUND" }, "StoreThrottledError", "store-unreachable"],
    ["TimeoutError", {}, "StoreThrottledError", "store-unreachable"],
    ["SomethingNew", { $metadata: { httpStatusCode: 503 } }, "StoreThrottledError", "store-throttled"],
  ])("has the name it has everywhere: %s", async (theirs, more, name, code) => {
    await expect(told(theirs, more)).rejects.toMatchObject({ name, code, message: expect.stringContaining("ask AWS") });
  });

  it.each(["CredentialsProviderError", "ExpiredTokenException"])(
    "is the operator's to put right, and not waited for: %s",
    async (theirs) => {
      await expect(told(theirs)).rejects.toMatchObject({ name: "ConfigurationError", code: "no-credentials" });
    },
  );

  it("stays as it is when it is ours, or unknown", async () => {
    const ours = new PreconditionError("connection-exists", "it is there already");
    await expect(withAwsErrors(() => Promise.reject(ours))).rejects.toBe(ours);
    await expect(told("SomethingElse")).rejects.toMatchObject({ name: "SomethingElse", message: "their words" });
  });
});
