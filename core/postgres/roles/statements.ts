import { quoteLiteral, quoteName } from "../sql.ts";
import type { Membership, Role, RoleList } from "./list-roles.ts";
import { setClause } from "./setting.ts";

export interface RoleStatement {
  readonly role: string;
  readonly sql: string;
  /** False for what a managed server keeps to itself; its failure is to be reported, and hinders nothing. */
  readonly isNeeded: boolean;
}

export interface RoleOptions {
  /** Restore the right to log in. Default false: the roles come without passwords. */
  readonly withLogin?: boolean;
}

/** Makes the roles that are missing; those that are there already keep their attributes. */
export function roleStatements(list: RoleList, options: RoleOptions = {}): RoleStatement[] {
  const roles = list.roles.filter(({ isPredefined }) => !isPredefined);
  const names = new Set(roles.map(({ name }) => name));
  const made = roles.map((role) => ({ role: role.name, sql: createRole(role, options), isNeeded: role.isReferenced }));
  const extras = roles.flatMap((role) =>
    extraStatements(role).map((sql) => ({ role: role.name, sql, isNeeded: false })),
  );
  const grants = list.memberships
    .filter(({ member }) => names.has(member))
    .map((membership) => ({ role: membership.member, sql: grantMembership(membership), isNeeded: false }));
  return [...made, ...grants, ...extras];
}

/** The same as a script for psql. */
export function rolesSql(list: RoleList): string {
  const head =
    "-- Roles without passwords and without LOGIN: set both where they are wanted. What exists already stays as it is.";
  return `${[head, ...roleStatements(list).map(({ sql }) => sql)].join("\n")}\n`;
}

function createRole(role: Role, { withLogin = false }: RoleOptions): string {
  const attributes = [
    withLogin && role.canLogin ? "LOGIN" : "NOLOGIN",
    role.inherits ? "INHERIT" : "NOINHERIT",
    ...(role.connectionLimit >= 0 ? [`CONNECTION LIMIT ${role.connectionLimit}`] : []),
    ...(role.validUntil === null ? [] : [`VALID UNTIL ${quoteLiteral(role.validUntil)}`]),
  ];
  const create = `CREATE ROLE ${quoteName(role.name)} ${attributes.join(" ")}`;
  const exists = `SELECT FROM pg_catalog.pg_roles WHERE rolname = ${quoteLiteral(role.name)}`;
  return `DO ${quoteLiteral(`BEGIN IF NOT EXISTS (${exists}) THEN ${create}; END IF; END`)};`;
}

/** One statement each, since a server may take one and refuse another. */
function extraStatements(role: Role): string[] {
  const alter = `ALTER ROLE ${quoteName(role.name)}`;
  const attributes: readonly (readonly [boolean, string])[] = [
    [role.canCreateDatabase, "CREATEDB"],
    [role.canCreateRole, "CREATEROLE"],
    [role.bypassesRowSecurity, "BYPASSRLS"],
    [role.canReplicate, "REPLICATION"],
    [role.isSuperuser, "SUPERUSER"],
  ];
  return [
    ...attributes.filter(([has]) => has).map(([, attribute]) => `${alter} ${attribute};`),
    ...(role.comment === null ? [] : [`COMMENT ON ROLE ${quoteName(role.name)} IS ${quoteLiteral(role.comment)};`]),
    ...role.settings.map((setting) => `${alter} ${setClause(setting)};`),
  ];
}

function grantMembership({ role, member, isAdmin, inherits, canSet }: Membership): string {
  const options = [
    ...(isAdmin ? ["ADMIN TRUE"] : []),
    ...(inherits === null ? [] : [`INHERIT ${inherits}`.toUpperCase()]),
    ...(canSet === null ? [] : [`SET ${canSet}`.toUpperCase()]),
  ];
  // Servers before 16 know one option, by another form.
  const clause = inherits === null ? (isAdmin ? " WITH ADMIN OPTION" : "") : ` WITH ${options.join(", ")}`;
  return `GRANT ${quoteName(role)} TO ${quoteName(member)}${clause};`;
}
