/**
 * The schema `holdfast_restore` in a target: what has been loaded already, written in the same transactions as the rows and
 * objects themselves. Its presence says that a restore has not ended; it is dropped last.
 * @module
 */
import { PreconditionError } from "../../errors.ts";
import type { Session } from "../session.ts";
import { quoteLiteral } from "../sql.ts";

export const MARKER_SCHEMA = "holdfast_restore";

/** How a marker's options begin where nothing in its database may ever be dropped. */
export const IN_USE = "a database in use";

/** What is being restored into this database. */
export interface MarkerIdentity {
  readonly source: string;
  readonly restorePointId: string;
}

/** A restore that has begun, and what it was asked to leave out. */
export interface Marker extends MarkerIdentity {
  /** In words, always in the same order: another wording is another restore. */
  readonly options: string;
  /** What was decided with regard to this target, for all later steps to do alike; read back by `readMarkerPlan`. */
  readonly plan?: string;
}

/** A marker as it is found. */
export interface FoundMarker extends Marker {
  /** Whether the target was empty, or has been emptied: nothing is restored before. */
  readonly isReady: boolean;
  /** A crash of the server has emptied unlogged tables, some of which were loaded: what is noted as done no longer is. */
  readonly hasLostRows: boolean;
}

/**
 * One transaction, so that a marker is either whole or not there. A crash empties the unlogged table as it empties those of the
 * user, and so does a failover.
 */
const CREATE_MARKER = `
CREATE SCHEMA ${MARKER_SCHEMA};
COMMENT ON SCHEMA ${MARKER_SCHEMA} IS 'A Holdfast restore into this database has not ended: it is incomplete.';
CREATE TABLE ${MARKER_SCHEMA}.restore_point (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  source text NOT NULL,
  restore_point_id text NOT NULL,
  options text NOT NULL,
  plan text,
  is_ready boolean NOT NULL DEFAULT false,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE ${MARKER_SCHEMA}.dropped (
  list text NOT NULL,
  name text NOT NULL
);
CREATE TABLE ${MARKER_SCHEMA}.chunk (
  n integer PRIMARY KEY,
  rows bigint NOT NULL,
  loaded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE ${MARKER_SCHEMA}.step (
  name text PRIMARY KEY,
  done_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE ${MARKER_SCHEMA}.postponed (
  n integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  kind text NOT NULL,
  schema text NOT NULL,
  relation text NOT NULL,
  name text NOT NULL,
  definition text NOT NULL,
  UNIQUE (kind, schema, relation, name)
);
CREATE TABLE ${MARKER_SCHEMA}.routed (
  schema text NOT NULL,
  name text NOT NULL,
  PRIMARY KEY (schema, name)
);
CREATE TABLE ${MARKER_SCHEMA}.unvalidated (
  schema text NOT NULL,
  relation text NOT NULL,
  name text NOT NULL,
  told text NOT NULL
);
CREATE UNLOGGED TABLE ${MARKER_SCHEMA}.uncrashed (one boolean PRIMARY KEY);
INSERT INTO ${MARKER_SCHEMA}.uncrashed VALUES (true);`;

const HAS_UNLOGGED = `SELECT FROM pg_catalog.pg_class c
  WHERE c.relpersistence = 'u' AND c.relkind IN ('r', 'S') AND c.relnamespace <> '${MARKER_SCHEMA}'::regnamespace`;

/** The restore this database is in the middle of, if any. */
export async function readMarker(session: Session): Promise<FoundMarker | undefined> {
  if (!(await hasMarker(session))) return undefined;
  const [row] = await session.query<FoundMarker & Record<string, unknown>>(
    `SELECT source, restore_point_id AS "restorePointId", options, is_ready AS "isReady",
            NOT EXISTS (SELECT FROM ${MARKER_SCHEMA}.uncrashed) AND EXISTS (${HAS_UNLOGGED}) AS "hasLostRows"
       FROM ${MARKER_SCHEMA}.restore_point`,
  );
  return row;
}

/** As `writeMarker` was given it; undefined without a marker, and of one that was given none. */
export async function readMarkerPlan(session: Session): Promise<string | undefined> {
  if (!(await hasMarker(session))) return undefined;
  // Through JSON, for a marker of an older version has no such column.
  const [row] = await session.query<{ plan: string | null }>(
    `SELECT pg_catalog.to_jsonb(r) ->> 'plan' AS plan FROM ${MARKER_SCHEMA}.restore_point r`,
  );
  return row?.plan ?? undefined;
}

async function hasMarker(session: Session): Promise<boolean> {
  const [present] = await session.query<{ found: boolean }>(
    `SELECT to_regclass('${MARKER_SCHEMA}.restore_point') IS NOT NULL AS found`,
  );
  return present?.found === true;
}

/**
 * Marks the database as being restored from this restore point, in place of a marker that is there. Whatever comes between
 * this and `markReady`, the database does not look whole. Event triggers that are there, and may forbid it, are yet to be dropped.
 * @param along what comes with it, or neither does
 */
