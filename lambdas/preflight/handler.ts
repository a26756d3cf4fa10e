/** Whether a backup can succeed at all. @module */
import middy from "@middy/core";
import { preflightBackup } from "../../core/backup/preflight.ts";
import { boundary, TIMEOUT_EARLY } from "../shared/boundary.ts";
import { sourceContext } from "../shared/deps.ts";
import { type EpochEvent, epochEvent, parserOf } from "../shared/events.ts";

export const handler = middy<EpochEvent, { runId: string }>(TIMEOUT_EARLY)
  .use(boundary(parserOf(epochEvent)))
  .handler(({ runId, epoch }, context) => preflightBackup(runId, epoch, sourceContext(context)));
