/**
 * The states of the restore machine, each idempotent: what the same restore point has brought into the target stays.
 * @module
 */

import { gravest } from "../../backup/judge.ts";
import type { Catalog, Finding, Run } from "../../catalog/index.ts";
import { CancelledError } from "../../errors.ts";
import type { RestorePhases } from "../../postgres/ddl/index.ts";
import { describeRefusal, type RunStepsOptions, type Step } from "../../postgres/load/steps.ts";
import { describeObjects, nameOf } from "../../postgres/load/target.ts";
import type { Session } from "../../postgres/session.ts";
import { quoteName } from "../../postgres/sql.ts";
import { chunkObjectOf, chunkObjects } from "../../vault/manifest/chunk-objects.ts";
import type { Manifest } from "../../vault/manifest/schema.ts";
import { loadPointChunk } from "../data.ts";
import { completeRestore, finishSchema, type LastAct } from "../finish.ts";
import { describeParts } from "../options.ts";
import { undoOf } from "../parts/claim.ts";
import { tellParts } from "../parts/told.ts";
import { agreedPoint } from "../plan/apply.ts";
import type { RestorePlan } from "../plan/types.ts";
import { type Listed, prepareTarget } from "../prepare.ts";
import { isInUse } from "../restore-point.ts";
import { restorePointRoles } from "../roles.ts";
import { type OrderedPhase, runPhase, runUnit } from "../schema.ts";
import { chunkNumbers, groupsOf, holdsNoRow, NO_ROW, type ParallelPhase, unitsOf } from "../work.ts";
import { type OpenRun, openAgreed, openRun, phasesOf, type RestoreContext, withTarget, writeItems } from "./context.ts";
import { quarantiningDamage } from "./damage.ts";
import { LIST_FINDING } from "./findings.ts";
import { notePlan, tellAgreed } from "./plan.ts";
import { reportKey, writeReport } from "./reports.ts";

/** Where the state machine finds the numbers of each distributed Map, and how many: with none, the Map is left out. */
export interface Planned {
  readonly runId: string;
  readonly epoch: number;
  /** The plan was all that was asked for. */
  readonly isPlanOnly: boolean;
  readonly items: Readonly<Record<"data" | ParallelPhase, string>>;
  readonly counts: Readonly<Record<"data" | ParallelPhase, number>>;
}

/** Target and roles made ready, the work cut into numbered pieces. @throws as `prepareTarget` */
export async function prepareRestore(runId: string, context: RestoreContext): Promise<Planned> {
  const open = await openRun(runId, context);
  const { run, target, settings, applicationName } = open;
  const onListed = (listed: Listed): Promise<boolean> => noteListed(run, listed, context);
  const onPlanned = (plan: RestorePlan): Promise<void> => notePlan(open, plan, context);
  const { state, plan } = await quarantiningDamage(run, context, () =>
    prepareTarget({
      point: open.point,
      target,
      options: settings.options,
      applicationName,
      onListed,
      onPlanned,
      deadline: context.deadline,
    }),
  );
  if (state === "planned") return { ...NOTHING, runId, epoch: run.epoch, isPlanOnly: true };
  await tellAgreed(open, plan, context);
  const agreed: OpenRun = { ...open, point: await agreedPoint(open.point, plan) };
  const { point } = agreed;
  const described = describeParts(settings.options);
  const [parts, ...told] = tellParts(point.parts, described);
  const notes = { leftBehind: describeUnfinished(open), ...(parts !== undefined && { parts }) };
  await context.catalog.runs.advance(runId, { epoch: run.epoch, notes });
  await noteWarnings(context.catalog, run, [...(parts === undefined ? [] : [parts]), ...told]);
  if (!settings.options.skipRoles && !isInUse(point)) {
    // At once: a repeated call finds the roles done, and nothing to tell of them.
    await noteWarnings(context.catalog, run, await withTarget(open, (session) => restorePointRoles(session, point)));
  }
  if (holdsNoRow(point.manifest) && !settings.options.schemaOnly) await noteWarnings(context.catalog, run, [NO_ROW]);
  const phases = await phasesOf(agreed);
  const numbers = chunkNumbers(point.manifest);
  await context.catalog.chunks.plan(run, plannedChunks(point.manifest, numbers));
  const write = (name: string, items: readonly number[]): Promise<string> => writeItems(context.work, run, name, items);
  const indexes = groupNumbers(phases, "indexes", point.manifest);
  const foreignKeys = groupNumbers(phases, "foreignKeys", point.manifest);
  const items = {
    data: await write("data", numbers),
    indexes: await write("indexes", indexes),
    foreignKeys: await write("foreign-keys", foreignKeys),
  };
  const counts = { data: numbers.length, indexes: indexes.length, foreignKeys: foreignKeys.length };
  await context.catalog.runs.advance(runId, { epoch: run.epoch, from: ["preparing"], to: "schema" });
  return { runId, epoch: run.epoch, isPlanOnly: false, items, counts };
}

