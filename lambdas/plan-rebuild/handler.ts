/** Finds the restore points that there are, and cuts them into groups. @module */
import middy from "@middy/core";
import { planRebuild, type RebuildPlanned } from "../../core/rebuild/plan.ts";
import { boundary, TIMEOUT_EARLY } from "../shared/boundary.ts";
import { catalog, vaultStore, workStore } from "../shared/deps.ts";
import { parserOf, type RunEvent, runEvent } from "../shared/events.ts";

export const handler = middy<RunEvent, RebuildPlanned>(TIMEOUT_EARLY)
  .use(boundary(parserOf(runEvent)))
  .handler(({ runId }) => planRebuild(runId, { catalog: catalog(), vault: vaultStore(), work: workStore() }));
