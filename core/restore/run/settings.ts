/**
 * What a restore's or a comparison's run has frozen: of its target's configuration, of its input.
 * @module
 */
import { z } from "zod";
import { findRestorePoint } from "../../backup/prepare-verify.ts";
import { type Run, targetKey } from "../../catalog/index.ts";
import { type HoldfastConfig, PUBLIC_NETWORK } from "../../config/index.ts";
import { ConfigurationError } from "../../errors.ts";
import { NAME_PATTERN, RESTORE_POINT_ID_PATTERN } from "../../ids.ts";
import type { BeginContext, Prepared, RunInput } from "../../runs/begin.ts";
import { parseOptions } from "../../runs/options.ts";
import type { RestorePointRef } from "../../vault/keys.ts";
import { databaseField, parseRestoreOptions, partFields, type RestoreOptions } from "../options.ts";

const common = {
  target: z.string().regex(NAME_PATTERN),
  restorePointId: z.union([z.literal("latest"), z.string().regex(RESTORE_POINT_ID_PATTERN)]).default("latest"),
};
const restoreInput = z.looseObject(common);
const compareInput = z.strictObject({
  ...common,
  database: databaseField.optional(),
  /** Hash every row, not only count them. */
  rows: z.boolean().default(true),
  /** As the restore was asked for: who owns or may use what is not compared, or compared under other names. */
  noOwner: z.boolean().default(false),
  noPrivileges: z.boolean().default(false),
  roles: z.record(z.string(), z.string()).default({}),
  ...partFields,
});

export interface RestoreSettings {
  readonly target: string;
  readonly connection: string;
  readonly network: string;
  readonly options: RestoreOptions;
}

/** @throws ConfigurationError `invalid-options`, `unknown-target`; PreconditionError `no-restore-point`, `unknown-restore-point` */
export async function prepareRestoreRun(input: RunInput, context: BeginContext): Promise<Prepared> {
  const { target, restorePointId, ...rest } = parse(restoreInput, input);
  return prepared(input, context, target, restorePointId, parseRestoreOptions(rest), true);
}

/** As `prepareRestoreRun`; nothing is written, so no lease is taken. */
export async function prepareCompareRun(input: RunInput, context: BeginContext): Promise<Prepared> {
  const { target, restorePointId, database, rows, ...ignored } = parse(compareInput, input);
  const options = parseRestoreOptions({
    compare: rows ? "rows" : "counts",
    ...ignored,
    ...(database !== undefined && { database }),
  });
  return prepared(input, context, target, restorePointId, options, false);
}

async function prepared(
  input: RunInput,
  { catalog, config }: BeginContext,
  target: string,
  restorePointId: string,
  options: RestoreOptions,
  withLease: boolean,
): Promise<Prepared> {
  const { connection, network } = targetOf(config, target);
  const settings: RestoreSettings = { target, connection, network, options };
  return {
    settings: { ...settings },
    network,
    restorePointId: await findRestorePoint(catalog, input.source, restorePointId),
    ...(withLease && { leaseOn: targetKey(target) }),
  };
}

function parse<Output>(schema: z.ZodType<Output>, { options }: RunInput): Output {
  return parseOptions(schema, options, "It is started with { source, options: { target, restorePointId?, … } }.");
}

function targetOf(config: HoldfastConfig, id: string): { connection: string; network: string } {
  const target = Object.hasOwn(config.targets, id) ? config.targets[id] : undefined;
  if (target !== undefined) return { connection: target.connection, network: target.network ?? PUBLIC_NETWORK };
  const allowed = Object.keys(config.targets).join(", ") || "none";
  throw new ConfigurationError("unknown-target", `target is ${id}, configured are ${allowed}`, {
    hint: "Add it to holdfast.config.ts and deploy, or correct the name.",
  });
}

/** As `prepareRestoreRun` froze them. */
export function settingsOf(run: Run): RestoreSettings {
  return run.settings as unknown as RestoreSettings;
}

export function refOfRun(run: Run): RestorePointRef {
  return { source: run.source, kind: "full", restorePointId: run.restorePointId ?? "" };
}
