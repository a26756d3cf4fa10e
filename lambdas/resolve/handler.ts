/** The first state of every machine. @module */
import middy from "@middy/core";
import { z } from "zod";
import { prepareBackup, restartBackup } from "../../core/backup/prepare.ts";
import { prepareVerify } from "../../core/backup/prepare-verify.ts";
import type { RunKind } from "../../core/catalog/index.ts";
import { ConfigurationError } from "../../core/errors.ts";
import { prepareCompareRun, prepareRestoreRun } from "../../core/restore/run/settings.ts";
import { type Begun, beginRun, type Prepare } from "../../core/runs/begin.ts";
import { boundary, TIMEOUT_EARLY } from "../shared/boundary.ts";
import { bundledConfig, catalog, clock, random, workersByNetwork } from "../shared/deps.ts";
import { executionField, kindField, nameField, parserOf, runIdField } from "../shared/events.ts";

/** A kind of run is added by its row. */
const preparers: Readonly<Partial<Record<RunKind, Prepare>>> = {
  backup: prepareBackup,
  verify: prepareVerify,
  restore: prepareRestoreRun,
  compare: prepareCompareRun,
};

const inputField = z.object({
  source: nameField,
  reason: z.string().max(500).optional(),
  scheduledAt: z.string().max(40).optional(),
  options: z.record(z.string(), z.unknown()).optional(),
});

const event = z.union([
  z.object({ kind: kindField, execution: executionField, input: inputField }),
  z.object({ restart: runIdField, epoch: z.number().int() }),
]);

export const handler = middy<z.output<typeof event>, Begun>(TIMEOUT_EARLY)
  .use(boundary(parserOf(event)))
  .handler(async (request) => {
    const config = await bundledConfig();
    const context = { catalog: catalog(), config, workers: workersByNetwork(), clock, random };
    if ("restart" in request) return restartBackup(request.restart, request.epoch, context);
    const prepare = preparers[request.kind];
    if (prepare !== undefined) return beginRun(request, prepare, context);
    throw new ConfigurationError("unknown-kind", `runs of kind ${request.kind} are not known`);
  });
