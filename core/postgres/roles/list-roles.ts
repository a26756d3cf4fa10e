import type { Session } from "../session.ts";

export interface Role {
  readonly name: string;
  /** Owns an object of the database, is granted something on one or named by one; false for those that come with it. */
  readonly isReferenced: boolean;
  /** `pg_…`, there on every server of the version. */
  readonly isPredefined: boolean;
  readonly isSuperuser: boolean;
  readonly inherits: boolean;
  readonly canLogin: boolean;
  readonly canCreateRole: boolean;
  readonly canCreateDatabase: boolean;
  readonly canReplicate: boolean;
  readonly bypassesRowSecurity: boolean;
  /** -1 is without limit. */
  readonly connectionLimit: number;
  /** ISO 8601 or `infinity`. */
  readonly validUntil: string | null;
  readonly comment: string | null;
  /** `name=value`, for every database and for this one. */
  readonly settings: readonly string[];
  readonly databaseSettings: readonly string[];
}

export interface Membership {
  readonly role: string;
  readonly member: string;
  readonly isAdmin: boolean;
  /** Of version 16 and later. */
  readonly inherits: boolean | null;
  readonly canSet: boolean | null;
}

/** Passwords are not in it: managed servers show them to nobody. */
export interface RoleList {
  readonly roles: readonly Role[];
  readonly memberships: readonly Membership[];
}

/**
 * Roles that the database's objects refer to (as owners, grantees, in default privileges and policies), those they are
 * members of, and their members: who logs in is often only a member of the role that owns. Reads no pg_authid.
 * pg_shdepend knows every reference except to roles made by initdb; those are looked up where they matter.
 */
export async function listRoles(session: Session): Promise<RoleList> {
  const roles = await session.query<Role>(`
    WITH RECURSIVE referenced AS MATERIALIZED (
      SELECT refobjid AS oid FROM pg_catalog.pg_shdepend
       WHERE refclassid = 'pg_catalog.pg_authid'::regclass AND dbid = ${CURRENT_DATABASE}
      UNION SELECT datdba FROM pg_catalog.pg_database WHERE oid = ${CURRENT_DATABASE}
      UNION SELECT setrole FROM pg_catalog.pg_db_role_setting WHERE setdatabase = ${CURRENT_DATABASE} AND setrole <> 0
      ${INITIAL_ROLES}
    ), above AS (
      SELECT oid FROM referenced
      UNION SELECT m.roleid FROM pg_catalog.pg_auth_members m JOIN above ON m.member = above.oid
    ), below AS (
      SELECT oid FROM referenced WHERE oid >= ${FIRST_USER_OID}
      UNION SELECT m.member FROM pg_catalog.pg_auth_members m JOIN below ON m.roleid = below.oid
    )
    SELECT r.rolname AS name, r.oid IN (SELECT oid FROM referenced) AS "isReferenced",
           r.rolname LIKE 'pg\\_%' AS "isPredefined", r.rolsuper AS "isSuperuser", r.rolinherit AS inherits,
           r.rolcanlogin AS "canLogin", r.rolcreaterole AS "canCreateRole", r.rolcreatedb AS "canCreateDatabase",
           r.rolreplication AS "canReplicate", r.rolbypassrls AS "bypassesRowSecurity",
           r.rolconnlimit AS "connectionLimit", pg_catalog.to_json(r.rolvaliduntil) #>> '{}' AS "validUntil",
           pg_catalog.shobj_description(r.oid, 'pg_authid') AS comment,
           coalesce(r.rolconfig, '{}') AS settings,
           coalesce((SELECT s.setconfig FROM pg_catalog.pg_db_role_setting s
                      WHERE s.setrole = r.oid AND s.setdatabase = ${CURRENT_DATABASE}), '{}') AS "databaseSettings"
      FROM pg_catalog.pg_roles r
     WHERE r.oid IN (SELECT oid FROM above UNION SELECT oid FROM below)
     ORDER BY r.rolname`);
  const memberships = await session.query<Membership>(
    `SELECT DISTINCT r.rolname AS role, u.rolname AS member, m.admin_option AS "isAdmin",
            (pg_catalog.to_jsonb(m) ->> 'inherit_option')::boolean AS inherits,
            (pg_catalog.to_jsonb(m) ->> 'set_option')::boolean AS "canSet"
       FROM pg_catalog.pg_auth_members m
       JOIN pg_catalog.pg_roles r ON r.oid = m.roleid JOIN pg_catalog.pg_roles u ON u.oid = m.member
      WHERE r.rolname = ANY ($1) AND u.rolname = ANY ($1) ORDER BY 1, 2, 3, 4, 5`,
    [roles.map(({ name }) => name)],
  );
  return { roles, memberships };
}

const CURRENT_DATABASE = "(SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())";
/** PostgreSQL's FirstNormalObjectId: what initdb made lies below. */
const FIRST_USER_OID = 16384;

/** [catalog, column of its owner, column of its privileges] */
const OWNED: readonly (readonly [string, string, string])[] = [
  ["pg_class", "relowner", "relacl"],
  ["pg_namespace", "nspowner", "nspacl"],
  ["pg_proc", "proowner", "proacl"],
  ["pg_type", "typowner", "typacl"],
];

const INITIAL_ROLES = OWNED.map(
  ([catalog, owner, privileges]) => `
      UNION SELECT ${owner} FROM pg_catalog.${catalog} WHERE oid >= ${FIRST_USER_OID} AND ${owner} < ${FIRST_USER_OID}
      UNION SELECT acl.grantee FROM pg_catalog.${catalog} o, pg_catalog.aclexplode(o.${privileges}) acl
             WHERE o.oid >= ${FIRST_USER_OID} AND acl.grantee BETWEEN 1 AND ${FIRST_USER_OID - 1}`,
).join("");
