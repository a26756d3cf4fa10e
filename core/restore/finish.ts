/**
 * What comes after rows, indexes and foreign keys, and the proof that all of it was done.
 * @module
 */
import { IntegrityError } from "../errors.ts";
import { type RestorePhases, splitLoginTriggers } from "../postgres/ddl/index.ts";
import { databaseSteps, lastDatabaseSteps, missingSteps, permittedStatements } from "../postgres/load/database.ts";
import { entryStep, isOfMarkerName } from "../postgres/load/entries.ts";
import { passBy, readingForeign } from "../postgres/load/foreign.ts";
import { largeObjectSteps } from "../postgres/load/large-object-properties.ts";
import {
  assertNoRowsLost,
  assertSameRestorePoint,
  dropMarker,
  loadedRows,
  readMarker,
} from "../postgres/load/marker.ts";
import { analyzeSteps, refreshInOrder, refreshSteps } from "../postgres/load/materialized-views.ts";
import { listUnvalidated, returningSteps, stillPostponed } from "../postgres/load/postponed.ts";
import { useRowSettings, useTimeZone } from "../postgres/load/row-settings.ts";
import { sequenceSteps } from "../postgres/load/sequences.ts";
import { doneAmong, type RunStepsOptions, runSteps, type Step } from "../postgres/load/steps.ts";
import type { Session } from "../postgres/session.ts";
import { qualifiedName } from "../postgres/sql.ts";
import { chunkObjects } from "../vault/manifest/chunk-objects.ts";
import type { Manifest } from "../vault/manifest/schema.ts";
import { databaseOf, largeObjectsOf } from "./described.ts";
import type { RestoreOptions } from "./options.ts";
import type { OpenRestorePoint } from "./restore-point.ts";
import { runPhase } from "./schema.ts";
import { chunkNumbers } from "./work.ts";

export interface FinishInput {
  readonly point: OpenRestorePoint;
  readonly phases: RestorePhases;
  readonly options: Pick<RestoreOptions, "noOwner" | "noPrivileges" | "create">;
}

/** What others than `finishSchema` bring about: each has to be there before it, and still before the marker goes. */
const BEFORE_FINISH = ["preData", "indexes", "indexAttachments", "foreignKeys"] as const;
/** What `finishSchema` itself runs. */
const OF_FINISH = ["rest", "privileges", "eventTriggers"] as const;

/**
 * Everything from the rest of the schema to ANALYZE. Idempotent; call again after TimeBudgetError. The database's own
 * properties come before the views are refreshed, which is done under its settings; what shuts our sessions out, last of all; event triggers after, for they fire on
 * what a restore does.
 * @param session is left under the settings of the database: end it
 * @throws IntegrityError `restore-incomplete` when a chunk was not loaded as the manifest has it, or an object not made
 */
export async function finishSchema(
  session: Session,
  { point, phases, options }: FinishInput,
  running: RunStepsOptions = {},
): Promise<void> {
  const { manifest } = point;
  await assertAllLoaded(session, manifest);
  await assertAllMade(session, phases, BEFORE_FINISH);
  await runPhase(session, phases, "rest", running);
  await runSteps(session, "sequences", sequenceSteps(manifest.sequences.filter(isNotOfMarker)), running);
  const objects = hasLargeObjects(point) ? await largeObjectsOf(point) : undefined;
  if (objects !== undefined) await runSteps(session, "large-objects", largeObjectSteps(objects, options), running);
  await runPhase(session, phases, "privileges", running);
  const database = await databaseOf(point);
  // A database that was there before has an owner, rights and limits of its own.
  if (database !== undefined && options.create) {
    await runSteps(session, "database", databaseSteps(database, session.settings.database, options), running);
  }
  await useRowSettings(session, database);
  const populated = manifest.tables.filter((table) => table.kind === "matview" && table.populated !== false);
  const { searchPath } = phases;
  const foreign = await readingForeign(session);
  const ofOthers = (view: (typeof populated)[number]): boolean => foreign.has(qualifiedName(view));
  const { materializedViews, forcedRowSecurity } = phases;
  const stepsOf = (views: typeof populated): Step[] =>
    refreshSteps(materializedViews, views, searchPath, forcedRowSecurity);
  await passBy(session, "refresh", stepsOf(populated.filter(ofOthers)), STAYS_UNFILLED, running);
  const filled = new Set(populated.map(qualifiedName));
  const empty = materializedViews.filter(
    (view) => !filled.has(qualifiedName(view)) && !foreign.has(qualifiedName(view)),
  );
  await refreshInOrder(session, stepsOf(populated.filter((view) => !ofOthers(view))), empty, running);
  // As while the rows were loaded, which these are held against.
  await useTimeZone(session, manifest.server.settings.TimeZone);
  // They may ask functions that read materialized views.
  await runSteps(session, "checks", [...(await returningSteps(session, searchPath)), ...commentsOn(phases)], running);
  await runSteps(session, "analyze", analyzeSteps(analyzed(manifest, foreign), phases.indexes, searchPath), running);
  if (database !== undefined && options.create) await runSteps(session, "missing", missingSteps(database), running);
  await runPhase(session, withoutLoginTriggers(phases), "eventTriggers", running);
}

