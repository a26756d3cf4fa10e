/** Writes the schema and the plan of a dump. @module */
import middy from "@middy/core";
import { type Planned, planBackup } from "../../core/backup/dump/plan-dump.ts";
import { boundary, TIMEOUT_EARLY } from "../shared/boundary.ts";
import { sourceContext, vaultContext } from "../shared/deps.ts";
import { type EpochEvent, epochEvent, parserOf } from "../shared/events.ts";

export const handler = middy<EpochEvent, Planned>(TIMEOUT_EARLY)
  .use(boundary(parserOf(epochEvent)))
  .handler(({ runId, epoch }, context) => planBackup(runId, epoch, { ...vaultContext(), ...sourceContext(context) }));
