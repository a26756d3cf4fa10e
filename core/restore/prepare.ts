/**
 * Makes a target ready: there, empty, marked as incomplete from here on, with the roles that the schema names.
 * @module
 */
import { IntegrityError, PreconditionError } from "../errors.ts";
import { type DatabaseProperties, parseArchive, type Toc } from "../postgres/ddl/index.ts";
import { createDatabase } from "../postgres/load/database.ts";
import { isOfMarker } from "../postgres/load/entries.ts";
import {
  assertNoRowsLost,
  assertSameRestore,
  type DropList,
  isSameRestore,
  markReady,
  readDropList,
  readMarker,
  writeMarker,
} from "../postgres/load/marker.ts";
import { revokedLoans } from "../postgres/load/ownership.ts";
import { assertProviderUntouched } from "../postgres/load/provider.ts";
import { withLoadSession } from "../postgres/load/session.ts";
import { dropTargetObjects, listId, nameOf, refuseObjects } from "../postgres/load/target.ts";
import { listTargetObjects, type TargetObject } from "../postgres/load/target-objects.ts";
import type { Session } from "../postgres/session.ts";
import { describeLeftOut, type LeavingOut, type RestoreOptions } from "./options.ts";
import { assertReadable } from "./readable.ts";
import { findSchemaJson, type OpenRestorePoint, readSchemaObject, schemaObjects } from "./restore-point.ts";
import type { RestoreTarget } from "./target.ts";
import { chunkNumbers } from "./work.ts";

export interface PrepareInput {
  readonly point: OpenRestorePoint;
  readonly target: RestoreTarget;
  readonly options: Pick<RestoreOptions, "confirm"> & LeavingOut;
  readonly applicationName: string;
  readonly onListed?: OnListed;
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
  /** Whether an earlier attempt at the same restore point is being continued. */
  readonly state: "new" | "continued";
}

/** ASCII "prep": whoever prepares the same database meanwhile waits. */
const PREPARE_LOCK = 0x70726570;

/**
 * Idempotent per restore point. Nothing is created or dropped before the restore point was looked through.
 * @throws IntegrityError, ObjectFrozenError as `assertReadable`; PreconditionError `nothing-to-restore`, `target-not-empty`, `target-changed`, `target-incomplete`, `target-lost-rows`,
 *   `target-other-encoding`, `target-needed-by-provider`; TimeBudgetError `steps-unfinished` to be called again
 */
export async function prepareTarget(input: PrepareInput): Promise<Prepared> {
  const { target, applicationName, point } = input;
  const toc = parseArchive(await readSchemaObject(point, schemaObjects.archive));
  assertSomething(point, toc);
  const { maintenance } = target;
  if (maintenance !== undefined) {
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
    return claim(session, input, kept);
  });
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

async function claim(session: Session, input: PrepareInput, kept: readonly string[]): Promise<Prepared> {
  const { point, options, target } = input;
  const { source, restorePointId } = point.ref;
  const wanted = { source, restorePointId, options: describeLeftOut(options) };
  const isConfirmed = options.confirm !== false;
  const found = await readMarker(session);
  if (found !== undefined && isSameRestore(found, wanted) && found.isReady && !found.hasLostRows) {
    return { state: "continued" };
  }
  if (found !== undefined && !isConfirmed) {
    assertSameRestore(found, wanted);
    assertNoRowsLost(session, found);
  }
  const objects = await listTargetObjects(session, kept);
  const begun =
    found !== undefined && isSameRestore(found, wanted) ? await begunList(session, objects, options) : undefined;
  const list = begun ?? { id: listId(objects), names: objects.map(nameOf) };
  const { id } = list;
  const willDrop = options.confirm === true || options.confirm === id;
  if (objects.length > 0) {
    const isAgreed = await input.onListed?.({ database: session.settings.database, objects, id, willDrop });
    if (!willDrop && isAgreed !== true) refuseObjects(session, objects);
    await assertProviderUntouched(session, kept);
  }
  if (target.maintenance === undefined) await assertReadable(point, options);
  // Before anything is dropped: a target that is half emptied does not look whole.
  await writeMarker(session, wanted, list, found === undefined ? [] : await revokedLoans(session));
  await dropTargetObjects(session, objects, { kept, deadline: input.deadline });
  await markReady(session);
  return { state: "new" };
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
