/**
 * What every function does at its edge: unknown input becomes a parsed event, errors get the form that state machines and
 * the catalog can read, and one line says what began and how it ended.
 * @module
 */
import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import type { MiddlewareObj } from "@middy/core";
import { asStoreError, isAwsError } from "../../core/catalog/index.ts";
import { type ErrorRecord, toErrorRecord } from "../../core/errors.ts";
import { logger } from "./logger.ts";

/** Fields of an event that find a line again; never anything that could hold a secret. */
const LOGGED_FIELDS = ["runId", "source", "restorePointId", "n", "epoch"] as const;
/** State output is limited, and a server's message can quote a whole statement. */
const LONGEST_MESSAGE = 1000;
/** State machines keep 4,000 characters of a Cause: of Lambda's payload, in which our JSON stands escaped as a string. */
const LONGEST_CAUSE = 3_500;

/** Rejects this long before Lambda would kill the function; the engine's own deadline comes earlier still. */
export const TIMEOUT_EARLY = { timeoutEarlyInMillis: 5_000 } as const;

/** Event, result and context of all our functions are plain JSON, so the middleware needs none of middy's type parameters. */
export function boundary<Event extends object>(parse: (input: unknown) => Event): MiddlewareObj {
  const metrics = new Metrics({ namespace: "Holdfast" });
  let startedAt = 0;
  const spent = () => Math.round(performance.now() - startedAt);

  return {
    before: (request) => {
      startedAt = performance.now();
      logger.resetKeys();
      const event = parse(request.event);
      logger.appendKeys(loggedFields(event));
      logger.appendKeys({ requestId: request.context.awsRequestId });
      request.event = event;
      logger.info("begun");
    },
    after: () => {
      logger.info("done", { durationMillis: spent() });
    },
    onError: (request) => {
      const error = asStoreError(nameTimeouts(request.error));
      const record = toErrorRecord(error);
      metrics.addMetric(`Error${record.name}`, MetricUnit.Count, 1);
      metrics.publishStoredMetrics();
      logger.error("failed", { durationMillis: spent(), error: record, ...trace(error) });
      request.error = asReported(record, error);
    },
  };
}

/**
 * The error as Lambda shall report it: `errorType` is what ASL matches, `errorMessage` is JSON of code, message and hint,
 * which `parseCause` (core/runs/failure.ts) reads back.
 */
export function asReported(record: ErrorRecord, cause: unknown): Error {
  const { name } = record;
  const reported = new Error(withinCause(record), { cause });
  reported.name = name;
  // Neither frames nor the message again: the payload stays small, the log has them.
  reported.stack = name;
  return reported;
}

/** Code and hint first; the message gives way until all of it fits, whatever escapes to how much. */
function withinCause({ code, message, hint }: ErrorRecord): string {
  for (let length = Math.min(message.length, LONGEST_MESSAGE); ; length = Math.floor(length * 0.9)) {
    const kept = message.slice(0, length);
    const text = JSON.stringify(hint === undefined ? { code, message: kept } : { code, hint, message: kept });
    if (length === 0 || JSON.stringify(text).length <= LONGEST_CAUSE) return text;
  }
}

/** middy's backstop: the engine should have come to an end before. Retried like a killed function. */
function nameTimeouts(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== "TimeoutError" || isAwsError(error)) return error;
  const renamed = new Error("the function had to end before its work did", { cause: error });
  renamed.name = "Sandbox.Timedout";
  return renamed;
}

function trace(error: unknown): { stack?: string; cause?: ErrorRecord } {
  if (!(error instanceof Error)) return {};
  return {
    ...(error.stack === undefined ? {} : { stack: error.stack }),
    ...(error.cause === undefined ? {} : { cause: toErrorRecord(error.cause) }),
  };
}

function loggedFields(event: object): Record<string, unknown> {
  const fields = event as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    LOGGED_FIELDS.filter((name) => fields[name] !== undefined).map((name) => [name, fields[name]]),
  );
}
