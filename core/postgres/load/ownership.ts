/**
 * Giving objects to their owners without being a superuser: PostgreSQL asks that the new owner may create in the schema,
 * which it need not in the source and cannot yet in the target, where privileges come last. So it is allowed for a while.
 * @module
 */
import type { RestoreEntry } from "../ddl/index.ts";
import type { Session } from "../session.ts";
import { quoteName } from "../sql.ts";
import { MARKER_SCHEMA } from "./marker.ts";
import { doneAmong, type Step } from "./steps.ts";

/** Owner of `public` where the archive does not say another. */
const DEFAULT_OWNER = "pg_database_owner";

export interface OwnershipSteps {
  /** By the dump id of the entry before which each is to be run. */
  readonly before: ReadonlyMap<number, Step>;
  /** To be run when everything has its owner, before privileges. */
  readonly after: readonly Step[];
}

/** A right that is lent: whose, and to create where. */
interface Loan {
  /** Absent for the database, in which who owns a publication or a subscription has to be able to create. */
  readonly schema: string | undefined;
  readonly owner: string;
}

/** None for a superuser, nor where owners were left out, nor for who has the right already: that would be taken away at the end. */
export async function ownershipSteps(session: Session, entries: readonly RestoreEntry[]): Promise<OwnershipSteps> {
  const [role] = await session.query<{ super: boolean }>(
    "SELECT rolsuper AS super FROM pg_catalog.pg_roles WHERE rolname = current_user",
  );
  const before = new Map<number, Step>();
  const after: Step[] = [];
  if (role?.super === true) return { before, after };
  const needed = neededBy(entries);
  const isDone = await doneAmong(
    session,
    [...needed.values()].map((loan) => ({ name: nameOf("allow", loan) })),
  );
  const granted = await grantedAmong(session, [...needed.values()]);
  for (const [dumpId, loan] of needed) {
    const allow = nameOf("allow", loan);
    // What was lent by an earlier call is granted by now as well.
    if (granted.has(allow) && !isDone.has(allow)) continue;
    const { schema, owner } = loan;
    const database = session.settings.database;
    const on = `CREATE ON ${schema === undefined ? `DATABASE ${quoteName(database)}` : `SCHEMA ${quoteName(schema)}`}`;
    const where = schema === undefined ? `database ${database}` : `schema ${schema}`;
    const what = `right of ${owner} to create in ${where}`;
    before.set(dumpId, { name: allow, what, statements: [`GRANT ${on} TO ${quoteName(owner)}`] });
    after.push({ name: nameOf("disallow", loan), what, statements: [`REVOKE ${on} FROM ${quoteName(owner)}`] });
  }
  return { before, after };
}

function nameOf(act: "allow" | "disallow", { schema, owner }: Loan): string {
  return `${act}/${schema === undefined ? "" : quoteName(schema)}/${quoteName(owner)}`;
}

/** What is in no schema and asks its new owner for the right to create in the database; others ask who gives it away. */
const IN_DATABASE: ReadonlySet<string> = new Set(["PUBLICATION", "SUBSCRIPTION"]);

/** Each once, by the dump id of the entry that needs it first. */
function neededBy(entries: readonly RestoreEntry[]): ReadonlyMap<number, Loan> {
  const schemaOwners = new Map(entries.filter(({ desc }) => desc === "SCHEMA").map(({ name, owner }) => [name, owner]));
  const needed = new Map<number, Loan>();
  const names = new Set<string>();
  for (const { dumpId, desc, schema, owner, statements } of entries) {
    if (owner === undefined || (schema === undefined && !IN_DATABASE.has(desc))) continue;
    if (schema !== undefined && owner === (schemaOwners.get(schema) ?? DEFAULT_OWNER)) continue;
    if (!statements.some((statement) => /^ALTER .* OWNER TO /s.test(statement))) continue;
    const name = nameOf("allow", { schema, owner });
    if (names.has(name)) continue;
    names.add(name);
    needed.set(dumpId, { schema, owner });
  }
  return needed;
}

/**
 * Names of those that are granted to the very role, and of the owners' own: what a role has through others a REVOKE does not take
 * away, and an owner's it would.
 */
async function grantedAmong(session: Session, loans: readonly Loan[]): Promise<ReadonlySet<string>> {
  const rows = await session.query<{ schema: string | null; owner: string }>(
    `SELECT asked.schema, asked.owner
       FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[])) AS asked (schema, owner)
       JOIN pg_catalog.pg_roles r ON r.rolname = asked.owner
       LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = asked.schema
       JOIN pg_catalog.pg_database d ON d.datname = pg_catalog.current_database()
      WHERE CASE WHEN asked.schema IS NULL THEN r.oid = d.datdba ELSE false END
         OR EXISTS (SELECT FROM pg_catalog.aclexplode(CASE WHEN asked.schema IS NULL THEN d.datacl ELSE n.nspacl END) a
                     WHERE a.grantee = r.oid AND a.privilege_type = 'CREATE'
                       AND (asked.schema IS NULL OR r.oid <> n.nspowner))`,
    [loans.map(({ schema }) => schema ?? null), loans.map(({ owner }) => owner)],
  );
  return new Set(rows.map(({ schema, owner }) => nameOf("allow", { schema: schema ?? undefined, owner })));
}

const LOANS = `
SELECT pg_catalog.format('REVOKE CREATE ON %s FROM %s',
         CASE lent.parts[1] WHEN '' THEN 'DATABASE ' || pg_catalog.quote_ident(pg_catalog.current_database())
                            ELSE 'SCHEMA ' || lent.parts[1] END, lent.parts[2]) AS statement
  FROM ${MARKER_SCHEMA}.step s
 CROSS JOIN LATERAL (SELECT pg_catalog.regexp_match(s.name, '^allow/((?:"(?:[^"]|"")*")?)/("(?:[^"]|"")*")$')) AS lent (parts)
 WHERE lent.parts IS NOT NULL
   AND NOT EXISTS (SELECT FROM ${MARKER_SCHEMA}.step t WHERE t.name = 'dis' || s.name)
   AND (lent.parts[1] = '' OR pg_catalog.to_regnamespace(lent.parts[1]) IS NOT NULL)
   AND pg_catalog.to_regrole(lent.parts[2]) IS NOT NULL`;

/** Statements that take back what the restore of the marker that is there has lent and not taken back itself. */
export async function revokedLoans(session: Session): Promise<string[]> {
  const rows = await session.query<{ statement: string }>(LOANS);
  return rows.map(({ statement }) => statement);
}
