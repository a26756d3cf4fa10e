/** Called by EventBridge when an execution has failed, timed out or was stopped. @module */
import middy from "@middy/core";
import { z } from "zod";
import { cleanUp, type EndedExecution } from "../../core/runs/cleanup.ts";
import type { Ended } from "../../core/runs/end.ts";
import { vaultKeys } from "../../core/vault/keys.ts";
import { abortUploads } from "../shared/abort-uploads.ts";
import { boundary, TIMEOUT_EARLY } from "../shared/boundary.ts";
import { audit, catalog, fromEnvironment, installation, s3Client, sendAlert, sendEvent } from "../shared/deps.ts";
import { kindField, parserOf } from "../shared/events.ts";
import { measureRun } from "../shared/metrics.ts";

const statusEvent = z.object({
  detail: z.object({
    executionArn: z.string(),
    /** Machines are called `holdfast-<installation>-<kind>`. */
    stateMachineArn: z
      .string()
      .transform((arn) => arn.split("-").at(-1))
      .pipe(kindField),
    name: z.string(),
    status: z.enum(["FAILED", "TIMED_OUT", "ABORTED"]),
    /** Milliseconds since 1970. */
    startDate: z.number(),
    input: z.string().nullish(),
    error: z.string().nullish(),
    cause: z.string().nullish(),
  }),
});

const event = statusEvent.transform(({ detail }): EndedExecution => {
  const { executionArn: arn, name, status } = detail;
  return {
    kind: detail.stateMachineArn,
    execution: { arn, name, startedAt: new Date(detail.startDate).toISOString() },
    status,
    input: parseInput(detail.input ?? "{}"),
    error: detail.error ?? undefined,
    cause: detail.cause ?? undefined,
  };
});

function parseInput(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const handler = middy<EndedExecution, Ended>(TIMEOUT_EARLY)
  .use(boundary(parserOf(event)))
  .handler((ended) =>
    cleanUp(ended, {
      catalog: catalog(),
      installation: installation(),
      audit: audit(),
      sendAlert,
      sendEvent,
      measure: measureRun(installation()),
      abortUploads: (point) =>
        abortUploads(s3Client(), fromEnvironment("vaultBucket"), vaultKeys.dataPrefix({ ...point, kind: "full" })),
    }),
  );
