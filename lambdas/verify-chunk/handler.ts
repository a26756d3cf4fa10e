/** Reads one group of chunks back. @module */
import middy from "@middy/core";
import type { z } from "zod";
import { verifyGroup } from "../../core/backup/verify.ts";
import { boundary, TIMEOUT_EARLY } from "../shared/boundary.ts";
import { vaultContext } from "../shared/deps.ts";
import { chunkEvent, countField, parserOf } from "../shared/events.ts";

const event = chunkEvent.extend({ groups: countField });

export const handler = middy<z.output<typeof event>, { checks: number; issues: number }>(TIMEOUT_EARLY)
  .use(boundary(parserOf(event)))
  .handler((group) => verifyGroup(group, vaultContext()));
