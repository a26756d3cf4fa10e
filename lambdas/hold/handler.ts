/** Holds the snapshot of a dump, or waits for its turn to. @module */
import middy from "@middy/core";
import { type HoldResult, hold } from "../../core/backup/dump/hold.ts";
import { boundary, TIMEOUT_EARLY } from "../shared/boundary.ts";
import { sourceContext } from "../shared/deps.ts";
import { type ChunkEvent, chunkEvent, parserOf } from "../shared/events.ts";

export const handler = middy<ChunkEvent, HoldResult>(TIMEOUT_EARLY)
  .use(boundary(parserOf(chunkEvent)))
  .handler((event, context) => hold(event, sourceContext(context)));
