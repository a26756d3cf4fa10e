/**
 * What AWS and the network say before a run has begun, in the words and names of the closed set: by the one table, but for what is the
 * operator's own to put right.
 * @module
 */
import { mapAwsError } from "../../core/aws/errors.ts";
import { ConfigurationError } from "../../core/errors.ts";

/** An operator's credentials do not come back by waiting, as a function's do. */
const CREDENTIALS = new Set(["CredentialsProviderError", "ExpiredToken", "ExpiredTokenException", "RequestExpired"]);

/** Runs the work; an SDK's error comes out as one of ours, an unknown one as it is. */
export async function withAwsErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw translate(error);
  }
}

function translate(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const cause = error;
  if (CREDENTIALS.has(error.name)) {
    const hint =
      'Set AWS_PROFILE or the access keys, or sign in again; for the local AWS run `eval "$(npm run -s local:env)"`.';
    return new ConfigurationError("no-credentials", `no valid AWS credentials: ${error.message}`, { cause, hint });
  }
  if (error.message === "Region is missing") {
    const hint = "Set AWS_REGION to the region of the installation.";
    return new ConfigurationError("no-region", "no AWS region is set", { cause, hint });
  }
  return mapAwsError(error, "ask AWS");
}
