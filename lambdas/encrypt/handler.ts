/** Makes the envelope of a restore point. @module */
import middy from "@middy/core";
import { makeEnvelope } from "../../core/backup/encrypt.ts";
import { boundary, TIMEOUT_EARLY } from "../shared/boundary.ts";
import { bundledConfig, random, recipients, vaultContext } from "../shared/deps.ts";
import { parserOf, type RunEvent, runEvent } from "../shared/events.ts";

export const handler = middy<RunEvent, { runId: string }>(TIMEOUT_EARLY)
  .use(boundary(parserOf(runEvent)))
  .handler(async ({ runId }) => {
    const config = await bundledConfig();
    return makeEnvelope(runId, { ...vaultContext(), recipients: recipients(config), random });
  });