export async function writeMarker(
  session: Session,
  { source, restorePointId, options, plan }: Marker,
  dropped: DropList = { id: "", names: [] },
  along: readonly string[] = [],
): Promise<void> {
  const texts = [source, restorePointId, options, plan];
  const values = texts.map((text) => (text === undefined ? "NULL" : quoteLiteral(text))).join(", ");
  // A second invocation at the same moment fails on the schema's name; it is retried and then finds the marker.
  const message = await unseen(session, [
    ...along,
    `DROP SCHEMA IF EXISTS ${MARKER_SCHEMA} CASCADE`,
    CREATE_MARKER,
    `INSERT INTO ${MARKER_SCHEMA}.restore_point (source, restore_point_id, options, plan) VALUES (${values})`,
    `INSERT INTO ${MARKER_SCHEMA}.dropped SELECT ${quoteLiteral(dropped.id)}, name
       FROM pg_catalog.json_array_elements_text(${quoteLiteral(JSON.stringify(dropped.names))}) AS listed (name)`,
  ]);
  await session.query(message.join("\n;\n"));
}

/** What may be dropped: the list that was agreed to. */
export interface DropList {
  readonly id: string;
  readonly names: readonly string[];
}

/** Of the list `id`, with which this marker's restore began to empty the target; undefined when it was another. */
export async function readDropList(session: Session, id: string): Promise<DropList | undefined> {
  const rows = await session.query<{ name: string }>(`SELECT name FROM ${MARKER_SCHEMA}.dropped WHERE list = $1`, [id]);
  return rows.length === 0 ? undefined : { id, names: rows.map(({ name }) => name) };
}

/** From here on the target counts as empty, or as what this restore has made. */
export async function markReady(session: Session): Promise<void> {
  await session.query(`UPDATE ${MARKER_SCHEMA}.restore_point SET is_ready = true`);
}

/** Whether what is noted as done was done for this very restore. */
export function isSameRestore(found: Marker, wanted: Marker): boolean {
  return isSamePoint(found, wanted) && found.options === wanted.options;
}

function isSamePoint(found: MarkerIdentity, wanted: MarkerIdentity): boolean {
  return found.source === wanted.source && found.restorePointId === wanted.restorePointId;
}

/** @throws PreconditionError `target-incomplete` */
export function assertSameRestorePoint(found: MarkerIdentity, wanted: MarkerIdentity): void {
  if (isSamePoint(found, wanted)) return;
  throw new PreconditionError(
    "target-incomplete",
    `target holds an unfinished restore of ${found.source} ${found.restorePointId}, not of ${wanted.source} ${wanted.restorePointId}`,
    { hint: "Finish that restore, restore into another database, or repeat with confirm to drop what is there." },
  );
}

/**
 * Steps that an earlier attempt did otherwise count as done: with other options they would be mixed.
 * @throws PreconditionError `target-incomplete`
 */
export function assertSameRestore(found: Marker, wanted: Marker): void {
  assertSameRestorePoint(found, wanted);
  if (found.options === wanted.options) return;
  throw new PreconditionError(
    "target-incomplete",
    `target holds an unfinished restore of this restore point with ${found.options}, this one is with ${wanted.options}`,
    { hint: "Repeat it with the options it was begun with, or with confirm to drop what is there." },
  );
}

/** @throws PreconditionError `target-lost-rows` */
export function assertNoRowsLost(session: Session, { hasLostRows, options }: FoundMarker): void {
  if (!hasLostRows) return;
  throw new PreconditionError(
    "target-lost-rows",
    `the server of database ${session.settings.database} crashed or failed over during the restore, and its unlogged tables are empty since`,
    {
      hint: options.startsWith(IN_USE)
        ? 'Give it up and start it again: docs/OPERATIONS.md, "Giving up parts".'
        : "Start the restore again with confirm: it drops what is there and begins anew.",
    },
  );
}

/** Rows of each chunk that is in the target, by its number. */
export async function loadedRows(session: Session): Promise<ReadonlyMap<number, number>> {
  const rows = await session.query<{ n: number; rows: string }>(`SELECT n, rows FROM ${MARKER_SCHEMA}.chunk`);
  return new Map(rows.map((row) => [row.n, Number(row.rows)]));
}

const ENABLE: Readonly<Record<string, string>> = { O: "ENABLE", R: "ENABLE REPLICA", A: "ENABLE ALWAYS" };

/**
 * The last act of a restore: the database is whole from here on. Its event triggers, which are there by now, neither stop
 * this nor see it.
 * @param last what comes with it, or neither does
 */
export async function dropMarker(session: Session, last: readonly string[] = []): Promise<void> {
  const statements = await unseen(session, [`DROP SCHEMA IF EXISTS ${MARKER_SCHEMA} CASCADE`, ...last]);
  await session.query(statements.join("\n;\n"));
}

/**
 * With the database's event triggers off before and on again afterwards as they were: for one message, hence one transaction.
 * Those of the provider's platform, which are not ours to switch, see what is done.
 */
async function unseen(session: Session, statements: readonly string[]): Promise<string[]> {
  const triggers = await session.query<{ name: string; mode: string }>(
    `SELECT pg_catalog.quote_ident(evtname) AS name, evtenabled::pg_catalog.text AS mode FROM pg_catalog.pg_event_trigger
      WHERE evtenabled <> 'D' AND evtevent <> 'login' AND pg_catalog.pg_has_role(evtowner, 'USAGE') ORDER BY evtname`,
  );
  return [
    ...triggers.map(({ name }) => `ALTER EVENT TRIGGER ${name} DISABLE`),
    ...statements,
    ...triggers.map(({ name, mode }) => `ALTER EVENT TRIGGER ${name} ${ENABLE[mode] ?? "ENABLE"}`),
  ];
}
