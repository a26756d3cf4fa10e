/**
 * How long a call to AWS may take and how often it is tried: the first of two layers. The SDK repeats one request here; above
 * it, state machines repeat a whole step (their Retry of StoreThrottledError: five attempts, 2 to 16 s apart, full jitter).
 * So a fault of some seconds costs nobody anything, one of a minute costs a step's work, and one that lasts fails the run by
 * name after at most `MOST_ATTEMPTS` x 5 tries of the same request. ADR 70 has the sums.
 * @module
 */
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { isConflict } from "./errors.ts";

const SECOND = 1000;

/**
 * Pauses of up to 50, 100, 200, 400 ms after an error, of up to 1, 2, 4, 8 s after a throttle, each times a random number
 * below one. S3 answers SlowDown for as long as it takes to split a prefix: the SDK's own three attempts give up within 3 s.
 */
const MOST_ATTEMPTS = 5;
/** A route that swallows packets; a server that is there answers within milliseconds. */
const CONNECT_MILLIS = 5 * SECOND;
/** Services that answer from memory. Five silences fit into the shortest function's minute, so it fails by name, not by time. */
const ANSWER_MILLIS = 10 * SECOND;
/** For objects: no byte in either direction. S3 sends white space while it completes an upload of many parts. */
const STILL_MILLIS = 30 * SECOND;

const common = { retryMode: "standard", maxAttempts: MOST_ATTEMPTS } as const;

/** DynamoDB, KMS, Secrets Manager, SNS, EventBridge, SSM, Step Functions. */
export const callOptions = {
  ...common,
  requestHandler: { connectionTimeout: CONNECT_MILLIS, socketTimeout: ANSWER_MILLIS },
} as const;

/** S3, for everything but bodies that are read. */
export const objectOptions = {
  ...common,
  requestHandler: { connectionTimeout: CONNECT_MILLIS, socketTimeout: STILL_MILLIS },
  // Every byte read is held to the vault's own digests; S3's beside them would be computed for nothing.
  responseChecksumValidation: "WHEN_REQUIRED",
} as const;

/**
 * S3, for bodies that are read: a reader that is slow itself (a target busy with something else) leaves the connection still
 * for as long as that takes, so the store counts the time it waits (`s3Store`), not the socket.
 */
export const bodyOptions = {
  ...objectOptions,
  requestHandler: { connectionTimeout: CONNECT_MILLIS, requestTimeout: STILL_MILLIS, throwOnRequestTimeout: true },
} as const;

/** Has the client itself repeat what two transactions at one item have cancelled: the SDK takes it for final. */
export function repeatConflicts<Client extends DynamoDBClient>(client: Client): Client {
  client.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        if (isConflict(error)) Object.assign(error as Error, { $retryable: {} });
        throw error;
      }
    },
    // Within the SDK's retries, which stand at high priority of the same step.
    { step: "finalizeRequest", priority: "low", name: "repeatConflicts", override: true },
  );
  return client;
}
