/** Whether a backup can succeed at all. @module */
import middy from "@middy/core";
import { preflightBackup } from "../../core/backup/preflight.ts";
import { boundary, TIMEOUT_EARLY } from "../shared/boundary.ts";
import { catalog, readConnection } from "../shared/deps.ts";
import { parserOf, type RunEvent, runEvent } from "../shared/events.ts";

export const handler = middy<RunEvent, { runId: string }>(TIMEOUT_EARLY)
  .use(boundary(parserOf(runEvent)))
  .handler(({ runId }) => preflightBackup(runId, { catalog: catalog(), readConnection }));
