/** Makes a target ready and cuts its restore into numbered pieces. @module */
import middy from "@middy/core";
import { type Planned, prepareRestore } from "../../core/restore/run/restore.ts";
import { boundary, TIMEOUT_EARLY } from "../shared/boundary.ts";
import { parserOf, type RunEvent, runEvent } from "../shared/events.ts";
import { targetContext } from "../shared/target.ts";

export const handler = middy<RunEvent, Planned>(TIMEOUT_EARLY)
  .use(boundary(parserOf(runEvent)))
  .handler(({ runId }, context) => prepareRestore(runId, targetContext(context)));
