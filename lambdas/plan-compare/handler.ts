/** Cuts a comparison into numbered groups. @module */
import middy from "@middy/core";
import { type ComparePlanned, planCompare } from "../../core/restore/run/compare.ts";
import { boundary, TIMEOUT_EARLY } from "../shared/boundary.ts";
import { parserOf, type RunEvent, runEvent } from "../shared/events.ts";
import { targetContext } from "../shared/target.ts";

export const handler = middy<RunEvent, ComparePlanned>(TIMEOUT_EARLY)
  .use(boundary(parserOf(runEvent)))
  .handler(({ runId }, context) => planCompare(runId, targetContext(context)));
