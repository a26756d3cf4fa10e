/** Marks a restore point as verified or quarantined. @module */
import middy from "@middy/core";
import { judgeVerify } from "../../core/backup/verify.ts";
import { boundary, TIMEOUT_EARLY } from "../shared/boundary.ts";
import { catalog, vaultStore } from "../shared/deps.ts";
import { parserOf, type RunEvent, runEvent } from "../shared/events.ts";

export const handler = middy<RunEvent, { runId: string; level: string }>(TIMEOUT_EARLY)
  .use(boundary(parserOf(runEvent)))
  .handler(({ runId }) => judgeVerify(runId, { catalog: catalog(), vault: vaultStore() }));
