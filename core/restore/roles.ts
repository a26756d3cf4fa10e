/**
 * Roles of a restore point into the target's server.
 * @module
 */
import { restoreRoles } from "../postgres/load/roles.ts";
import type { RoleList } from "../postgres/roles/index.ts";
import type { Session } from "../postgres/session.ts";
import { findSchemaJson, type OpenRestorePoint, schemaObjects } from "./restore-point.ts";

/** @returns sentences about what was not restored, without values */
export async function restorePointRoles(session: Session, point: OpenRestorePoint): Promise<string[]> {
  const list = await findSchemaJson<RoleList>(point, schemaObjects.roles, ["roles", "memberships"]);
  if (list === undefined) return [];
  const refused: string[] = [];
  await restoreRoles(session, list, (sentence) => refused.push(sentence));
  return refused;
}
