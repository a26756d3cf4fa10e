/**
 * What every state of a restore needs: the run, its restore point, its target.
 * @module
 */
import type { Catalog, Run } from "../../catalog/index.ts";
import { type ConnectionSettings, type MintToken, parseConnection } from "../../postgres/connection.ts";
import type { RestorePhases } from "../../postgres/ddl/index.ts";
import { withLoadSession } from "../../postgres/load/session.ts";
import type { Session } from "../../postgres/session.ts";
import type { Unwrapper } from "../../vault/envelope/recipient.ts";
import type { Store } from "../../vault/store/port.ts";
import { agreedPoint } from "../plan/apply.ts";
import { readFrozenPlan } from "../plan/frozen.ts";
import { type OpenRestorePoint, openParts, openRestorePoint, readPhases } from "../restore-point.ts";
import { type RestoreTarget, restoreTarget } from "../target.ts";
import { quarantiningDamage } from "./damage.ts";
import { type RestoreSettings, refOfRun, settingsOf } from "./settings.ts";

export interface RestoreContext {
  readonly catalog: Catalog;
  readonly vault: Store;
  readonly work: Store;
  readonly unwrappers: readonly Unwrapper[];
  /** The text of a connection's secret. */
  readonly readConnection: (connection: string) => Promise<string>;
  /** For connections that log in by token. */
  readonly mintToken: MintToken;
  /** Aborts when this invocation has to come to an end. */
  readonly deadline: AbortSignal;
}

export interface OpenRun {
  readonly run: Run;
  readonly settings: RestoreSettings;
  readonly point: OpenRestorePoint;
  readonly target: RestoreTarget;
  readonly applicationName: string;
}

/** @throws CancelledError when the run has ended; as `openRestorePoint` */
export async function openRun(runId: string, context: RestoreContext): Promise<OpenRun> {
  const run = await context.catalog.runs.beat(runId);
  const settings = settingsOf(run);
  const ref = refOfRun(run);
  const known = await context.catalog.restorePoints.get(ref.restorePointId, ref.source);
  const access = { store: context.vault, unwrappers: context.unwrappers };
  const point = await quarantiningDamage(run, context, async () => {
    const whole = await openRestorePoint(access, ref, { committedSha256: known?.manifestSha256 });
    return openParts(whole, settings.options);
  });
  const secret = await context.readConnection(settings.connection);
  const connection: ConnectionSettings = parseConnection(secret, { mintToken: context.mintToken });
  const target = restoreTarget(connection, settings.options, point.manifest);
  return { run, settings, point, target, applicationName: `holdfast ${runId}` };
}

/** As `openRun`, with what was agreed to when this restore was begun, as its target keeps it: for every step but the first. */
export async function openAgreed(runId: string, context: RestoreContext): Promise<OpenRun> {
  const open = await openRun(runId, context);
  const plan = await withTarget(open, readFrozenPlan);
  return { ...open, point: await agreedPoint(open.point, plan) };
}

export function phasesOf({ point, settings }: OpenRun): Promise<RestorePhases> {
  return readPhases(point, settings.options);
}

export function withTarget<Result>(
  { target, applicationName }: OpenRun,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  return withLoadSession(target.settings, { applicationName }, work);
}

/** Writes the numbers a distributed Map walks over: nothing else, since state machines can read this bucket. */
export async function writeItems(work: Store, run: Run, name: string, numbers: readonly number[]): Promise<string> {
  const body = Buffer.from(JSON.stringify(numbers.map((n) => ({ n }))));
  for (let attempt = 1; ; attempt += 1) {
    const key = `runs/${run.runId}/${name}.${run.epoch}.${attempt}.json`;
    if (await work.putIfAbsent(key, body)) return key;
  }
}
