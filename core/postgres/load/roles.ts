/**
 * The roles that the schema names. Those that are there keep their attributes: a restore gives nobody rights over other
 * databases of the server. Those that are missing come without LOGIN and without a password.
 * @module
 */
import { isProviderRole } from "../providers/index.ts";
import { type RoleList, rolesSql } from "../roles/index.ts";
import type { Session } from "../session.ts";
import { runSteps } from "./steps.ts";

/** A sentence that names what someone who may has to decide on; no values of settings. */
export type OnRefused = (sentence: string) => void;

const LOCK = "roles";

/** A provider's own are never made: with them this server would look like one of the provider's. */
function withoutProviders({ roles, memberships }: RoleList): RoleList {
  return { roles: roles.filter(({ name }) => !isProviderRole(name)), memberships };
}

/**
 * Idempotent. What the server refuses, and memberships of roles that were there, are told to `onRefused`; where a refused role is needed, the statement that
 * names it fails later, by name.
 */
export async function restoreRoles(session: Session, list: RoleList, onRefused: OnRefused): Promise<void> {
  const onNotice = ({ severity, message }: { severity?: string | undefined; message?: string | undefined }): void => {
    if (severity === "WARNING" && message !== undefined) onRefused(`not restored: ${message}`);
  };
  session.client.on("notice", onNotice);
  try {
    await session.query("SET client_min_messages = warning");
    const statements = [rolesSql(withoutProviders(list), { asMember: true })];
    await runSteps(session, LOCK, [{ name: "roles", what: "roles", statements }]);
  } finally {
    session.client.off("notice", onNotice);
  }
}
