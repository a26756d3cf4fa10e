import { quoteName } from "../sql.ts";

export interface Grant {
  /** null is PUBLIC. */
  readonly grantee: string | null;
  /** As GRANT names it, e.g. `SELECT`. */
  readonly privilege: string;
  readonly isGrantable: boolean;
}

/** SQL for the grants in an acl column, as JSON, PUBLIC first, then by grantee; null where the defaults of the kind apply. */
export function grantsSql(aclColumn: string): string {
  // Nothing granted to anyone is not the same as the defaults.
  return `CASE WHEN ${aclColumn} IS NOT NULL THEN (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
      'grantee', CASE WHEN acl.grantee <> 0 THEN pg_catalog.pg_get_userbyid(acl.grantee) END,
      'privilege', acl.privilege_type, 'isGrantable', acl.is_grantable)
      ORDER BY acl.grantee <> 0, pg_catalog.pg_get_userbyid(acl.grantee), acl.privilege_type), '[]')
    FROM pg_catalog.aclexplode(${aclColumn}) AS acl) END`;
}

/** Statements that leave exactly these privileges on a fresh object; none for null. Grantors other than the owner are not kept. */
export function grantStatements(object: string, owner: string, grants: readonly Grant[] | null): string[] {
  if (grants === null) return [];
  return [
    `REVOKE ALL ON ${object} FROM PUBLIC;`,
    `REVOKE ALL ON ${object} FROM ${quoteName(owner)};`,
    ...grants.map(({ grantee, privilege, isGrantable }) => {
      const to = grantee === null ? "PUBLIC" : quoteName(grantee);
      return `GRANT ${privilege} ON ${object} TO ${to}${isGrantable ? " WITH GRANT OPTION" : ""};`;
    }),
  ];
}
