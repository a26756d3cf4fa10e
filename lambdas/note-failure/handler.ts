/** Notes in the catalog what one part of a run has failed of: names of errors do not cross a distributed Map. @module */
import middy from "@middy/core";
import { z } from "zod";
import { noteFailure } from "../../core/backup/judge.ts";
import { parseCause } from "../../core/runs/failure.ts";
import { boundary, TIMEOUT_EARLY } from "../shared/boundary.ts";
import { catalog } from "../shared/deps.ts";
import { epochEvent, failureField, parserOf } from "../shared/events.ts";

const event = epochEvent.extend({ where: z.string().max(100), failure: failureField });

export const handler = middy<z.output<typeof event>, { next: number }>(TIMEOUT_EARLY)
  .use(boundary(parserOf(event)))
  .handler(({ failure, ...part }) =>
    noteFailure({ ...part, error: parseCause(failure.Error, failure.Cause) }, catalog()),
  );
