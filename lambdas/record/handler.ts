/** The last state of every machine, whatever has happened. @module */
import middy from "@middy/core";
import { z } from "zod";
import { type Ended, type EndRequest, endRun } from "../../core/runs/end.ts";
import { parseCause } from "../../core/runs/failure.ts";
import { boundary, TIMEOUT_EARLY } from "../shared/boundary.ts";
import { audit, catalog, installation, sendAlert, sendEvent } from "../shared/deps.ts";
import { executionField, failureField, findingField, kindField, parserOf } from "../shared/events.ts";
import { measureRun } from "../shared/metrics.ts";

const event = z.object({
  kind: kindField,
  execution: executionField,
  input: z.unknown(),
  status: z.enum(["succeeded", "failed", "skipped"]),
  failure: failureField.optional(),
  findings: z.array(findingField).optional(),
});

export const handler = middy<z.output<typeof event>, Ended>(TIMEOUT_EARLY)
  .use(boundary(parserOf(event)))
  .handler(({ failure, findings, kind, execution, input, status }) => {
    const request: EndRequest = {
      kind,
      execution,
      input,
      status,
      ...(failure === undefined ? {} : { error: parseCause(failure.Error, failure.Cause) }),
      ...(findings === undefined ? {} : { findings }),
    };
    const measure = measureRun(installation());
    const told = { audit: audit(), sendAlert, sendEvent, measure };
    return endRun(request, { catalog: catalog(), installation: installation(), ...told });
  });
