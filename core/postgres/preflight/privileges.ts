/** Whether this role can read all of it: what it cannot read would otherwise fail late, or be hidden in silence. @module */
import { PreconditionError } from "../../errors.ts";
import { type Choice, isNarrow } from "../../parts/choice.ts";
import { dumpedRelations } from "../relations.ts";
import type { Session } from "../session.ts";
import { qualifiedName } from "../sql.ts";

interface Named {
  readonly schema: string;
  readonly name: string;
  readonly [field: string]: unknown;
}

/** How many objects a message names. */
const NAMED = 5;

const FROM = `FROM dumped JOIN pg_class c USING (oid) JOIN pg_namespace n ON n.oid = c.relnamespace`;

/**
 * @throws PreconditionError `privilege-missing` naming tables, sequences or large objects; `row-security-hides-rows`;
 * `unlogged-on-standby`.
 */
export async function checkPrivileges(session: Session, choice?: Choice): Promise<void> {
  const unreadable = await session.query<Named>(
    `WITH ${dumpedRelations(choice)} SELECT n.nspname AS schema, c.relname AS name ${FROM}
     WHERE c.relkind IN ('r', 'p', 'S')
       AND NOT (has_schema_privilege(n.oid, 'USAGE') AND CASE c.relkind
         WHEN 'S' THEN has_sequence_privilege(c.oid, 'SELECT') ELSE has_table_privilege(c.oid, 'SELECT') END)
     ORDER BY 1, 2`,
  );
  if (unreadable.length > 0) {
    throw new PreconditionError("privilege-missing", `no SELECT (or no USAGE of the schema) on ${some(unreadable)}`, {
      hint: "GRANT pg_read_all_data TO the role, or USAGE on the schemas and SELECT on all tables and sequences.",
    });
  }
  await checkRowSecurity(session, choice);
  // Large objects are nobody's in particular: with everything, or not at all.
  if (choice === undefined || !isNarrow(choice)) await checkLargeObjects(session);
  await checkUnlogged(session, choice);
}

/** What is not logged does not reach a standby: it refuses to read such a table. */
async function checkUnlogged(session: Session, choice: Choice | undefined): Promise<void> {
  const unlogged = await session.query<Named>(
    `WITH ${dumpedRelations(choice)} SELECT n.nspname AS schema, c.relname AS name ${FROM}
     WHERE c.relkind IN ('r', 'S') AND c.relpersistence = 'u' AND pg_is_in_recovery() ORDER BY 1, 2`,
  );
  if (unlogged.length === 0) return;
  throw new PreconditionError("unlogged-on-standby", `a standby cannot read what is unlogged: ${some(unlogged)}`, {
    hint: "Back up the primary, or ALTER TABLE … SET LOGGED.",
  });
}

/** row_security is off in our sessions: such a table fails instead of giving some of its rows. Say so beforehand. */
async function checkRowSecurity(session: Session, choice: Choice | undefined): Promise<void> {
  const hiding = await session.query<Named>(
    `WITH ${dumpedRelations(choice)} SELECT n.nspname AS schema, c.relname AS name ${FROM}
     WHERE c.relkind IN ('r', 'p') AND c.relrowsecurity AND row_security_active(c.oid) ORDER BY 1, 2`,
  );
  if (hiding.length === 0) return;
  throw new PreconditionError("row-security-hides-rows", `row security applies to this role on ${some(hiding)}`, {
    hint: "ALTER ROLE … BYPASSRLS, or back up as a role that row security does not apply to.",
  });
}

/** has_largeobject_privilege exists from 18 on; the same from the access list works everywhere. */
async function checkLargeObjects(session: Session): Promise<void> {
  const rows = await session.query<{ count: string; first: number | null }>(
    `SELECT count(*) AS count, min(m.oid) AS first
     FROM pg_largeobject_metadata m
     WHERE NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
       AND NOT current_setting('lo_compat_privileges')::bool
       AND NOT pg_has_role(m.lomowner, 'USAGE')
       AND NOT EXISTS (
         SELECT FROM aclexplode(m.lomacl) a
         WHERE a.privilege_type = 'SELECT' AND (a.grantee = 0 OR pg_has_role(a.grantee, 'USAGE'))
       )`,
  );
  const count = Number(rows[0]?.count ?? 0);
  if (count === 0) return;
  throw new PreconditionError(
    "privilege-missing",
    `no SELECT on ${count} large objects, the first is ${rows[0]?.first}`,
    {
      hint: "GRANT SELECT ON LARGE OBJECT, or membership in the owner's role; pg_read_all_data does not cover them.",
    },
  );
}

function some(found: readonly Named[]): string {
  const names = found.slice(0, NAMED).map(qualifiedName).join(", ");
  return found.length <= NAMED ? names : `${names} and ${found.length - NAMED} more`;
}
