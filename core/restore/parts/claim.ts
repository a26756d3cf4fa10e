/**
 * Makes a database in use ready for parts: nothing in it is dropped or changed, and what could not be added is refused by name
 * before the first row comes.
 * @module
 */
import { PreconditionError } from "../../errors.ts";
import { assertRoomBeside } from "../../postgres/load/beside.ts";
import { assertNoLargeObjects, assertTakesRows } from "../../postgres/load/into-tables.ts";
import {
  assertNoRowsLost,
  type FoundMarker,
  IN_USE,
  isSameRestore,
  MARKER_SCHEMA,
  type Marker,
  markReady,
  readMarker,
  writeMarker,
} from "../../postgres/load/marker.ts";
import { assertNotPublished } from "../../postgres/load/published.ts";
import type { Session } from "../../postgres/session.ts";
import { qualifiedName } from "../../postgres/sql.ts";
import { copiedColumns } from "../data.ts";
import type { LeavingOut } from "../options.ts";
import type { Refusal } from "../plan/types.ts";
import { assertReadable } from "../readable.ts";
import type { OpenRestorePoint } from "../restore-point.ts";
import type { ChosenParts } from "./index.ts";

/** @throws PreconditionError as `assertRoomBeside`, `assertTakesRows` and `assertNotPublished`; `target-incomplete` when another restore has not ended */
export async function claimInUse(
  session: Session,
  point: OpenRestorePoint,
  parts: ChosenParts,
  wanted: Marker,
  options: Pick<LeavingOut, "skipRoles" | "noOwner" | "noPrivileges">,
): Promise<"new" | "continued"> {
  if ((await begunInUse(session, wanted)) === "ready") return "continued";
  await assertTakesParts(session, parts, options);
  await assertReadable(point, { skipRoles: true });
  await writeMarker(session, wanted);
  await markReady(session);
  return "new";
}

/** As `claimInUse` would refuse it, for who only asks: one thing at a time, as it looks. */
export async function refusedInUse(
  session: Session,
  parts: ChosenParts,
  wanted: Marker,
  options: Parameters<typeof claimInUse>[4],
): Promise<Refusal[]> {
  try {
    if ((await begunInUse(session, wanted)) !== "ready") await assertTakesParts(session, parts, options);
    return [];
  } catch (error) {
    if (!(error instanceof PreconditionError)) throw error;
    const { code, message: reason, hint = "" } = error;
    return [{ what: `database ${session.settings.database}`, code, reason, hint }];
  }
}

/** Whether this very restore has begun in the database. @throws PreconditionError as `claimInUse` */
async function begunInUse(session: Session, wanted: Marker): Promise<"not" | "marked" | "ready"> {
  const found = await readMarker(session);
  if (found === undefined) return "not";
  if (!isSameRestore(found, wanted)) throw another(session, found);
  assertNoRowsLost(session, found);
  return found.isReady ? "ready" : "marked";
}

/** Reads only. @throws PreconditionError as `assertRoomBeside`, `assertTakesRows` and `assertNotPublished` */
async function assertTakesParts(
  session: Session,
  { broughtBack, manifest }: ChosenParts,
  options: Parameters<typeof claimInUse>[4],
): Promise<void> {
  const tables = manifest.tables.filter(({ kind }) => kind === "table");
  if (broughtBack !== undefined) {
    await assertNotPublished(session, { schemas: broughtBack.schemas, tables: [] });
    const roles = options.noOwner && options.noPrivileges ? [] : broughtBack.roles;
    await assertRoomBeside(session, { ...broughtBack, roles });
  } else {
    await assertNotPublished(session, { schemas: [], tables: tables.map(qualifiedName) });
    await assertTakesRows(
      session,
      tables.map((table) => ({ schema: table.schema, name: table.name, columns: copiedColumns(table) })),
      manifest.sequences,
    );
    if (manifest.largeObjects.count > 0) await assertNoLargeObjects(session);
  }
}

/** Whether a marker is that of parts in a database in use: nothing there may ever be dropped for another restore's sake. */
export function isOfUse({ options }: Marker): boolean {
  return options.startsWith(IN_USE);
}

/** @throws PreconditionError `target-in-use` where a restore of parts into this database has not ended */
export function assertNotInUse(session: Session, found: FoundMarker | undefined): void {
  if (found !== undefined && isOfUse(found)) throw another(session, found);
}

function another(session: Session, { source, restorePointId, options }: Marker): PreconditionError {
  const message = `database ${session.settings.database} is in use, and a restore into it of ${source} ${restorePointId} with ${options} has not ended`;
  const hint = 'Start that restore again to end it, or give it up: docs/OPERATIONS.md, "Giving up parts".';
  return new PreconditionError("target-in-use", message, { hint });
}

/** What takes a restore of parts back that is not to be ended, statement by statement. */
export function undoOf({ broughtBack, manifest }: ChosenParts): string[] {
  const tables = manifest.tables.filter(({ kind, rows }) => kind === "table" && rows > 0).map(qualifiedName);
  const undo = broughtBack?.undo ?? (tables.length === 0 ? [] : [`TRUNCATE ONLY ${tables.join(", ONLY ")}`]);
  return [...undo, `DROP SCHEMA ${MARKER_SCHEMA} CASCADE`];
}
