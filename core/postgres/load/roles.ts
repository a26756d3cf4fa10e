/**
 * The roles that the schema names. Those that are there keep their attributes: a restore gives nobody rights over other
 * databases of the server. Those that are missing come without LOGIN and without a password.
 * @module
 */
import { type RoleList, rolesSql } from "../roles/index.ts";
import type { Session } from "../session.ts";
import { quoteName } from "../sql.ts";
import { runSteps } from "./steps.ts";

/** A sentence that holds the SQL to be run by someone who may. */
export type OnRefused = (sentence: string) => void;

const LOCK = "roles";

/**
 * Idempotent. What the server refuses is told to `onRefused` with its SQL; where a refused role is needed, the statement that
 * names it fails later, by name.
 */
export async function restoreRoles(session: Session, list: RoleList, onRefused: OnRefused): Promise<void> {
  const onNotice = ({ severity, message }: { severity?: string | undefined; message?: string | undefined }): void => {
    if (severity === "WARNING" && message !== undefined) onRefused(`refused by the server: ${message}`);
  };
  session.client.on("notice", onNotice);
  try {
    await session.query("SET client_min_messages = warning");
    await runSteps(session, LOCK, [{ name: "roles", what: "roles", statements: [rolesSql(list)] }]);
    await becomeMember(session, list, onRefused);
  } finally {
    session.client.off("notice", onNotice);
  }
}

/** From here on membership comes without the right to act as the role, which is what giving it an object takes. */
const SET_OPTION_VERSION = 160000;

/** Only who may act as a role can give it an object; superusers may. */
async function becomeMember(session: Session, { roles }: RoleList, onRefused: OnRefused): Promise<void> {
  const right = session.serverVersion >= SET_OPTION_VERSION ? "SET" : "MEMBER";
  const missing = await session.query<{ name: string }>(
    `SELECT r.rolname::text AS name FROM pg_catalog.pg_roles r
      WHERE r.rolname = ANY ($1::text[]) AND NOT pg_catalog.pg_has_role(r.oid, '${right}')`,
    [roles.filter(({ isReferenced, isPredefined }) => isReferenced && !isPredefined).map(({ name }) => name)],
  );
  for (const { name } of missing) {
    const sql = `GRANT ${quoteName(name)} TO CURRENT_USER`;
    await session.query(sql).catch((error: Error) => onRefused(`refused by the server: ${sql}: ${error.message}`));
  }
}
