/**
 * A whole restore in this process: for the day the stack is gone, for the command line and for tests. The same functions as
 * the state machine's, in its order.
 * @module
 */
import { CancelledError, IntegrityError, SourceUnavailableError } from "../errors.ts";
import { type CompareReport, describeDifference } from "../postgres/compare/index.ts";
import type { ConnectionSettings } from "../postgres/connection.ts";
import { openLoadSession, withLoadSession } from "../postgres/load/session.ts";
import { describeRefusal, type Step } from "../postgres/load/steps.ts";
import type { Session } from "../postgres/session.ts";
import type { Unwrapper } from "../vault/envelope/recipient.ts";
import type { RestorePointRef } from "../vault/keys.ts";
import type { Store } from "../vault/store/port.ts";
import { compareDatabase } from "./compare.ts";
import { loadPointChunk } from "./data.ts";
import { expectationOf } from "./expectation.ts";
import { completeRestore, finishSchema } from "./finish.ts";
import { describeParts, type RestoreOptions } from "./options.ts";
import { inParallel } from "./parallel.ts";
import { tellParts } from "./parts/told.ts";
import { agreedPoint } from "./plan/apply.ts";
import { type PlanRow, planRows, toldOfPlan } from "./plan/rows.ts";
import type { RestorePlan } from "./plan/types.ts";
import { type OnListed, prepareTarget } from "./prepare.ts";
import { isInUse, openParts, openRestorePoint, readPhases, readToc } from "./restore-point.ts";
import { restorePointRoles } from "./roles.ts";
import { runPhase, runUnit } from "./schema.ts";
import { restoreTarget } from "./target.ts";
import { chunkNumbers, holdsNoRow, NO_ROW, type ParallelPhase, unitsOf } from "./work.ts";

export interface RestoreProgress {
  readonly phase: "prepare" | "schema" | "data" | "indexes" | "constraints" | "finish" | "compare";
  /** Pieces done and to be done in this phase. */
  readonly done: number;
  readonly total: number;
  /** What was just done or is to be told. */
  readonly what?: string;
}

export interface RestoreDirectInput {
  readonly store: Store;
  readonly unwrappers: readonly Unwrapper[];
  readonly ref: RestorePointRef;
  readonly connection: ConnectionSettings;
  readonly options: RestoreOptions;
  /** Sessions at once. Default 4. */
  readonly sessions?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: RestoreProgress) => void;
  readonly onListed?: OnListed;
  /** Told the plan, before any of it is done or refused; with the option `plan` nothing follows. */
  readonly onPlanned?: (rows: readonly PlanRow[], plan: RestorePlan) => Promise<void>;
  /** Told the database's name when it has been made ready: from here on it is incomplete until the restore has ended. */
  readonly onReady?: (database: string) => void;
}

export interface RestoreResult {
  readonly restorePointId: string;
  readonly database: string;
  readonly tables: number;
  /** With parts: tables of the restore point, of which those are. */
  readonly ofTables?: number;
  readonly rows: number;
  readonly plainBytes: number;
  readonly warnings: readonly string[];
  /** Absent with `compare: "off"`. */
  readonly report?: CompareReport;
}

const DEFAULT_SESSIONS = 4;
/** Of what was left out or rewritten; who wants all of it asks for the plan. */
const MOST_TOLD = 100;

/**
 * Restores and, unless told otherwise, compares. Call again with the same restore point to continue what was interrupted.
 * @throws PreconditionError `target-cannot-take`, `target-not-empty`, `target-incomplete`, or naming the statement that failed; IntegrityError
 *   for changed objects, and `restore-differs` naming what is not the same: the target stays marked as incomplete then.
 */
