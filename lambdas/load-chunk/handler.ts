/** Loads one chunk, once however often it is called. @module */
import middy from "@middy/core";
import { loadChunkOfRun } from "../../core/restore/run/restore.ts";
import { boundary, TIMEOUT_EARLY } from "../shared/boundary.ts";
import { type ChunkEvent, chunkEvent, parserOf } from "../shared/events.ts";
import { targetContext } from "../shared/target.ts";

export const handler = middy<ChunkEvent, { rows: number }>(TIMEOUT_EARLY)
  .use(boundary(parserOf(chunkEvent)))
  .handler((event, context) => loadChunkOfRun(event, targetContext(context)));
