/**
 * The schema `public`, of which pg_dump says only what is not as every new database of PostgreSQL 15 and later has it. In 14 it
 * belongs to the superuser who made the cluster, and everybody may create in it.
 * @module
 */
import { quoteLiteral } from "../sql.ts";

const AS_NOW_SINCE = 15;

/** Whether `public` has to be made what pg_dump takes it for, before what it says is done. */
export function needsPublicSchema(sourceMajor: number, major: number): boolean {
  return major < AS_NOW_SINCE && sourceMajor >= AS_NOW_SINCE;
}

/** One command; a `public` that is not there, or that is not the role's to change, stays as it is. */
export function publicSchemaSql({ noOwner = false, noPrivileges = false }): string {
  const owner = noOwner ? [] : ["ALTER SCHEMA public OWNER TO pg_database_owner;"];
  const privileges = noPrivileges ? [] : ["REVOKE CREATE ON SCHEMA public FROM PUBLIC;"];
  const body = `BEGIN
  IF pg_catalog.to_regnamespace('public') IS NOT NULL THEN
    ${[...owner, ...privileges].join("\n    ")}
  END IF;
END`;
  return `DO ${quoteLiteral(body)};`;
}
