/**
 * A database in use that is to get tables beside what it has: whether their names are free there, and what they use is there.
 * @module
 */
import { PreconditionError } from "../../errors.ts";
import { nameOfEntry, type TocEntry } from "../ddl/index.ts";
import type { Session } from "../session.ts";
import { qualifiedName, quoteName } from "../sql.ts";
import { listNames } from "./target.ts";

export interface RoomNeeded {
  readonly schemas: readonly string[];
  readonly names: readonly { readonly schema: string; readonly name: string; readonly kind: string }[];
  readonly needed: readonly TocEntry[];
  readonly roles: readonly string[];
}

/**
 * Reads only.
 * @throws PreconditionError `parts-names-taken`, `parts-lack-objects` naming types, functions and more that the tables use,
 *   `parts-lack-roles`, `privilege-missing`
 */
export async function assertRoomBeside(session: Session, room: RoomNeeded): Promise<void> {
  await assertFree(session, room.names);
  await assertThere(session, room.needed);
  await assertRoles(session, room.roles);
  await assertMayCreate(session, room.schemas);
}

/** A relation's name is also that of its row type, which another type may have taken. */
async function assertFree(session: Session, names: RoomNeeded["names"]): Promise<void> {
  const taken = await session.query<{ kind: string; schema: string; name: string }>(
    `SELECT wanted.kind, wanted.schema, wanted.name
       FROM ROWS FROM (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[]), pg_catalog.unnest($3::text[]))
            AS wanted (kind, schema, name)
       JOIN pg_catalog.pg_namespace n ON n.nspname = wanted.schema
      WHERE EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.relnamespace = n.oid AND c.relname = wanted.name)
         OR wanted.kind = 'table' AND EXISTS (SELECT FROM pg_catalog.pg_type t
              WHERE t.typnamespace = n.oid AND t.typname = wanted.name AND t.typelem = 0)
         OR wanted.kind = 'statistics' AND EXISTS (SELECT FROM pg_catalog.pg_statistic_ext s
              WHERE s.stxnamespace = n.oid AND s.stxname = wanted.name)
      ORDER BY 2, 3`,
    [names.map(({ kind }) => kind), names.map(({ schema }) => schema), names.map(({ name }) => name)],
  );
  if (taken.length === 0) return;
  const what = listNames(taken.map((one) => `${one.kind} ${qualifiedName(one)}`));
  throw new PreconditionError("parts-names-taken", `database ${session.settings.database} has ${what} already`, {
    hint: "Nothing that is there is dropped: choose another schema with --into-schema, or another name with --as.",
  });
}

/** Kinds that are looked for by their name in a schema; of others the server says itself that they are missing. */
const LOOKUPS: Readonly<Record<string, string>> = {
  AGGREGATE: "pg_catalog.to_regprocedure(regular) IS NOT NULL",
  COLLATION: "pg_catalog.to_regcollation(quoted) IS NOT NULL",
  DOMAIN: "pg_catalog.to_regtype(quoted) IS NOT NULL",
  EXTENSION: "EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = tag)",
  FUNCTION: "pg_catalog.to_regprocedure(regular) IS NOT NULL",
  SEQUENCE: "pg_catalog.to_regclass(quoted) IS NOT NULL",
  TABLE: "pg_catalog.to_regclass(quoted) IS NOT NULL",
  TYPE: "pg_catalog.to_regtype(quoted) IS NOT NULL",
  VIEW: "pg_catalog.to_regclass(quoted) IS NOT NULL",
};

async function assertThere(session: Session, needed: readonly TocEntry[]): Promise<void> {
  const lookups = Object.entries(LOOKUPS).map(([desc, found]) => `WHEN '${desc}' THEN ${found}`);
  const asked = needed.filter(({ desc }) => desc in LOOKUPS);
  const named = asked.map(({ desc, namespace, tag }) => {
    const schema = namespace === undefined ? "" : `${quoteName(namespace)}.`;
    return { desc, tag, quoted: `${schema}${quoteName(tag)}`, regular: `${schema}${tag}`, namespace };
  });
  const rows = await session.query<{ at: number; found: boolean }>(
    `SELECT ordinal::int - 1 AS at, CASE kind ${lookups.join(" ")} END AS found
       FROM ROWS FROM (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[]), pg_catalog.unnest($3::text[]), pg_catalog.unnest($4::text[]))
            WITH ORDINALITY AS asked (kind, tag, quoted, regular, ordinal)`,
    [
      named.map(({ desc }) => desc),
      named.map(({ tag }) => tag),
      named.map(({ quoted }) => quoted),
      named.map(({ regular }) => regular),
    ],
  );
  const missing = rows.flatMap(({ at, found }) => {
    const entry = named[at];
    if (found || entry === undefined) return [];
    return [nameOfEntry(entry)];
  });
  if (missing.length === 0) return;
  throw new PreconditionError(
    "parts-lack-objects",
    `database ${session.settings.database} lacks ${listNames(missing)}, which the chosen tables use`,
    { hint: "Make them there first, or restore the tables into an empty database, where they come along." },
  );
}

async function assertRoles(session: Session, roles: readonly string[]): Promise<void> {
  const missing = await session.query<{ name: string }>(
    `SELECT name FROM pg_catalog.unnest($1::text[]) AS wanted (name)
      WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname = wanted.name) ORDER BY 1`,
    [roles],
  );
  if (missing.length === 0) return;
  const what = listNames(missing.map(({ name }) => quoteName(name)));
  throw new PreconditionError("parts-lack-roles", `the server of database ${session.settings.database} lacks ${what}`, {
    hint: "Create those roles, or leave owners and privileges out with --no-owner and --no-privileges.",
  });
}

async function assertMayCreate(session: Session, schemas: readonly string[]): Promise<void> {
  const refused = await session.query<{ name: string; isThere: boolean }>(
    `SELECT wanted.name, n.oid IS NOT NULL AS "isThere" FROM pg_catalog.unnest($1::text[]) AS wanted (name)
       LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = wanted.name
      WHERE NOT CASE WHEN n.oid IS NULL THEN pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')
                     ELSE pg_catalog.has_schema_privilege(n.oid, 'CREATE') END`,
    [schemas],
  );
  const [first] = refused;
  if (first === undefined) return;
  const { database } = session.settings;
  const what = first.isThere ? `create in schema ${quoteName(first.name)}` : `create schema ${quoteName(first.name)}`;
  throw new PreconditionError("privilege-missing", `the role may not ${what} of database ${database}`, {
    hint: "GRANT CREATE on it to the role, or restore as another.",
  });
}
