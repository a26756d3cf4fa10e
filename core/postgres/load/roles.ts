/**
 * The roles that the schema names. Those that are there keep their attributes: a restore gives nobody rights over other
 * databases of the server. Those that are missing come without LOGIN and without a password.
 * @module
 */
import { type RoleList, roleStatements } from "../roles/index.ts";
import type { Session } from "../session.ts";
import { quoteName } from "../sql.ts";
import { runSteps, type Step } from "./steps.ts";

/** A sentence that holds the SQL to be run by someone who may. */
export type OnRefused = (sentence: string) => void;

const LOCK = "roles";

/**
 * Idempotent. What the server refuses is told to `onRefused` with its SQL; where a refused role is needed, the statement that
 * names it fails later, by name.
 */
export async function restoreRoles(session: Session, list: RoleList, onRefused: OnRefused): Promise<void> {
  const statements = roleStatements(list);
  const isCreate = (sql: string): boolean => sql.startsWith("DO ");
  const present = await namesOfRoles(session);
  const attempt = async (step: Step): Promise<void> => {
    await runSteps(session, LOCK, [step]).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      onRefused(`${step.what} was refused (${reason}): ${step.statements.join(" ")}`);
    });
  };
  for (const { role, sql } of statements.filter((statement) => isCreate(statement.sql))) {
    if (!present.has(role)) await attempt({ name: `role/${role}`, what: `role ${role}`, statements: [sql] });
  }
  const created = await createdRoles(session);
  for (const [index, { role, sql }] of statements.entries()) {
    if (isCreate(sql) || !created.has(role)) continue;
    await attempt({ name: `role/${role}/${index}`, what: `attributes of role ${role}`, statements: [sql] });
  }
  await becomeMember(session, list, attempt);
}

async function namesOfRoles(session: Session): Promise<ReadonlySet<string>> {
  const rows = await session.query<{ name: string }>("SELECT rolname::text AS name FROM pg_catalog.pg_roles");
  return new Set(rows.map(({ name }) => name));
}

/** Those this restore has made, in this or an earlier attempt. */
async function createdRoles(session: Session): Promise<ReadonlySet<string>> {
  const rows = await session.query<{ name: string }>(
    "SELECT pg_catalog.substr(name, 6) AS name FROM holdfast_restore.step WHERE name LIKE 'role/%'",
  );
  return new Set(rows.map(({ name }) => name));
}

/** Only a member can give an object to a role; superusers need not be. */
async function becomeMember(
  session: Session,
  { roles }: RoleList,
  attempt: (step: Step) => Promise<void>,
): Promise<void> {
  const missing = await session.query<{ name: string }>(
    `SELECT r.rolname::text AS name FROM pg_catalog.pg_roles r
      WHERE r.rolname = ANY ($1::text[]) AND NOT pg_catalog.pg_has_role(r.oid, 'MEMBER')`,
    [roles.filter(({ isReferenced, isPredefined }) => isReferenced && !isPredefined).map(({ name }) => name)],
  );
  for (const { name } of missing) {
    const statements = [`GRANT ${quoteName(name)} TO CURRENT_USER`];
    await attempt({ name: `member/${name}`, what: `membership in role ${name}`, statements });
  }
}
