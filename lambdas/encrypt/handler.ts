/** Makes the envelope of a restore point. @module */
import middy from "@middy/core";
import { makeEnvelope } from "../../core/backup/encrypt.ts";
import { boundary, TIMEOUT_EARLY } from "../shared/boundary.ts";
import { bundledConfig, random, recipients, vaultContext } from "../shared/deps.ts";
import { type EpochEvent, epochEvent, parserOf } from "../shared/events.ts";

export const handler = middy<EpochEvent, { runId: string }>(TIMEOUT_EARLY)
  .use(boundary(parserOf(epochEvent)))
  .handler(async ({ runId, epoch }) => {
    const config = await bundledConfig();
    return makeEnvelope(runId, epoch, { ...vaultContext(), recipients: recipients(config), random });
  });
