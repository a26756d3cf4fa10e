/** Whether a dump is whole; throws the gravest error if not. @module */
import middy from "@middy/core";
import { judgeDump } from "../../core/backup/judge.ts";
import { boundary, TIMEOUT_EARLY } from "../shared/boundary.ts";
import { catalog } from "../shared/deps.ts";
import { type EpochEvent, epochEvent, parserOf } from "../shared/events.ts";

export const handler = middy<EpochEvent, { runId: string; chunks: number }>(TIMEOUT_EARLY)
  .use(boundary(parserOf(epochEvent)))
  .handler(({ runId, epoch }) => judgeDump(runId, epoch, catalog()));
