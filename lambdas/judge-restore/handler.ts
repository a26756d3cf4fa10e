/** Whether all parts of a phase of a restore have succeeded; throws the gravest error if not. @module */
import middy from "@middy/core";
import { z } from "zod";
import { judgeRestore } from "../../core/restore/run/restore.ts";
import { boundary, TIMEOUT_EARLY } from "../shared/boundary.ts";
import { catalog } from "../shared/deps.ts";
import { parserOf, runEvent } from "../shared/events.ts";

const event = runEvent.extend({ next: z.string().max(40) });

export const handler = middy<z.output<typeof event>, { runId: string }>(TIMEOUT_EARLY)
  .use(boundary(parserOf(event)))
  .handler((request) => judgeRestore(request, { catalog: catalog() }));
