/** The first state of every machine. @module */
import middy from "@middy/core";
import { z } from "zod";
import { prepareBackup, restartBackup } from "../../core/backup/prepare.ts";
import { prepareVerify } from "../../core/backup/prepare-verify.ts";
import type { RunKind } from "../../core/catalog/index.ts";
import { ConfigurationError } from "../../core/errors.ts";
import { prepareRebuild } from "../../core/rebuild/prepare.ts";
import { prepareCompareRun, prepareRestoreRun } from "../../core/restore/run/settings.ts";
import { type Begun, beginRun, type Prepare } from "../../core/runs/begin.ts";
import { boundary, TIMEOUT_EARLY } from "../shared/boundary.ts";
import { audit, bundledConfig, catalog, clock, random, workersByNetwork } from "../shared/deps.ts";
import { executionField, kindField, nameField, parserOf, runIdField } from "../shared/events.ts";

/** A kind of run is added by its row. */
const preparers: Readonly<Partial<Record<RunKind, Prepare>>> = {
  backup: prepareBackup,
  verify: prepareVerify,
  restore: prepareRestoreRun,
  compare: prepareCompareRun,
  rebuild: prepareRebuild,
};

/** As whoever starts an execution has written it; closed, so that what is misspelt is refused and not passed over. */
const inputField = z.strictObject({
  source: nameField,
  reason: z.string().max(500).optional(),
  author: z
    .string()
    .regex(/^[\x20-\x7e]{1,256}$/)
    .optional(),
  scheduledAt: z
    .string()
    .regex(/^[\d:.TZ+-]{10,40}$/)
    .optional(),
  options: z.record(z.string(), z.unknown()).optional(),
});

const beginning = z.object({ kind: kindField, execution: executionField, input: inputField });
const restart = z.object({ restart: runIdField, epoch: z.number().int() });
type ResolveEvent = z.output<typeof beginning> | z.output<typeof restart>;

/** Told apart first, so that a refusal names the field and not only that neither fits. */
function parse(event: unknown): ResolveEvent {
  const isRestart = typeof event === "object" && event !== null && "restart" in event;
  return isRestart ? parserOf(restart)(event) : parserOf(beginning)(event);
}

export const handler = middy<ResolveEvent, Begun>(TIMEOUT_EARLY)
  .use(boundary(parse))
  .handler(async (request) => {
    const config = await bundledConfig();
    const context = { catalog: catalog(), config, workers: workersByNetwork(), clock, random, audit: audit() };
    if ("restart" in request) return restartBackup(request.restart, request.epoch, context);
    const prepare = preparers[request.kind];
    if (prepare !== undefined) return beginRun(request, prepare, context);
    throw new ConfigurationError("unknown-kind", `runs of kind ${request.kind} are not known`);
  });
