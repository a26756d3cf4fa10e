/**
 * Rows into tables that are there: whether these can take them as they were, and nothing acts on them while they come.
 * @module
 */
import { PreconditionError } from "../../errors.ts";
import { sqlState } from "../errors.ts";
import { DUMPED_RELATIONS } from "../relations.ts";
import type { Session } from "../session.ts";
import { batches, qualifiedName } from "../sql.ts";
import { listNames } from "./target.ts";

export interface TableToFill {
  readonly schema: string;
  readonly name: string;
  /** Those that are in the restore point's rows. */
  readonly columns: readonly string[];
}

const DENIED = "42501";

/**
 * Reads only.
 * @throws PreconditionError `rows-do-not-fit` naming tables that are missing, lack columns or want others; `rows-are-there`
 *   naming tables that are not empty; `rows-meet-triggers`, `privilege-missing`
 */
export async function assertTakesRows(
  session: Session,
  tables: readonly TableToFill[],
  sequences: readonly { readonly schema: string; readonly name: string }[],
): Promise<void> {
  await assertFitting(session, tables);
  await assertSequences(session, sequences);
  await assertMayInsert(session, tables);
  await assertNothingActs(session, tables);
  await assertEmpty(session, tables);
}

/** A large object has one oid in the whole database: none of those that are there is changed. */
export async function assertNoLargeObjects(session: Session): Promise<void> {
  const [row] = await session.query<{ count: string }>(
    "SELECT count(*)::text AS count FROM pg_catalog.pg_largeobject_metadata",
  );
  if (row?.count === "0") return;
  throw new PreconditionError(
    "rows-are-there",
    `database ${session.settings.database} holds ${row?.count} large objects, and the restore point has some too`,
    { hint: "Name the tables with --table, then no large object is restored; or unlink those that are there." },
  );
}

/**
 * From here on neither triggers nor foreign keys act on what this session writes; where the role may not say so,
 * `assertTakesRows` has found none. Idempotent.
 */
export async function suspendTriggers(session: Session): Promise<boolean> {
  try {
    await session.client.query("SET session_replication_role = replica");
    return true;
  } catch (error) {
    if (sqlState(error) === DENIED) return false;
    throw error;
  }
}

const ASKED = `ROWS FROM (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) WITH ORDINALITY AS asked (schema, name, ordinal)
  LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = asked.schema
  LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = asked.name`;

const namesOf = (tables: readonly { readonly schema: string; readonly name: string }[]): string[][] => [
  tables.map(({ schema }) => schema),
  tables.map(({ name }) => name),
];

interface Found {
  readonly at: number;
  readonly isTable: boolean;
  readonly writable: string[];
  readonly demanded: string[];
  readonly [field: string]: unknown;
}

async function assertFitting(session: Session, tables: readonly TableToFill[]): Promise<void> {
  const found = await session.query<Found>(
    `SELECT asked.ordinal::int - 1 AS at, coalesce(c.relkind = 'r', false) AS "isTable",
            ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0
                     AND NOT a.attisdropped AND a.attgenerated = '') AS writable,
            ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0
                     AND NOT a.attisdropped AND a.attgenerated = '' AND a.attnotnull AND NOT a.atthasdef AND a.attidentity = '') AS demanded
       FROM ${ASKED}`,
    namesOf(tables),
  );
  const unfit = found.flatMap(({ at, isTable, writable, demanded }) => {
    const table = tables[at];
    if (table === undefined) return [];
    const name = qualifiedName(table);
    if (!isTable) return [`${name} is not there`];
    const lacking = table.columns.filter((column) => !writable.includes(column));
    if (lacking.length > 0) return [`${name} has no column ${listNames(lacking)} to write to`];
    const more = demanded.filter((column) => !table.columns.includes(column));
    return more.length > 0 ? [`${name} demands a value for ${listNames(more)}`] : [];
  });
  if (unfit.length === 0) return;
  throw new PreconditionError(
    "rows-do-not-fit",
    `in database ${session.settings.database} ${unfit.slice(0, 5).join("; ")}${unfit.length > 5 ? `; and ${unfit.length - 5} more` : ""}`,
    { hint: "Restore the definitions first with --schema-only, or leave those tables out with --exclude-table." },
  );
}

