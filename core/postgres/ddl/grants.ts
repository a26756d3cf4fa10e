import { quoteName } from "../sql.ts";

export interface Grant {
  /** null is PUBLIC. */
  readonly grantee: string | null;
  /** As GRANT names it, e.g. `SELECT`. */
  readonly privilege: string;
  readonly isGrantable: boolean;
  /** Who granted it; null is the owner, as in restore points made before it was noted. */
  readonly grantor?: string | null;
}

/**
 * SQL for the grants in an acl column, as JSON: the owner's first, PUBLIC before others, by grantee; then those of others as they
 * stand, for each grantor had got the right to grant before. Null where the defaults of the kind apply.
 */
export function grantsSql(aclColumn: string, ownerColumn: string): string {
  // Nothing granted to anyone is not the same as the defaults.
  return `CASE WHEN ${aclColumn} IS NOT NULL THEN (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
      'grantee', CASE WHEN acl.grantee <> 0 THEN pg_catalog.pg_get_userbyid(acl.grantee) END,
      'privilege', acl.privilege_type, 'isGrantable', acl.is_grantable,
      'grantor', CASE WHEN acl.grantor <> ${ownerColumn} THEN pg_catalog.pg_get_userbyid(acl.grantor) END)
      ORDER BY acl.grantor <> ${ownerColumn}, CASE WHEN acl.grantor <> ${ownerColumn} THEN acl.position END,
        acl.grantee <> 0, pg_catalog.pg_get_userbyid(acl.grantee), acl.privilege_type), '[]')
    FROM pg_catalog.aclexplode(${aclColumn}) WITH ORDINALITY AS acl (grantor, grantee, privilege_type, is_grantable, position)) END`;
}

/**
 * Statements that leave exactly these privileges on a fresh object; none for null. What another than the owner granted is granted
 * as that role, which takes the right to act as it; with `inOwnName` in that of whoever runs them.
 */
export function grantStatements(
  object: string,
  owner: string,
  grants: readonly Grant[] | null,
  { inOwnName = false }: { readonly inOwnName?: boolean } = {},
): string[] {
  if (grants === null) return [];
  return [
    `REVOKE ALL ON ${object} FROM PUBLIC;`,
    `REVOKE ALL ON ${object} FROM ${quoteName(owner)};`,
    ...grants.map(({ grantee, privilege, isGrantable, grantor = null }) => {
      const to = grantee === null ? "PUBLIC" : quoteName(grantee);
      const grant = `GRANT ${privilege} ON ${object} TO ${to}${isGrantable ? " WITH GRANT OPTION" : ""};`;
      return grantor === null || inOwnName ? grant : `SET ROLE ${quoteName(grantor)}; ${grant} RESET ROLE;`;
    }),
  ];
}