/** Those without a byte are counted in none of the chunks; of parts without any, none is restored. */
function hasLargeObjects({ parts, manifest }: OpenRestorePoint): boolean {
  return parts === undefined || manifest.largeObjects.count > 0;
}

/** Those are made with the last act: our own sessions connect until then. */
function withoutLoginTriggers(phases: RestorePhases): RestorePhases {
  return { ...phases, eventTriggers: splitLoginTriggers(phases.eventTriggers).others };
}

/** What a run remembers of its last act, outside the target. */
export interface LastAct {
  /** Whether an earlier call may have dropped the marker. */
  readonly hasBegun: () => Promise<boolean>;
  /** Called when all was found done, before the marker goes. */
  readonly begin: () => Promise<void>;
}

/** Of one who calls once. */
const NEVER_BEFORE: LastAct = { hasBegun: async () => false, begin: async () => {} };

export interface CompleteOptions extends Pick<RunStepsOptions, "onDenied"> {
  readonly lastAct?: LastAct;
  /** Told again, in the same words, of constraints that stay NOT VALID: an earlier attempt may have found that. */
  readonly onTold?: (sentence: string) => void;
}

/**
 * The last act: from here on the target counts as whole. Asks the marker once more whether all of it was done, whatever was
 * reported on the way. Idempotent for who remembers that it had begun: only then a marker that is gone was dropped by an
 * earlier call, otherwise this is not the database that was restored.
 * @throws IntegrityError `restore-incomplete`; PreconditionError `target-incomplete` when the marker is another restore's,
 *   `target-lost-rows` when a crash has emptied what was loaded
 */
export async function completeRestore(
  session: Session,
  input: FinishInput,
  options: CompleteOptions = {},
): Promise<void> {
  // Of two calls at once the second finds the marker gone, whole, and not while it goes. The session's end releases it too.
  await session.query("SELECT pg_catalog.pg_advisory_lock($1)", [COMPLETE_LOCK]);
  await completeAlone(session, input, options);
  await session.query("SELECT pg_catalog.pg_advisory_unlock($1)", [COMPLETE_LOCK]);
}

/** ASCII "done". */
const COMPLETE_LOCK = 0x646f6e65;

async function completeAlone(
  session: Session,
  { point, phases, options }: FinishInput,
  { lastAct = NEVER_BEFORE, onDenied, onTold }: CompleteOptions,
): Promise<void> {
  const found = await readMarker(session);
  if (found === undefined) {
    if (await lastAct.hasBegun()) return;
    throw new IntegrityError(
      "restore-incomplete",
      `database ${session.settings.database} has no mark of this restore, though nothing has ended it`,
      { hint: "It was made anew, or its endpoint leads elsewhere since: see where, and start the same restore again." },
    );
  }
  assertSameRestorePoint(found, point.ref);
  assertNoRowsLost(session, found);
  await assertAllLoaded(session, point.manifest);
  await assertAllMade(session, withoutLoginTriggers(phases), [...BEFORE_FINISH, ...OF_FINISH]);
  await assertAllReturned(session);
  const database = options.create ? await databaseOf(point) : undefined;
  const steps = database === undefined ? [] : lastDatabaseSteps(database, session.settings.database, options);
  const configured = await permittedStatements(session, steps, onDenied);
  for (const { told } of await listUnvalidated(session)) onTold?.(told);
  await lastAct.begin();
  await session.query("SET synchronous_commit = on");
  const triggers = splitLoginTriggers(phases.eventTriggers).login.flatMap(({ statements }) => statements);
  const forced = phases.forcedRowSecurity.map(({ force }) => force);
  await dropMarker(session, [...configured, ...forced, ...triggers]);
}

