/**
 * Makes a target ready: there, empty, marked as incomplete from here on, with the roles that the schema names.
 * @module
 */
import { IntegrityError, PreconditionError } from "../errors.ts";
import type { DatabaseProperties, Toc } from "../postgres/ddl/index.ts";
import { createDatabase } from "../postgres/load/database.ts";
import { isOfMarker } from "../postgres/load/entries.ts";
import {
  assertNoRowsLost,
  assertSameRestore,
  type DropList,
  type FoundMarker,
  isSameRestore,
  type Marker,
  markReady,
  readDropList,
  readMarker,
  writeMarker,
} from "../postgres/load/marker.ts";
import { revokedLoans } from "../postgres/load/ownership.ts";
import { assertProviderUntouched } from "../postgres/load/provider.ts";
import { withLoadSession } from "../postgres/load/session.ts";
import { describeObjects, dropTargetObjects, listId, nameOf, refuseObjects } from "../postgres/load/target.ts";
import { listTargetObjects, type TargetObject } from "../postgres/load/target-objects.ts";
import type { Session } from "../postgres/session.ts";
import { describeLeftOut, isOfParts, type LeavingOut, type RestoreOptions } from "./options.ts";
import { assertNotInUse, claimInUse, refusedInUse } from "./parts/claim.ts";
import type { ChosenParts } from "./parts/index.ts";
import { freeze, readFrozenPlan } from "./plan/frozen.ts";
import { assertTakes, makePlan } from "./plan/make.ts";
import type { FrozenPlan, Refusal, RestorePlan } from "./plan/types.ts";
import { assertReadable } from "./readable.ts";
import { findSchemaJson, type OpenRestorePoint, readToc, schemaObjects } from "./restore-point.ts";
import type { RestoreTarget } from "./target.ts";
import { chunkNumbers } from "./work.ts";

export interface PrepareInput {
  readonly point: OpenRestorePoint;
  readonly target: RestoreTarget;
  readonly options: Pick<RestoreOptions, "confirm"> & LeavingOut & Partial<Pick<RestoreOptions, "compare" | "plan">>;
  readonly applicationName: string;
  readonly onListed?: OnListed;
  /** Told what was planned, before any of it is done or refused. */
  readonly onPlanned?: (plan: RestorePlan) => Promise<void>;
  /** Aborts when the caller has to return: what is left to be dropped is dropped by its next call. */
  readonly deadline?: AbortSignal;
}

/** Told what is in a target that is not empty, before that is refused, or dropped. @returns true to agree that it is dropped */
export type OnListed = (listed: Listed) => Promise<boolean>;

export interface Listed {
  readonly database: string;
  readonly objects: readonly TargetObject[];
  /** What stands for the list, to agree to exactly that. */
  readonly id: string;
  /** Whether the options agree already. */
  readonly willDrop: boolean;
}

export interface Prepared {
  /** Whether an earlier attempt at the same restore point is being continued; `planned`: nothing was to be done. */
  readonly state: "new" | "continued" | "planned";
  /** With which this restore was begun. */
  readonly plan: FrozenPlan;
}

/** ASCII "prep": whoever prepares the same database meanwhile waits. */
const PREPARE_LOCK = 0x70726570;

/**
 * Idempotent per restore point. Nothing is created or dropped before the restore point was looked through.
 * @throws IntegrityError, ObjectFrozenError as `assertReadable`; PreconditionError `nothing-to-restore`, `target-not-empty`, `target-changed`, `target-incomplete`, `target-lost-rows`,
 *   `target-cannot-take`, `target-other-encoding`, `target-needed-by-provider`; TimeBudgetError `steps-unfinished` to be called again
 */
export async function prepareTarget(input: PrepareInput): Promise<Prepared> {
  const { target, applicationName, point } = input;
  const toc = await readToc(point);
  assertSomething(point, toc);
  const { maintenance } = target;
  let planned: RestorePlan | undefined;
  if (maintenance !== undefined) {
    planned = await withLoadSession(maintenance, { applicationName }, (session) => planUnlessThere(session, input));
    if (planned !== undefined && input.options.plan === true) return { state: "planned", plan: planned };
    await assertReadable(point, input.options);
    const properties = await readDatabaseProperties(point);
    await withLoadSession(maintenance, { applicationName }, (session) =>
      createDatabase(session, properties, target.settings.database),
    );
  }
  const kept = toc.entries.filter(({ desc }) => desc === "EXTENSION").map(({ tag }) => tag);
  return withLoadSession(target.settings, { applicationName }, async (session) => {
    // The session's end releases it.
    await session.query("SELECT pg_catalog.pg_advisory_lock($1)", [PREPARE_LOCK]);
    if (maintenance !== undefined) assertEncoding(session, point);
    const { parts } = point;
    if (parts === undefined || parts.mode === "empty") return claim(session, input, kept, planned);
    const wanted = wantedBy(input);
    const begun = await readMarker(session);
    if (input.options.plan === true) return planInUse(session, input, parts, begun);
    const plan = begun === undefined ? await planFor(session, input) : await readFrozenPlan(session);
    return { plan, state: await claimInUse(session, point, parts, { ...wanted, plan: freeze(plan) }, input.options) };
  });
}

