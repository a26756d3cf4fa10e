/** Says what a rebuild came to. @module */
import middy from "@middy/core";
import { judgeRebuild, type Rebuilt } from "../../core/rebuild/judge.ts";
import { boundary, TIMEOUT_EARLY } from "../shared/boundary.ts";
import { catalog } from "../shared/deps.ts";
import { parserOf, type RunEvent, runEvent } from "../shared/events.ts";

export const handler = middy<RunEvent, { runId: string; rebuilt: Rebuilt }>(TIMEOUT_EARLY)
  .use(boundary(parserOf(runEvent)))
  .handler(({ runId }) => judgeRebuild(runId, catalog()));
