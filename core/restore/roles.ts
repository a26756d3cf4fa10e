/**
 * Roles of a restore point into the target's server.
 * @module
 */
import { restoreRoles } from "../postgres/load/roles.ts";
import type { Session } from "../postgres/session.ts";
import { rolesOf } from "./described.ts";
import type { OpenRestorePoint } from "./restore-point.ts";

/** @returns sentences about what was not restored, without values */
export async function restorePointRoles(session: Session, point: OpenRestorePoint): Promise<string[]> {
  const list = await rolesOf(point);
  if (list === undefined) return [];
  const refused: string[] = [];
  await restoreRoles(session, list, (sentence) => refused.push(sentence));
  return refused;
}
