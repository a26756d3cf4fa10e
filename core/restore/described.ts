/**
 * What a restore point says of roles, of the database and of large objects, beside its archive: as it was agreed to restore it.
 * @module
 */
import type { DatabaseProperties, LargeObjectMetadata } from "../postgres/ddl/index.ts";
import type { RoleList } from "../postgres/roles/index.ts";
import { mapDatabaseRoles, mapLargeObjectRoles, mapRoleList } from "../postgres/roles/map-roles.ts";
import { agreedDatabase, agreedLargeObjects, agreedRoles } from "./plan/apply.ts";
import { findSchemaJson, type OpenRestorePoint, schemaObjects } from "./restore-point.ts";

/** Undefined of restore points without it. @throws IntegrityError `schema-object-malformed` */
export async function rolesOf(point: OpenRestorePoint): Promise<RoleList | undefined> {
  const list = await findSchemaJson<RoleList>(point, schemaObjects.roles, ["roles", "memberships"]);
  if (list === undefined) return undefined;
  const named = point.roleNames === undefined ? list : mapRoleList(list, point.roleNames);
  return point.agreed === undefined ? named : agreedRoles(named, point.agreed.plan);
}

/** As `rolesOf`. */
export async function databaseOf(point: OpenRestorePoint): Promise<DatabaseProperties | undefined> {
  const database = await findSchemaJson<DatabaseProperties>(point, schemaObjects.database, ["settings"]);
  if (database === undefined) return undefined;
  const named = point.roleNames === undefined ? database : mapDatabaseRoles(database, point.roleNames);
  return point.agreed === undefined ? named : agreedDatabase(named, point.agreed.plan);
}

/** As `rolesOf`. */
export async function largeObjectsOf(point: OpenRestorePoint): Promise<LargeObjectMetadata | undefined> {
  const fields = ["groups", "comments", "labels"] as const;
  const objects = await findSchemaJson<LargeObjectMetadata>(point, schemaObjects.largeObjects, fields);
  if (objects === undefined) return undefined;
  const named = point.roleNames === undefined ? objects : mapLargeObjectRoles(objects, point.roleNames);
  return point.agreed === undefined ? named : agreedLargeObjects(named, point.agreed.plan);
}