/** For a state machine that goes on nowhere. */
const NOTHING: Pick<Planned, "items" | "counts"> = {
  items: { data: "", indexes: "", foreignKeys: "" },
  counts: { data: 0, indexes: 0, foreignKeys: 0 },
};

/**
 * In the vault and in the catalog before anything is gone, for the drop may fail half way; of what is refused, the first objects.
 * @throws CancelledError `run-moved-on`: a late call must drop nothing, by then there may be what the first has loaded
 */
async function noteListed(run: Run, listed: Listed, { catalog, vault }: RestoreContext): Promise<boolean> {
  const { database, objects, id, willDrop } = listed;
  await catalog.runs.advance(run.runId, { epoch: run.epoch, from: ["preparing"] });
  await writeReport(vault, run, "target", { database, list: id, willDrop, objects: objects.map(nameOf) });
  const where = `the whole list is in the vault, ${reportKey(run, "target")}`;
  if (willDrop) {
    await noteWarnings(catalog, run, [`dropping from ${database}: ${describeObjects(objects)}; ${where}`]);
    return true;
  }
  const shown = objects.slice(0, MOST_LISTED).map((object): Finding => {
    return { where: nameOf(object), code: "would-be-dropped", message: nameOf(object) };
  });
  const rest = objects.length > shown.length ? [{ where: "", code: "would-be-dropped", message: where }] : [];
  const list = { where: database, code: LIST_FINDING, message: id };
  await catalog.runs.setFindings(run.runId, [list, ...shown, ...rest]);
  return false;
}

/** A target that somebody forgot is no restored database: what is there and what can be done about it. */
function describeUnfinished({ target, settings, run, point }: OpenRun): string {
  const name = quoteName(target.settings.database);
  if (point.parts !== undefined && isInUse(point)) {
    const undo = describeUndo(undoOf(point.parts));
    return `parts in database ${name} on target ${settings.target}, which are not complete: start the same restore of ${run.restorePointId} again to go on, or give it up with ${undo}`;
  }
  const made = target.maintenance === undefined ? "" : `, or drop it with DROP DATABASE ${name}`;
  return `database ${name} on target ${settings.target} is not complete: start the same restore of ${run.restorePointId} again to go on${made}`;
}

/** Thousands of tables may be named, also in one statement: the first, how many more there are, and the last. */
function describeUndo(statements: readonly string[]): string {
  const first = statements.slice(0, MOST_STATEMENTS).map(shortened);
  const last = statements.slice(MOST_STATEMENTS);
  const more = last.length > 1 ? [`(${last.length - 1} more of the kind)`] : [];
  return [...first, ...more, ...last.slice(-1)].join("; ");
}

const MOST_STATEMENTS = 20;
const LONGEST_STATEMENT = 2_000;

function shortened(statement: string): string {
  if (statement.length <= LONGEST_STATEMENT) return statement;
  return `${statement.slice(0, statement.lastIndexOf(", ", LONGEST_STATEMENT))}, and the others of the restore point's tables that were chosen`;
}

function plannedChunks(manifest: Manifest, numbers: readonly number[]) {
  const bytes = new Map(chunkObjects(manifest).map(({ n, written }) => [n, written.plainBytes]));
  return numbers.map((n) => ({ n, body: {}, bytesEstimate: bytes.get(n) ?? 0 }));
}

function groupNumbers(phases: RestorePhases, phase: ParallelPhase, manifest: Manifest): number[] {
  return groupsOf(unitsOf(phases, phase), manifest).map((_, index) => index);
}

/** Of what is in the way, in the catalog: an item of it may have 400 KB. */
const MOST_LISTED = 500;
/** What stands in the run of things that were left out or made otherwise, in an item of at most 400 KB. */
const MOST_WARNINGS = 200;
const LONGEST_WARNING_BYTES = 1_000;

/** Names may have three bytes to a character; of one that is cut in two nothing is left. */
function cut(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= LONGEST_WARNING_BYTES) return text;
  return bytes
    .subarray(0, LONGEST_WARNING_BYTES)
    .toString()
    .replace(/\ufffd+$/, "");
}

async function noteWarnings(catalog: Catalog, { runId }: Run, told: readonly string[]): Promise<void> {
  await catalog.runs.warn(runId, told.map(cut), MOST_WARNINGS);
}

/** One of the phases that run in order. @throws TimeBudgetError to be called again */
export async function loadSchema(
  request: { readonly runId: string; readonly phase: OrderedPhase; readonly next: string },
  context: RestoreContext,
): Promise<{ runId: string }> {
  const open = await openAgreed(request.runId, context);
  const phases = await phasesOf(open);
  await runTelling(open, context, (session, running) => runPhase(session, phases, request.phase, running));
  await context.catalog.runs.advance(request.runId, { epoch: open.run.epoch, to: request.next });
  return { runId: request.runId };
}

