/**
 * What every function does at its edge: unknown input becomes a parsed event, errors get the form that state machines and
 * the catalog can read, every line carries the run's id, and one line says what began and how it ended.
 * @module
 */
import type { MiddlewareObj } from "@middy/core";
import { isAwsError, mapAwsError } from "../../core/aws/errors.ts";
import { environment } from "../../core/config/environment.ts";
import { type ErrorRecord, toErrorRecord } from "../../core/errors.ts";
import { errorDimension } from "../../core/runs/figures.ts";
import { logger } from "./logger.ts";
import { publish } from "./metrics.ts";
import { runIdOfEvent } from "./run-of-event.ts";
import { beginWork } from "./work.ts";

/** Fields of an event that find a line again; never anything that could hold a secret. */
const LOGGED_FIELDS = ["source", "restorePointId", "kind", "phase", "n", "groups", "epoch", "status", "where"] as const;
/** State output is limited, and a server's message can quote a whole statement. */
const LONGEST_MESSAGE = 1000;
/** State machines keep 4,000 characters of a Cause: of Lambda's payload, in which our JSON stands escaped as a string. */
const LONGEST_CAUSE = 3_500;

/** Rejects this long before Lambda would kill the function; the engine's own deadline comes earlier still. */
export const TIMEOUT_EARLY = { timeoutEarlyInMillis: 5_000 } as const;

/** Event, result and context of all our functions are plain JSON, so the middleware needs none of middy's type parameters. */
export function boundary<Event extends object>(parse: (input: unknown) => Event): MiddlewareObj {
  let startedAt = 0;
  let endWork = () => {};
  const spent = () => Math.round(performance.now() - startedAt);

  return {
    before: (request) => {
      startedAt = performance.now();
      endWork = beginWork(() => request.context.getRemainingTimeInMillis());
      logger.resetKeys();
      // Before it is parsed: a refused event is looked for by its run as well.
      logger.appendKeys({ requestId: request.context.awsRequestId, runId: runIdOfEvent(request.event) });
      const event = parse(request.event);
      logger.appendKeys({ runId: runIdOfEvent(event), ...loggedFields(event) });
      request.event = event;
      logger.info("begun");
    },
    after: () => {
      endWork();
      logger.info("done", { durationMillis: spent() });
    },
    onError: (request) => {
      endWork();
      const error = named(request.error);
      const record = toErrorRecord(error);
      logger.error("failed", { durationMillis: spent(), error: record, ...trace(error) });
      // Not by `fromEnvironment`, whose own error would take this one's place.
      const installation = process.env[environment.installation] || "unknown";
      publish({ StepErrors: 1 }, { installation, error: errorDimension(record.name) }, runIdOfEvent(request.event));
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

/** What an SDK says and nobody has put into our words yet. */
function named(thrown: unknown): unknown {
  const error = nameTimeouts(thrown);
  return isAwsError(error) ? mapAwsError(error, "call AWS") : error;
}

/** middy's backstop: the engine should have come to an end before. Retried like a killed function. */
function nameTimeouts(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== "TimeoutError" || isAwsError(error)) return error;
  const renamed = new Error("the function had to end before its work did", { cause: error });
  renamed.name = "Sandbox.Timedout";
  return renamed;
}

/** An error wrapped this often tells no more by one further in. */
const MOST_CAUSES = 5;

function trace(error: unknown): { stack?: string; causes?: ErrorRecord[] } {
  if (!(error instanceof Error)) return {};
  const causes: ErrorRecord[] = [];
  let { cause } = error;
  while (cause !== undefined && causes.length < MOST_CAUSES) {
    causes.push(toErrorRecord(cause));
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return { ...(error.stack === undefined ? {} : { stack: error.stack }), ...(causes.length === 0 ? {} : { causes }) };
}

function loggedFields(event: object): Record<string, unknown> {
  const fields = event as Readonly<Record<string, unknown>>;
  const known = LOGGED_FIELDS.filter((name) => ["string", "number"].includes(typeof fields[name]));
  return Object.fromEntries(known.map((name) => [name, fields[name]]));
}
