/** Cuts a verification into groups of chunks. @module */
import middy from "@middy/core";
import { planVerify, type VerifyPlanned } from "../../core/backup/verify.ts";
import { boundary, TIMEOUT_EARLY } from "../shared/boundary.ts";
import { vaultContext } from "../shared/deps.ts";
import { parserOf, type RunEvent, runEvent } from "../shared/events.ts";

export const handler = middy<RunEvent, VerifyPlanned>(TIMEOUT_EARLY)
  .use(boundary(parserOf(runEvent)))
  .handler(({ runId }) => planVerify(runId, vaultContext()));
