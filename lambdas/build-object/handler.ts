/** Builds a group of indexes, or of foreign keys. @module */
import middy from "@middy/core";
import { z } from "zod";
import { buildObjects } from "../../core/restore/run/restore.ts";
import { boundary, TIMEOUT_EARLY } from "../shared/boundary.ts";
import { chunkEvent, parserOf } from "../shared/events.ts";
import { targetContext } from "../shared/target.ts";

const event = chunkEvent.extend({ phase: z.enum(["indexes", "foreignKeys"]) });

export const handler = middy<z.output<typeof event>, { built: number }>(TIMEOUT_EARLY)
  .use(boundary(parserOf(event)))
  .handler((request, context) => buildObjects(request, targetContext(context)));
