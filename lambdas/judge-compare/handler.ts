/** Writes the report of a comparison; throws what differs. @module */
import middy from "@middy/core";
import { judgeCompare } from "../../core/restore/run/compare.ts";
import { boundary, TIMEOUT_EARLY } from "../shared/boundary.ts";
import { catalog, vaultStore } from "../shared/deps.ts";
import { parserOf, type RunEvent, runEvent } from "../shared/events.ts";

export const handler = middy<RunEvent, { runId: string; identical: boolean }>(TIMEOUT_EARLY)
  .use(boundary(parserOf(runEvent)))
  .handler(({ runId }) => judgeCompare(runId, { catalog: catalog(), vault: vaultStore() }));