async function assertSequences(
  session: Session,
  sequences: readonly { readonly schema: string; readonly name: string }[],
): Promise<void> {
  const missing = await session.query<{ schema: string; name: string }>(
    `SELECT asked.schema, asked.name FROM ${ASKED} WHERE c.relkind IS DISTINCT FROM 'S'`,
    namesOf(sequences),
  );
  if (missing.length === 0) return;
  throw new PreconditionError(
    "rows-do-not-fit",
    `database ${session.settings.database} lacks sequences ${listNames(missing.map(qualifiedName))}`,
    { hint: "Restore the definitions first with --schema-only, or leave those out with --exclude-table." },
  );
}

async function assertMayInsert(session: Session, tables: readonly TableToFill[]): Promise<void> {
  const refused = await session.query<{ schema: string; name: string }>(
    `SELECT asked.schema, asked.name FROM ${ASKED}
      WHERE NOT (pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'INSERT, SELECT')
                 AND pg_catalog.has_table_privilege(c.oid, 'INSERT') AND NOT pg_catalog.row_security_active(c.oid))`,
    namesOf(tables),
  );
  if (refused.length === 0) return;
  throw new PreconditionError(
    "privilege-missing",
    `the role may not write and read every row of ${listNames(refused.map(qualifiedName))}`,
    { hint: "GRANT SELECT, INSERT on them, or restore as their owner; row security must not apply to the role." },
  );
}

/** Whether this role may let triggers and foreign keys rest; tried, and taken back. */
async function maySuspend(session: Session): Promise<boolean> {
  await session.query("BEGIN");
  try {
    await session.client.query("SET LOCAL session_replication_role = replica");
    return true;
  } catch (error) {
    if (sqlState(error) === DENIED) return false;
    throw error;
  } finally {
    await session.query("ROLLBACK");
  }
}

/** On INSERT, enabled for this session; `ALWAYS` and `REPLICA` also where the others rest. */
async function assertNothingActs(session: Session, tables: readonly TableToFill[]): Promise<void> {
  const isSuspended = await maySuspend(session);
  const acting = await session.query<{ what: string }>(
    `SELECT pg_catalog.format('trigger %I on %I.%I', t.tgname, asked.schema, asked.name) AS what
       FROM ${ASKED} JOIN pg_catalog.pg_trigger t ON t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgtype & 4 <> 0
      WHERE t.tgenabled IN ('A', CASE WHEN $3 THEN 'R' ELSE 'O' END)
     UNION ALL
     SELECT pg_catalog.format('foreign key %I of %I.%I', k.conname, asked.schema, asked.name)
       FROM ${ASKED} JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid AND k.contype = 'f'
      WHERE NOT $3
     ORDER BY 1`,
    [...namesOf(tables), isSuspended],
  );
  if (acting.length === 0) return;
  const hint = isSuspended
    ? "These act even on what replication writes: disable them for the time of the restore."
    : "The role may not set session_replication_role: GRANT SET ON PARAMETER session_replication_role to it, restore as a superuser, or take these off for the time of the restore.";
  throw new PreconditionError(
    "rows-meet-triggers",
    `rows would meet ${listNames(acting.map(({ what }) => what))} in database ${session.settings.database}`,
    { hint },
  );
}

const PER_QUERY = 100;

/** Of an extension's configuration table, only the rows count that are the user's. */
async function assertEmpty(session: Session, tables: readonly TableToFill[]): Promise<void> {
  const conditions = new Map(
    (
      await session.query<{ schema: string; name: string; condition: string }>(
        `WITH ${DUMPED_RELATIONS} SELECT n.nspname AS schema, c.relname AS name, condition
           FROM dumped JOIN pg_catalog.pg_class c USING (oid) JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE condition <> ''`,
      )
    ).map((row) => [qualifiedName(row), row.condition]),
  );
  const filled: string[] = [];
  for (const batch of batches(tables.map(qualifiedName), PER_QUERY)) {
    const asked = batch.map(
      (name, at) => `SELECT ${at} AS at WHERE EXISTS (SELECT FROM ONLY ${name} ${conditions.get(name) ?? ""})`,
    );
    const rows = await session.query<{ at: number }>(asked.join(" UNION ALL "));
    filled.push(...rows.flatMap(({ at }) => batch[at] ?? []));
  }
  if (filled.length === 0) return;
  throw new PreconditionError(
    "rows-are-there",
    `database ${session.settings.database} has rows in ${listNames(filled)}`,
    {
      hint: "Nothing that is there is changed: empty those tables yourself, or leave them out with --exclude-table.",
    },
  );
}