export async function restoreDirect(input: RestoreDirectInput): Promise<RestoreResult> {
  const { options, ref, signal, onProgress, sessions = DEFAULT_SESSIONS } = input;
  const applicationName = `holdfast restore ${ref.restorePointId}`;
  const tell = (phase: RestoreProgress["phase"], done: number, total: number, what?: string): void =>
    onProgress?.({ phase, done, total, ...(what !== undefined && { what }) });

  const whole = await openParts(await openRestorePoint(input, ref), options);
  const target = restoreTarget(input.connection, options, whole.manifest);
  const sessionOptions = { applicationName, ...(signal && { signal }) };
  const open = (): Promise<Session> => openLoadSession(target.settings, sessionOptions);
  const close = (session: Session): Promise<void> => session.end();
  const alone = <Result>(work: (session: Session) => Promise<Result>): Promise<Result> =>
    withLoadSession(target.settings, sessionOptions, work);

  const { onListed, onPlanned } = input;
  const { state, plan } = await prepareTarget({
    ...{ point: whole, target, options, applicationName },
    ...(onListed && { onListed }),
    ...(onPlanned && { onPlanned: async (made) => onPlanned(planRows(made, await readToc(whole)), made) }),
  });
  if (state === "planned") return planned(ref, target.settings.database);
  const point = await agreedPoint(whole, plan);
  const phases = await readPhases(point, options);
  input.onReady?.(target.settings.database);
  tell("prepare", 1, 1, state === "continued" ? "continuing an earlier attempt" : undefined);

  const { parts } = point;
  const warnings = tellParts(parts, describeParts(options));
  warnings.push(...toldOfPlan(plan, MOST_TOLD));
  if (holdsNoRow(point.manifest) && !options.schemaOnly) warnings.push(NO_ROW);
  const onDenied = (step: Step, error: Error, instead?: string): void => {
    warnings.push(describeRefusal(step, error, instead));
  };
  const onTold = (sentence: string): void => {
    if (!warnings.includes(sentence)) warnings.push(sentence);
  };
  await alone(async (session) => {
    if (!options.skipRoles && !isInUse(point)) warnings.push(...(await restorePointRoles(session, point)));
    let done = 0;
    const onStep = ({ what }: Step): void => tell("schema", ++done, phases.preData.length, what);
    await runPhase(session, phases, "preData", { onStep, onDenied });
  });

  const chunks = chunkNumbers(point.manifest);
  let rows = 0;
  let loaded = 0;
  await inParallel(sessions, chunks, open, close, async (session, n) => {
    // Awaited first: `rows += await …` would read the sum before and write it after what other sessions add meanwhile.
    const chunk = await loadPointChunk(session, point, n, { onTold, ...(signal && { signal }) }).catch(
      asStopped(signal),
    );
    rows += chunk.rows;
    tell("data", ++loaded, chunks.length, `chunk ${n}`);
  });

  const build = async (phase: ParallelPhase, label: "indexes" | "constraints"): Promise<void> => {
    const units = unitsOf(phases, phase);
    let done = 0;
    await inParallel(sessions, units, open, close, async (session, unit) => {
      await runUnit(session, phases, unit, { onDenied, onStep: ({ what }) => tell(label, done, units.length, what) });
      tell(label, ++done, units.length);
    });
  };
  await build("indexes", "indexes");
  await alone((session) => runPhase(session, phases, "indexAttachments", { onDenied }));
  await build("foreignKeys", "constraints");

  await alone(async (session) => {
    const onStep = ({ what }: Step): void => tell("finish", 0, 1, what);
    await finishSchema(session, { point, phases, options }, { onStep, onDenied });
  });
  tell("finish", 1, 1);

  const report = options.compare === "off" ? undefined : await compare();
  await alone((session) => completeRestore(session, { point, phases, options }, { onDenied, onTold }));
  const { tables } = point.manifest;
  const plainBytes = tables.flatMap((table) => table.chunks).reduce((sum, chunk) => sum + chunk.plainBytes, 0);
  const result = { restorePointId: ref.restorePointId, database: target.settings.database, rows, plainBytes, warnings };
  const ofTables = parts === undefined ? {} : { ofTables: parts.ofTables };
  return { ...result, tables: tables.length, ...ofTables, ...(report && { report }) };

  async function compare(): Promise<CompareReport> {
    const expected = await expectationOf(point, { rows: options.compare === "rows" });
    let done = 0;
    const compared = await compareDatabase(target.settings, expected, {
      rows: options.compare === "rows",
      sessions,
      applicationName,
      ignoreOwners: options.noOwner,
      ignorePrivileges: options.noPrivileges,
      ignoreDatabase: !options.create,
      ignoreLastAct: true,
      onTable: (object) => tell("compare", ++done, expected.tables.length, object),
    });
    assertIdentical(compared);
    return compared;
  }
}

/** Nothing was touched. */
function planned({ restorePointId }: RestorePointRef, database: string): RestoreResult {
  return { restorePointId, database, tables: 0, rows: 0, plainBytes: 0, warnings: [] };
}

/** A session that was cut because we were asked to stop is no server that went away. */
function asStopped(signal: AbortSignal | undefined): (error: unknown) => never {
  return (error) => {
    const isCut = signal?.aborted === true && error instanceof SourceUnavailableError;
    throw isCut ? new CancelledError("session-aborted", "the restore was asked to stop", { cause: error }) : error;
  };
}

const NAMED_DIFFERENCES = 5;

/** @throws IntegrityError `restore-differs` */
export function assertIdentical({ differences }: CompareReport): void {
  if (differences.length === 0) return;
  const named = differences.slice(0, NAMED_DIFFERENCES).map(describeDifference).join("; ");
  const more = differences.length > NAMED_DIFFERENCES ? ` and ${differences.length - NAMED_DIFFERENCES} more` : "";
  throw new IntegrityError("restore-differs", `the target is not what the restore point says: ${named}${more}`, {
    hint: "Nothing else may write to a target while it is being restored; otherwise verify the restore point fully.",
  });
}