/** Of a restore that goes on the plan that it was begun with; otherwise with what the database itself is in the way of. */
async function planInUse(
  session: Session,
  input: PrepareInput,
  parts: ChosenParts,
  begun: FoundMarker | undefined,
): Promise<Prepared> {
  const wanted = wantedBy(input);
  const refused = await refusedInUse(session, parts, wanted, input.options);
  if (begun === undefined || refused.length > 0 || !isSameRestore(begun, wanted)) {
    return { state: "planned", plan: await planFor(session, input, { refused }) };
  }
  const plan = await readFrozenPlan(session);
  await input.onPlanned?.({ ...plan, refusals: [] });
  return { state: "planned", plan };
}

/** Of a database that is yet to be created; undefined of one that is there, of which more is to be asked. */
async function planUnlessThere(session: Session, input: PrepareInput): Promise<RestorePlan | undefined> {
  const { database } = input.target.settings;
  const [found] = await session.query("SELECT FROM pg_catalog.pg_database WHERE datname = $1", [database]);
  return found === undefined ? planFor(session, input, { isToBeCreated: true }) : undefined;
}

/** What a plan that is only shown tells beside what it plans. */
interface PlanFound {
  readonly isToBeCreated?: boolean;
  readonly inTheWay?: readonly TargetObject[];
  readonly refused?: readonly Refusal[];
}

/** @throws PreconditionError `target-cannot-take`, unless the plan is all that was asked for */
async function planFor(
  session: Session,
  { point, target, options, onPlanned }: PrepareInput,
  { isToBeCreated = false, inTheWay = [], refused = [] }: PlanFound = {},
): Promise<RestorePlan> {
  const { database } = target.settings;
  const made = await makePlan(session, point, options, { isToBeCreated }).catch(async (error: unknown) => {
    // Of damage all is told, not what the plan happened to read first.
    if (error instanceof IntegrityError) await assertReadable(point, options);
    throw error;
  });
  const shown = { ...made, refusals: [...refused, ...made.refusals] };
  const plan = options.plan === true ? withInTheWay(shown, database, inTheWay, options) : made;
  await onPlanned?.(plan);
  if (options.plan !== true) assertTakes(plan, database);
  return plan;
}

/** Who only asks for the plan is to know as well what a restore would find in its way. */
function withInTheWay(
  plan: RestorePlan,
  database: string,
  objects: readonly TargetObject[],
  { confirm }: PrepareInput["options"],
): RestorePlan {
  if (objects.length === 0) return plan;
  const what = `database ${database}`;
  const reason = `holds ${describeObjects(objects)}`;
  if (confirm === true || confirm === listId(objects)) {
    return {
      ...plan,
      rewritten: [{ what, code: "would-be-dropped", reason: `${reason}; all of it is dropped` }, ...plan.rewritten],
    };
  }
  const hint =
    "Restore into an empty database, let the restore create one (--create), or confirm that it may be dropped.";
  return { ...plan, refusals: [{ what, code: "target-not-empty", reason, hint }, ...plan.refusals] };
}

/** In every archive, whatever the database holds. */
const OF_EVERY_DATABASE = /^(ENCODING|STDSTRINGS|SEARCHPATH|DATABASE.*|COMMENT|ACL|DEFAULT ACL|SECURITY LABEL)$/;

/** A restore that loads nothing is no success, least of all after it has dropped what was there. */
function assertSomething({ manifest, ref }: OpenRestorePoint, { entries }: Toc): void {
  const things = entries.filter(({ desc, namespace, tag }) => {
    if (OF_EVERY_DATABASE.test(desc) || (desc === "SCHEMA" && tag === "public")) return false;
    return !isOfMarker({ desc, schema: namespace, name: tag });
  });
  if (things.length > 0 || chunkNumbers(manifest).length > 0 || manifest.largeObjects.count > 0) return;
  throw new PreconditionError("nothing-to-restore", `restore point ${ref.restorePointId} holds no object and no row`, {
    hint: "Its source's database was empty when it was backed up: look at its connection, and restore an earlier one.",
  });
}

