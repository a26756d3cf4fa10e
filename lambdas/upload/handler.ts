/** Proves every chunk stored and commits the manifest. @module */
import middy from "@middy/core";
import { commitBackup } from "../../core/backup/commit/commit.ts";
import { boundary, TIMEOUT_EARLY } from "../shared/boundary.ts";
import { vaultContext } from "../shared/deps.ts";
import { parserOf, type RunEvent, runEvent } from "../shared/events.ts";
import { VERSION } from "../shared/version.ts";

export const handler = middy<RunEvent, { runId: string; restorePointId: string }>(TIMEOUT_EARLY)
  .use(boundary(parserOf(runEvent)))
  .handler(({ runId }) => commitBackup(runId, { ...vaultContext(), version: VERSION }));
