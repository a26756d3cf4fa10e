/** Holds one group of tables, or all that is no table's rows, against the restore point. @module */
import middy from "@middy/core";
import { compareGroup } from "../../core/restore/run/compare.ts";
import { boundary, TIMEOUT_EARLY } from "../shared/boundary.ts";
import { type ChunkEvent, chunkEvent, parserOf } from "../shared/events.ts";
import { targetContext } from "../shared/target.ts";

export const handler = middy<ChunkEvent, { differences: number }>(TIMEOUT_EARLY)
  .use(boundary(parserOf(chunkEvent)))
  .handler((event, context) => compareGroup(event, targetContext(context)));
