/** The last part of a restore, and its very last act. @module */
import middy from "@middy/core";
import { z } from "zod";
import { completeRestoreRun, finishRestore } from "../../core/restore/run/restore.ts";
import { boundary, TIMEOUT_EARLY } from "../shared/boundary.ts";
import { parserOf, runEvent } from "../shared/events.ts";
import { targetContext } from "../shared/target.ts";

/** `isCompared`: all of it was held against the restore point, so that the marker may go. */
const event = runEvent.extend({ isCompared: z.boolean() });

export const handler = middy<z.output<typeof event>, { runId: string }>(TIMEOUT_EARLY)
  .use(boundary(parserOf(event)))
  .handler(({ runId, isCompared }, context) =>
    (isCompared ? completeRestoreRun : finishRestore)(runId, targetContext(context)),
  );