export async function loadChunkOfRun(
  { runId, epoch, n }: { readonly runId: string; readonly epoch: number; readonly n: number },
  context: RestoreContext,
): Promise<{ rows: number }> {
  const open = await openAgreed(runId, context);
  const { catalog, deadline } = context;
  await catalog.chunks.attempt(runId, epoch, n);
  const told: string[] = [];
  const { rows, state } = await quarantiningDamage(open.run, context, () =>
    withTarget(open, (session) =>
      loadPointChunk(session, open.point, n, { deadline, onTold: (sentence) => void told.push(sentence) }),
    ),
  ).finally(() => noteWarnings(catalog, open.run, told));
  const { written } = chunkObjectOf(open.point.manifest, n);
  const sizes = { plainBytes: written.plainBytes, storedBytes: written.bytes, rows };
  await catalog.chunks.win(runId, epoch, n, { winner: { state }, ...sizes });
  return { rows };
}

/** One group of indexes, or of foreign keys. @throws TimeBudgetError: the server goes on, call again to wait for it */
export async function buildObjects(
  { runId, phase, n }: { readonly runId: string; readonly phase: ParallelPhase; readonly n: number },
  context: RestoreContext,
): Promise<{ built: number }> {
  const open = await openAgreed(runId, context);
  const phases = await phasesOf(open);
  const units = groupsOf(unitsOf(phases, phase), open.point.manifest)[n] ?? [];
  await runTelling(open, context, async (session, running) => {
    for (const unit of units) await runUnit(session, phases, unit, running);
  });
  return { built: units.length };
}

/** Everything after indexes and constraints. @throws TimeBudgetError to be called again; IntegrityError `restore-incomplete` */
export async function finishRestore(runId: string, context: RestoreContext): Promise<{ runId: string }> {
  const open = await openAgreed(runId, context);
  const phases = await phasesOf(open);
  const input = { point: open.point, phases, options: open.settings.options };
  await runTelling(open, context, (session, running) => finishSchema(session, input, running));
  await context.catalog.runs.advance(runId, { epoch: open.run.epoch, to: "comparing" });
  return { runId };
}

/** Where the run notes that its last act has begun: without a marker it was done then. */
const COMPLETING = "completing";

/** The target counts as whole from here on. @throws as `completeRestore` */
export async function completeRestoreRun(runId: string, context: RestoreContext): Promise<{ runId: string }> {
  const open: OpenRun = await openAgreed(runId, context);
  const phases = await phasesOf(open);
  const { runs } = context.catalog;
  const lastAct: LastAct = {
    // Asked anew: another call may have begun it since this one has opened the run.
    hasBegun: async () => (await runs.beat(runId)).notes?.[COMPLETING] === true,
    begin: async () => void (await runs.advance(runId, { epoch: open.run.epoch, notes: { [COMPLETING]: true } })),
  };
  const input = { point: open.point, phases, options: open.settings.options };
  const told: string[] = [];
  const onTold = (sentence: string): void => void told.push(sentence);
  await runTelling(open, context, (session, { onDenied }) =>
    completeRestore(session, input, { lastAct, onTold, ...(onDenied && { onDenied }) }),
  ).finally(() => noteWarnings(context.catalog, open.run, told));
  return { runId };
}

/**
 * After a distributed Map: goes on, or says what one of its parts has failed of.
 * @throws the gravest error noted; CancelledError `restore-stood-still`
 */
export async function judgeRestore(
  { runId, next }: { readonly runId: string; readonly next: string },
  { catalog }: Pick<RestoreContext, "catalog">,
): Promise<{ runId: string }> {
  const run = await catalog.runs.beat(runId);
  const failures = await catalog.failures.list(run);
  if (failures.length > 0) throw gravest(failures, run, 0);
  const undone = (await catalog.chunks.states(runId)).filter(({ isWon }) => !isWon);
  if (undone.length > 0) {
    throw new CancelledError("restore-stood-still", `${undone.length} chunks of run ${runId} were never loaded`, {
      hint: "The run was stopped from outside; start the same restore again to continue it.",
    });
  }
  await catalog.runs.advance(runId, { epoch: run.epoch, to: next });
  return { runId };
}

/**
 * What the server refused is told also where the time ran out after it: the step counts as done, and no later call would hear of it.
 */
async function runTelling(
  open: OpenRun,
  { catalog, deadline }: RestoreContext,
  work: (session: Session, running: RunStepsOptions) => Promise<void>,
): Promise<void> {
  const refused: string[] = [];
  const onDenied = (step: Step, error: Error, instead?: string): void =>
    void refused.push(describeRefusal(step, error, instead));
  await withTarget(open, (session) => work(session, { deadline, onDenied })).finally(() =>
    noteWarnings(catalog, open.run, refused),
  );
}
