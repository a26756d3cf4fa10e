import { quoteLiteral, quoteName } from "../sql.ts";
import type { Membership, Role, RoleList } from "./list-roles.ts";
import { setClause } from "./setting.ts";

export interface RoleOptions {
  /** Restore the right to log in. Default false: the roles come without passwords. */
  readonly withLogin?: boolean;
}

export interface RoleStatement {
  readonly role: string;
  readonly sql: string;
  /** False for what a managed server keeps to itself; its failure is to be reported, and hinders nothing. */
  readonly isNeeded: boolean;
}

/**
 * What makes the roles: for each a block that creates it where it is missing, then its attributes, settings and memberships as
 * plain commands. Who runs them decides which roles the latter may touch: not those that were there before.
 */
export function roleStatements(list: RoleList, options: RoleOptions = {}): RoleStatement[] {
  const roles = ownRoles(list);
  const made = roles.map((role) => ({
    role: role.name,
    sql: createMissing(role, options),
    isNeeded: role.isReferenced,
  }));
  const granted = membershipsOf(list).map(({ member, command }) => ({
    role: member,
    sql: `${command};`,
    isNeeded: false,
  }));
  const extra = roles.flatMap((role) =>
    extraCommands(role).map((command) => ({ role: role.name, sql: `${command};`, isNeeded: false })),
  );
  return [...made, ...granted, ...extra];
}

/**
 * One command, for a driver as for psql, that makes the roles which are missing, with what their attributes, settings and
 * memberships were. A role that is there already is left exactly as it is, and so is a membership between two such. What the
 * server refuses (managed ones keep SUPERUSER and REPLICATION to themselves) is reported as a WARNING and hinders nothing.
 */
export function rolesSql(list: RoleList, options: RoleOptions = {}): string {
  const roles = ownRoles(list);
  const attempts = [
    ...roles.flatMap((role) =>
      [createRole(role, options), ...extraCommands(role)].map((command) => attempt([role.name], command)),
    ),
    ...membershipsOf(list).map(({ role, member, command }) => attempt([role, member], command)),
  ];
  const names = roles.map(({ name }) => quoteLiteral(name)).join(", ");
  const body = `
DECLARE
  missing text[] := ARRAY(SELECT wanted.name FROM pg_catalog.unnest(ARRAY[${names}]::text[]) AS wanted(name)
    WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = wanted.name));
BEGIN
${attempts.join("\n")}
END`;
  return `-- Roles without passwords. Those that exist already are left as they are.\nDO ${quoteLiteral(body)};\n`;
}

function ownRoles({ roles }: RoleList): Role[] {
  return roles.filter(({ isPredefined }) => !isPredefined);
}

function membershipsOf(list: RoleList): { role: string; member: string; command: string }[] {
  const own = new Set(ownRoles(list).map(({ name }) => name));
  return list.memberships
    .filter(({ member }) => own.has(member))
    .map((membership) => ({ role: membership.role, member: membership.member, command: grant(membership) }));
}

/** Runs a command if one of the roles was missing at the start, and says why not if it fails. */
function attempt(names: readonly string[], command: string): string {
  const condition = names.map((name) => `${quoteLiteral(name)} = ANY (missing)`).join(" OR ");
  return `  IF ${condition} THEN
    BEGIN ${command};
    EXCEPTION WHEN OTHERS THEN RAISE WARNING USING MESSAGE = ${quoteLiteral(`${command}: `)} || SQLERRM; END;
  END IF;`;
}

/** One command each, since a server may take one and refuse another. */
function extraCommands(role: Role): string[] {
  const alter = `ALTER ROLE ${quoteName(role.name)}`;
  const attributes: readonly (readonly [boolean, string])[] = [
    [role.canCreateDatabase, "CREATEDB"],
    [role.canCreateRole, "CREATEROLE"],
    [role.bypassesRowSecurity, "BYPASSRLS"],
    [role.canReplicate, "REPLICATION"],
    [role.isSuperuser, "SUPERUSER"],
  ];
  return [
    ...attributes.filter(([has]) => has).map(([, attribute]) => `${alter} ${attribute}`),
    ...(role.comment === null ? [] : [`COMMENT ON ROLE ${quoteName(role.name)} IS ${quoteLiteral(role.comment)}`]),
    ...role.settings.map((setting) => `${alter} ${setClause(setting)}`),
  ];
}

function createMissing(role: Role, options: RoleOptions): string {
  const exists = `SELECT FROM pg_catalog.pg_roles WHERE rolname = ${quoteLiteral(role.name)}`;
  return `DO ${quoteLiteral(`BEGIN IF NOT EXISTS (${exists}) THEN ${createRole(role, options)}; END IF; END`)};`;
}

function createRole(role: Role, { withLogin = false }: RoleOptions): string {
  const attributes = [
    withLogin && role.canLogin ? "LOGIN" : "NOLOGIN",
    role.inherits ? "INHERIT" : "NOINHERIT",
    ...(role.connectionLimit >= 0 ? [`CONNECTION LIMIT ${role.connectionLimit}`] : []),
    ...(role.validUntil === null ? [] : [`VALID UNTIL ${quoteLiteral(role.validUntil)}`]),
  ];
  return `CREATE ROLE ${quoteName(role.name)} ${attributes.join(" ")}`;
}

function grant({ role, member, isAdmin, inherits, canSet }: Membership): string {
  const options = [
    ...(isAdmin ? ["ADMIN TRUE"] : []),
    ...(inherits === null ? [] : [`INHERIT ${inherits}`.toUpperCase()]),
    ...(canSet === null ? [] : [`SET ${canSet}`.toUpperCase()]),
  ];
  // Servers before 16 know one option, by another form.
  const clause = inherits === null ? (isAdmin ? " WITH ADMIN OPTION" : "") : ` WITH ${options.join(", ")}`;
  return `GRANT ${quoteName(role)} TO ${quoteName(member)}${clause}`;
}
