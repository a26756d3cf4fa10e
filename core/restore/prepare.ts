/**
 * Makes a target ready: there, empty, marked as incomplete from here on, with the roles that the schema names.
 * @module
 */
import { IntegrityError, PreconditionError } from "../errors.ts";
import type { DatabaseProperties } from "../postgres/ddl/index.ts";
import { createDatabase } from "../postgres/load/database.ts";
import { assertSameRestore, readMarker, writeMarker } from "../postgres/load/marker.ts";
import { withLoadSession } from "../postgres/load/session.ts";
import {
  assertProviderUntouched,
  assertTargetEmpty,
  describeObjects,
  dropTargetObjects,
  listTargetObjects,
} from "../postgres/load/target.ts";
import type { Session } from "../postgres/session.ts";
import { describeLeftOut, type LeavingOut, type RestoreOptions } from "./options.ts";
import { assertReadable } from "./readable.ts";
import { findSchemaJson, type OpenRestorePoint, schemaObjects } from "./restore-point.ts";
import type { RestoreTarget } from "./target.ts";

export interface PrepareInput {
  readonly point: OpenRestorePoint;
  readonly target: RestoreTarget;
  readonly options: Pick<RestoreOptions, "confirm"> & LeavingOut;
  readonly applicationName: string;
  /** Told what will be dropped; nothing is before it has ended. */
  readonly onNotice?: (text: string) => void | Promise<void>;
}

export interface Prepared {
  /** Whether an earlier attempt at the same restore point is being continued. */
  readonly state: "new" | "continued";
}

/** ASCII "prep": whoever prepares the same database meanwhile waits. */
const PREPARE_LOCK = 0x70726570;

/**
 * Idempotent per restore point. Nothing is created or dropped before the restore point was looked through.
 * @throws IntegrityError, ObjectFrozenError as `assertReadable`; PreconditionError `target-not-empty`, `target-incomplete`, `target-other-encoding`, `target-needed-by-provider`
 */
export async function prepareTarget(input: PrepareInput): Promise<Prepared> {
  const { target, applicationName, point } = input;
  const { maintenance } = target;
  if (maintenance !== undefined) {
    await assertReadable(point, input.options);
    const properties = await readDatabaseProperties(point);
    await withLoadSession(maintenance, { applicationName }, (session) =>
      createDatabase(session, properties, target.settings.database),
    );
  }
  return withLoadSession(target.settings, { applicationName }, async (session) => {
    // The session's end releases it.
    await session.query("SELECT pg_catalog.pg_advisory_lock($1)", [PREPARE_LOCK]);
    if (maintenance !== undefined) assertEncoding(session, point);
    return claim(session, input);
  });
}

async function claim(session: Session, { point, options, onNotice, target }: PrepareInput): Promise<Prepared> {
  const { source, restorePointId } = point.ref;
  const wanted = { source, restorePointId, options: describeLeftOut(options) };
  const found = await readMarker(session);
  if (found !== undefined && found.source === source && found.restorePointId === restorePointId) {
    if (found.options === wanted.options) return { state: "continued" };
  }
  const isLookedThrough = target.maintenance !== undefined;
  if (options.confirm) {
    const objects = await listTargetObjects(session);
    await assertProviderUntouched(session);
    if (!isLookedThrough) await assertReadable(point, options);
    if (objects.length > 0) await onNotice?.(`dropping from ${session.settings.database}: ${describeObjects(objects)}`);
    await dropTargetObjects(session, objects);
  } else {
    if (found !== undefined) assertSameRestore(found, wanted);
    await assertTargetEmpty(session);
    if (!isLookedThrough) await assertReadable(point, options);
  }
  await writeMarker(session, wanted);
  return { state: "new" };
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
