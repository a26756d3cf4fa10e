/**
 * The schema `holdfast_restore` in a target: what has been loaded already, written in the same transactions as the rows and
 * objects themselves. Its presence says that a restore has not ended; it is dropped last.
 * @module
 */
import { PreconditionError } from "../../errors.ts";
import type { Session } from "../session.ts";
import { quoteLiteral } from "../sql.ts";

export const MARKER_SCHEMA = "holdfast_restore";

/** What is being restored into this database. */
export interface MarkerIdentity {
  readonly source: string;
  readonly restorePointId: string;
}

/** One transaction, so that a marker is either whole or not there. */
const CREATE_MARKER = `
CREATE SCHEMA ${MARKER_SCHEMA};
COMMENT ON SCHEMA ${MARKER_SCHEMA} IS 'A Holdfast restore into this database has not ended: it is incomplete.';
CREATE TABLE ${MARKER_SCHEMA}.restore_point (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  source text NOT NULL,
  restore_point_id text NOT NULL,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE ${MARKER_SCHEMA}.chunk (
  n integer PRIMARY KEY,
  rows bigint NOT NULL,
  loaded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE ${MARKER_SCHEMA}.step (
  name text PRIMARY KEY,
  done_at timestamptz NOT NULL DEFAULT clock_timestamp()
);`;

/** The restore this database is in the middle of, if any. */
export async function readMarker(session: Session): Promise<MarkerIdentity | undefined> {
  const [present] = await session.query<{ found: boolean }>(
    `SELECT to_regclass('${MARKER_SCHEMA}.restore_point') IS NOT NULL AS found`,
  );
  if (present?.found !== true) return undefined;
  const [row] = await session.query<{ source: string; restore_point_id: string }>(
    `SELECT source, restore_point_id FROM ${MARKER_SCHEMA}.restore_point`,
  );
  return row === undefined ? undefined : { source: row.source, restorePointId: row.restore_point_id };
}

/**
 * Marks the database as being restored from this restore point. Idempotent: a marker of the same restore point is left as it is.
 * @returns whether an earlier attempt is being continued
 * @throws PreconditionError `target-incomplete` when another restore point's restore has not ended here
 */
export async function writeMarker(session: Session, identity: MarkerIdentity): Promise<"created" | "continued"> {
  const found = await readMarker(session);
  if (found === undefined) {
    const values = [identity.source, identity.restorePointId].map((text) => quoteLiteral(text)).join(", ");
    // A second invocation at the same moment fails on the schema's name; it is retried and then finds the marker.
    await session.query(
      `${CREATE_MARKER}\nINSERT INTO ${MARKER_SCHEMA}.restore_point (source, restore_point_id) VALUES (${values})`,
    );
    return "created";
  }
  assertSameRestorePoint(found, identity);
  return "continued";
}

/** @throws PreconditionError `target-incomplete` */
export function assertSameRestorePoint(found: MarkerIdentity, wanted: MarkerIdentity): void {
  if (found.source === wanted.source && found.restorePointId === wanted.restorePointId) return;
  throw new PreconditionError(
    "target-incomplete",
    `target holds an unfinished restore of ${found.source} ${found.restorePointId}, not of ${wanted.source} ${wanted.restorePointId}`,
    { hint: "Finish that restore, restore into another database, or repeat with confirm to drop what is there." },
  );
}

/** Rows of each chunk that is in the target, by its number. */
export async function loadedRows(session: Session): Promise<ReadonlyMap<number, number>> {
  const rows = await session.query<{ n: number; rows: string }>(`SELECT n, rows FROM ${MARKER_SCHEMA}.chunk`);
  return new Map(rows.map((row) => [row.n, Number(row.rows)]));
}

/** The last act of a restore: the database is whole from here on. */
export async function dropMarker(session: Session): Promise<void> {
  await session.query(`DROP SCHEMA IF EXISTS ${MARKER_SCHEMA} CASCADE`);
}