/** A constraint that was taken off has lost what was said about it: said again of all of them. */
function commentsOn({ preData }: RestorePhases): Step[] {
  return preData
    .filter(({ desc, name }) => desc === "COMMENT" && name.startsWith("CONSTRAINT "))
    .map(entryStep)
    .map((step) => ({ ...step, name: `again/${step.name}` }));
}

/** @throws IntegrityError `restore-incomplete` naming a constraint that was taken off for the rows and is not back */
async function assertAllReturned(session: Session): Promise<void> {
  const [missing] = await stillPostponed(session);
  if (missing === undefined) return;
  throw new IntegrityError("restore-incomplete", `${missing} is not back yet`, { hint: STARTED_AGAIN });
}

const STARTED_AGAIN =
  "A part of the run was lost without a word; start the same restore again, it makes what is missing.";

/** @throws IntegrityError `restore-incomplete` naming the first object that no step is recorded of */
async function assertAllMade(
  session: Session,
  phases: RestorePhases,
  wanted: readonly (typeof BEFORE_FINISH | typeof OF_FINISH)[number][],
): Promise<void> {
  const steps = wanted.flatMap((phase) => phases[phase].map(entryStep));
  const done = await doneAmong(session, steps);
  const [missing, ...more] = steps.filter(({ name }) => !done.has(name));
  if (missing === undefined) return;
  const others = more.length === 0 ? "" : `, nor were ${more.length} more objects`;
  throw new IntegrityError("restore-incomplete", `${missing.what} was never made${others}`, {
    hint: STARTED_AGAIN,
  });
}

/**
 * Tables and roots of partitions, and materialized views that have rows. A root's ANALYZE takes its partitions with it, foreign
 * ones too: of such a root the other partitions are named one by one.
 */
function analyzed({ tables }: Manifest, foreign: ReadonlySet<string>) {
  const isRead = (table: (typeof tables)[number]): boolean => !foreign.has(qualifiedName(table));
  const roots = new Set(tables.filter((table) => table.kind === "partitioned" && isRead(table)).map(({ oid }) => oid));
  return tables.filter(isNotOfMarker).filter((table) => {
    const { kind, parent, populated } = table;
    if (!isRead(table) || (parent !== null && roots.has(parent))) return false;
    return kind === "table" || kind === "partitioned" || (kind === "matview" && populated !== false);
  });
}

const STAYS_UNFILLED = "it stays not filled: REFRESH it when that server is to be asked";

const isNotOfMarker = ({ schema }: { readonly schema: string }): boolean => !isOfMarkerName(schema);

/** @throws IntegrityError `restore-incomplete` naming the first chunk at fault */
export async function assertAllLoaded(session: Session, manifest: Manifest): Promise<void> {
  const loaded = await loadedRows(session);
  const wanted = new Set(chunkNumbers(manifest));
  for (const { n, slices } of chunkObjects(manifest)) {
    if (!wanted.has(n)) continue;
    const rows = slices.reduce((sum, { chunk, isPassedBy }) => sum + (isPassedBy ? 0 : chunk.rows), 0);
    const got = loaded.get(n);
    if (got === rows) continue;
    const what = got === undefined ? "was not loaded" : `has ${got} rows`;
    throw new IntegrityError("restore-incomplete", `chunk ${n} ${what}, the manifest says ${rows} rows`, {
      hint: "The server has lost what it had taken, in a crash or a failover: start the same restore again, it loads what is missing.",
    });
  }
}
