/** Runs a phase of the schema in order, in one session. @module */
import middy from "@middy/core";
import { z } from "zod";
import { loadSchema } from "../../core/restore/run/restore.ts";
import { boundary, TIMEOUT_EARLY } from "../shared/boundary.ts";
import { parserOf, runEvent } from "../shared/events.ts";
import { targetContext } from "../shared/target.ts";

const event = runEvent.extend({ phase: z.enum(["preData", "indexAttachments"]), next: z.string().max(40) });

export const handler = middy<z.output<typeof event>, { runId: string }>(TIMEOUT_EARLY)
  .use(boundary(parserOf(event)))
  .handler((request, context) => loadSchema(request, targetContext(context)));
