/**
 * What AWS and the network say before a run has begun, in the words and names of the closed set.
 * @module
 */
import { ConfigurationError, HoldfastError, PreconditionError, StoreThrottledError } from "../../core/errors.ts";
import { CommandError } from "../errors.ts";

const UNREACHABLE = new Set(["ECONNREFUSED", "ENOTFOUND", "ETIMEDOUT", "ECONNRESET", "EAI_AGAIN"]);

/** Runs the work; an SDK's error comes out as one of ours, an unknown one as it is. */
export async function withAwsErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw translate(error);
  }
}

export function translate(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof HoldfastError || error instanceof CommandError) return error;
  const cause = error;
  if (error.name === "CredentialsProviderError") {
    const hint = 'Set AWS_PROFILE or the access keys; for the local AWS run `eval "$(npm run -s local:env)"`.';
    return new ConfigurationError("no-credentials", `no AWS credentials: ${error.message}`, { cause, hint });
  }
  if (error.message === "Region is missing") {
    const hint = "Set AWS_REGION to the region of the installation.";
    return new ConfigurationError("no-region", "no AWS region is set", { cause, hint });
  }
  if (/^(AccessDenied|UnrecognizedClient|ExpiredToken|InvalidSignature|InvalidClientTokenId)/.test(error.name)) {
    const hint = "docs/CLI.md lists what each command may have to do in AWS.";
    return new PreconditionError("aws-access-denied", `AWS refused: ${error.message}`, { cause, hint });
  }
  const code = "code" in error ? String(error.code) : "";
  if (UNREACHABLE.has(code)) {
    const hint = "Check the network, AWS_REGION and AWS_ENDPOINT_URL.";
    return new StoreThrottledError("aws-unreachable", `AWS cannot be reached: ${error.message || code}`, {
      cause,
      hint,
    });
  }
  if (/^Throttl|TooManyRequests/.test(error.name)) {
    return new StoreThrottledError("aws-throttled", `AWS asks for less: ${error.message}`, { cause });
  }
  return error;
}