function wantedBy({ point, options }: PrepareInput): Marker {
  const { source, restorePointId } = point.ref;
  return { source, restorePointId, options: describeLeftOut(options) };
}

async function claim(
  session: Session,
  input: PrepareInput,
  kept: readonly string[],
  planned: RestorePlan | undefined,
): Promise<Prepared> {
  const { point, options, target } = input;
  const wanted = wantedBy(input);
  const isConfirmed = options.confirm !== false;
  const found = await readMarker(session);
  assertNotInUse(session, found);
  if (found !== undefined && isSameRestore(found, wanted) && found.isReady && !found.hasLostRows) {
    const plan = await readFrozenPlan(session);
    if (options.plan !== true) return { state: "continued", plan };
    await input.onPlanned?.({ ...plan, refusals: [] });
    return { state: "planned", plan };
  }
  if (found !== undefined && !isConfirmed) {
    assertSameRestore(found, wanted);
    assertNoRowsLost(session, found);
  }
  const objects = await listTargetObjects(session, kept);
  // What was begun with it, and is half emptied by now, is not planned anew.
  const isBegun = found !== undefined && isSameRestore(found, wanted) && !found.isReady && options.plan !== true;
  const plan = isBegun
    ? await readFrozenPlan(session)
    : (planned ?? (await planFor(session, input, { inTheWay: objects })));
  if (options.plan === true) return { state: "planned", plan };
  const begun =
    found !== undefined && isSameRestore(found, wanted) ? await begunList(session, objects, options) : undefined;
  const list = begun ?? { id: listId(objects), names: objects.map(nameOf) };
  const { id } = list;
  const willDrop = options.confirm === true || options.confirm === id;
  // Who asks for parts has not agreed to lose the rest.
  if (objects.length > 0 && isOfParts(options)) throw notEmptyForParts(session, objects);
  if (objects.length > 0) {
    const isAgreed = await input.onListed?.({ database: session.settings.database, objects, id, willDrop });
    if (!willDrop && isAgreed !== true) refuseObjects(session, objects);
    await assertProviderUntouched(session, kept);
  }
  if (target.maintenance === undefined) await assertReadable(point, options);
  // Before anything is dropped: a target that is half emptied does not look whole.
  await writeMarker(
    session,
    { ...wanted, plan: freeze(plan) },
    list,
    found === undefined ? [] : await revokedLoans(session),
  );
  await dropTargetObjects(session, objects, { kept, deadline: input.deadline });
  await markReady(session);
  return { state: "new", plan };
}

function notEmptyForParts({ settings }: Session, objects: readonly TargetObject[]): PreconditionError {
  const message = `database ${settings.database} holds ${describeObjects(objects)}, and a restore of parts drops nothing`;
  return new PreconditionError("target-not-empty", message, {
    hint: "Restore them into an empty database, tables beside what is there with --into-schema, rows into tables that are there with --data-only.",
  });
}

/** The list agreed to, where an attempt that broke off has dropped some of it and nothing has come since: the rest is agreed to too. */
async function begunList(
  session: Session,
  objects: readonly TargetObject[],
  { confirm }: PrepareInput["options"],
): Promise<DropList | undefined> {
  const list = typeof confirm === "string" ? await readDropList(session, confirm) : undefined;
  const names = new Set(list?.names);
  return objects.every((object) => names.has(nameOf(object))) ? list : undefined;
}

/** @throws IntegrityError `schema-object-missing` */
export async function readDatabaseProperties(point: OpenRestorePoint): Promise<DatabaseProperties> {
  const found = await findSchemaJson<DatabaseProperties>(point, schemaObjects.database, [
    "encoding",
    "collate",
    "settings",
  ]);
  if (found !== undefined) return found;
  throw new IntegrityError(
    "schema-object-missing",
    `manifest of ${point.ref.restorePointId} lists no schema ${schemaObjects.database}`,
  );
}

/** A database of that name that was there already is taken only if it is what would have been created. */
function assertEncoding(session: Session, { manifest }: OpenRestorePoint): void {
  if (session.encoding === manifest.server.encoding) return;
  throw new PreconditionError(
    "target-other-encoding",
    `database ${session.settings.database} is there with encoding ${session.encoding}, the source's is ${manifest.server.encoding}`,
    { hint: "Drop it, or choose another name for the database to be created." },
  );
}
