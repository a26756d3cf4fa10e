/** Looks what dead runs have left; or notes that nobody could, which must not keep a backup from being made. @module */
import middy from "@middy/core";
import { z } from "zod";
import { type FoundLeftovers, findLeftovers } from "../../core/leftovers/find.ts";
import { noteUnlooked } from "../../core/leftovers/note.ts";
import { parseCause } from "../../core/runs/failure.ts";
import { boundary, TIMEOUT_EARLY } from "../shared/boundary.ts";
import { catalog, clock, vaultContext } from "../shared/deps.ts";
import { failureField, parserOf, runIdField } from "../shared/events.ts";

const event = z.strictObject({ runId: runIdField, failure: failureField.optional() });

export const handler = middy<z.output<typeof event>, FoundLeftovers | { runId: string }>(TIMEOUT_EARLY)
  .use(boundary(parserOf(event)))
  .handler(({ runId, failure }) =>
    failure === undefined
      ? findLeftovers(runId, { ...vaultContext(), clock })
      : noteUnlooked(runId, parseCause(failure.Error, failure.Cause), catalog()),
  );
