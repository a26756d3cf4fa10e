/** `holdfast restore --direct`: this process reads a vault and loads a database, for the day the stack is gone. @module */
import { mintRdsToken } from "../../core/postgres/client/rds-token.ts";
import { parseConnection } from "../../core/postgres/connection.ts";
import { nameOf } from "../../core/postgres/load/target.ts";
import { type RestoreProgress, restoreDirect } from "../../core/restore/direct.ts";
import { parseRestoreOptions } from "../../core/restore/options.ts";
import type { PlanRow } from "../../core/restore/plan/rows.ts";
import type { Listed } from "../../core/restore/prepare.ts";
import { printable } from "../../core/text.ts";
import { findInVault, openUnwrappers, openVault } from "../direct/vault.ts";
import { InterruptedError } from "../errors.ts";
import { formatFields } from "../output/table.ts";
import { formatBytes, formatCount, formatDuration, formatRate, plural } from "../output/units.ts";
import { type CommandResult, succeeded } from "../result.ts";
import { agreeToDrop, describeInTheWay } from "../runs/agree.ts";
import { planResult, planTable } from "../runs/plan.ts";
import { describeLeftBehind, needed, type RestoreChoices, restoreOptionsOf } from "../runs/restore-options.ts";
import { assertNameArgument, assertRestorePoint } from "../runs/restore-point.ts";
import type { Session } from "../session.ts";

export type DirectOptions = RestoreChoices & {
  readonly source?: string;
  readonly vault?: string;
  readonly toConnection?: string;
  readonly offlineKey?: string;
  readonly kmsKey?: string;
  readonly json?: boolean;
};

export async function restoreDirectly(session: Session, id: string, options: DirectOptions): Promise<CommandResult> {
  const { world, progress, style } = session;
  assertRestorePoint(id);
  if (options.source !== undefined) assertNameArgument("source", options.source);
  const store = openVault(needed("--vault", options.vault), world.env);
  const secret = await world.readFile(needed("--to-connection", options.toConnection));
  const connection = parseConnection(secret, { mintToken: mintRdsToken });
  const { offlineKey, kmsKey: kmsKeyArn } = options;
  const keys = {
    ...(offlineKey !== undefined && { offlineKeyPem: await world.readFile(offlineKey) }),
    ...(kmsKeyArn !== undefined && { kmsKeyArn }),
  };
  const ref = await findInVault(store, id, options.source);
  const startedAt = world.clock();
  let begun: string | undefined;
  let planned: readonly PlanRow[] = [];
  const restoring = parseRestoreOptions(restoreOptionsOf(options));
  const restored = await restoreDirect({
    store,
    unwrappers: openUnwrappers(keys),
    ref,
    connection,
    options: restoring,
    signal: world.interrupted,
    onProgress: (step) => progress.update(progressText(step)),
    onPlanned: async (told) => {
      planned = told;
    },
    onListed: (listed) => agreed(session, listed, options.json === true),
    onReady: (database) => {
      begun = database;
    },
  }).catch((error: unknown) => {
    // Before, whoever leaves has left a question: nothing was touched.
    if (begun === undefined) {
      const refused = options.json === true ? [] : planned.filter(({ verdict }) => verdict === "refused");
      progress.end();
      if (refused.length > 0) world.stderr.write(`${planTable(refused, style)}\n`);
      throw error;
    }
    const hint = "The database is marked as incomplete; the same command continues where this one stopped.";
    if (world.interrupted.aborted)
      throw new InterruptedError("interrupted", `stopped restoring ${ref.restorePointId}`, hint);
    progress.end();
    world.stderr.write(`${printable(`left behind: ${describeLeftBehind(restoring, begun)}`)}\n`);
    throw error;
  });
  const finishedAt = world.clock();
  if (options.plan === true) {
    const { restorePointId, database } = restored;
    const what = `${restorePointId} of ${ref.source} into ${database} on ${connection.host}`;
    const times = { startedAt: startedAt.toISOString(), finishedAt: finishedAt.toISOString() };
    const fields = { restorePointId, source: ref.source, vault: store.location, database, ...times };
    return planResult({ rows: planned, what, fields }, style);
  }
  const millis = finishedAt.getTime() - startedAt.getTime();
  const { restorePointId, database, tables, ofTables, rows, plainBytes, warnings } = restored;
  const lines = formatFields([
    ["tables", `${countOf(tables, ofTables)}, ${plural(rows, "row")}`],
    ["data", `${formatBytes(plainBytes)}, ${formatRate(plainBytes, millis)}`],
    ...warnings.map((warning) => ["warning", style.warn(warning)] as const),
    ["took", formatDuration(millis)],
  ]);
  const what = ofTables === undefined ? restorePointId : `parts of ${restorePointId}`;
  const achieved = `restored ${what} of ${ref.source} into ${database} on ${connection.host}`;
  return succeeded(`${style.good(achieved)}\n${lines}`, {
    restorePointId,
    source: ref.source,
    vault: store.location,
    database,
    startedAt: startedAt.toISOString(),
    finishedAt: finishedAt.toISOString(),
    durationSeconds: millis / 1000,
    sizes: { plainBytes, tables, ofTables, rows },
    warnings,
  });
}

/** `12`, of parts `1 of 12`. */
function countOf(tables: number, ofTables: number | undefined): string {
  return ofTables === undefined ? formatCount(tables) : `${formatCount(tables)} of ${formatCount(ofTables)}`;
}

/** Told before anything is dropped, whether it is to be asked for or was agreed to. */
async function agreed(session: Session, { database, objects, willDrop }: Listed, isJson: boolean): Promise<boolean> {
  const inTheWay = { where: `database ${database}`, names: objects.map(nameOf) };
  if (!willDrop) return agreeToDrop(session, inTheWay, isJson);
  session.progress.end();
  session.world.stderr.write(`${describeInTheWay(inTheWay)}\nAll of this is dropped now.\n`);
  return true;
}

/** `data · 5 of 14 · chunk 5` */
function progressText({ phase, done, total, what }: RestoreProgress): string {
  return [phase, `${done} of ${total}`, ...(what === undefined ? [] : [what])].join(" · ");
}
