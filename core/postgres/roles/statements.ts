import { quoteLiteral, quoteName } from "../sql.ts";
import type { Membership, Role, RoleList } from "./list-roles.ts";
import { setClause, settingName } from "./setting.ts";

export interface RoleOptions {
  /** Restore the right to log in. Default false: the roles come without passwords. */
  readonly withLogin?: boolean;
  /** Make the one who runs this a member of each role that it makes, as far as that is missing. Default false. */
  readonly asMember?: boolean;
}

export interface RoleStatement {
  readonly role: string;
  readonly sql: string;
  /** False for what a managed server keeps to itself; its failure is to be reported, and hinders nothing. */
  readonly isNeeded: boolean;
}

/** What is to be done; `what` is the command without values, which may be secrets. */
interface Command {
  readonly what: string;
  readonly sql: string;
  /** The server's message would quote a value: only its SQLSTATE is told. */
  readonly isSecret?: boolean;
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
  const granted = membershipsOf(list).map((membership) => ({
    role: membership.member,
    sql: `${grant(membership)};`,
    isNeeded: false,
  }));
  const extra = roles.flatMap((role) =>
    extraCommands(role).map(({ sql }) => ({ role: role.name, sql: `${sql};`, isNeeded: false })),
  );
  return [...made, ...granted, ...extra];
}

/**
 * One command, for a driver as for psql, that makes the roles which are missing, with what their attributes, settings and
 * memberships were. A role that is there already is left exactly as it is, and gets into no membership, on neither side: that
 * would give somebody rights over other databases of the server. What is left out for that, and what the server refuses
 * (managed ones keep SUPERUSER and REPLICATION to themselves), is reported as a WARNING and hinders nothing.
 */
export function rolesSql(list: RoleList, options: RoleOptions = {}): string {
  const roles = ownRoles(list);
  const attempts = [
    ...roles.flatMap((role) =>
      [createRole(role, options), ...extraCommands(role), ...(options.asMember ? [become(role)] : [])].map((command) =>
        attempt(role.name, command),
      ),
    ),
    ...membershipsOf(list).map((membership) => attemptMembership(membership, isWiderBefore16(membership, list))),
  ];
  const names = roles.map(({ name }) => quoteLiteral(name)).join(", ");
  const body = `
DECLARE
  -- From 16 on membership comes without the right to act as the role, which is what giving it an object takes.
  right_to_act text := CASE WHEN pg_catalog.current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END;
  -- Also for who inherits nothing by itself: its rights are what loading rows takes. Servers before 16 do not know the words.
  with_its_rights text := CASE WHEN right_to_act = 'SET' THEN ' WITH INHERIT TRUE, SET TRUE' ELSE '' END;
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

function membershipsOf(list: RoleList): Membership[] {
  const own = new Set(ownRoles(list).map(({ name }) => name));
  return list.memberships.filter(({ member }) => own.has(member));
}

/** Runs a command if the role was missing at the start, and says why not if it fails. */
function attempt(role: string, command: Command): string {
  return `  IF ${quoteLiteral(role)} = ANY (missing) THEN\n${guarded(command)}\n  END IF;`;
}

/**
 * Whether it would give more rights on a server before 16, where a member may always act as the role, and has its rights if it
 * inherits any.
 */
export function isWiderBefore16({ member, inherits, canSet }: Membership, { roles }: RoleList): boolean {
  const inheritsAny = roles.find(({ name }) => name === member)?.inherits ?? true;
  return canSet === false || (inherits === false && inheritsAny);
}

/**
 * As `attempt`, if both were missing; tells of one that is left out because one side was there and it is not granted yet, or
 * because it would be wider.
 */
function attemptMembership(membership: Membership, isWider: boolean): string {
  const { role, member, isAdmin } = membership;
  const what = `GRANT ${quoteName(role)} TO ${quoteName(member)}`;
  const isMissing = (name: string): string => `${quoteLiteral(name)} = ANY (missing)`;
  const isGranted = `SELECT FROM pg_catalog.pg_auth_members m
      JOIN pg_catalog.pg_roles r ON r.oid = m.roleid JOIN pg_catalog.pg_roles u ON u.oid = m.member
     WHERE r.rolname = ${quoteLiteral(role)} AND u.rolname = ${quoteLiteral(member)}`;
  const left = quoteLiteral(`${what}: left out, since one of the two was there before`);
  const before16 = isWider
    ? `    RAISE WARNING USING MESSAGE = ${quoteLiteral(`${what}: left out, since servers before 16 cannot grant as little`)};`
    : guarded({ what, sql: grant({ role, member, isAdmin, inherits: null, canSet: null }) });
  return `  IF ${isMissing(role)} AND ${isMissing(member)} AND right_to_act = 'SET' THEN
${guarded({ what, sql: `EXECUTE ${quoteLiteral(grant(membership))}` })}
  ELSIF ${isMissing(role)} AND ${isMissing(member)} THEN
${before16}
  ELSIF NOT EXISTS (${isGranted}) THEN
    RAISE WARNING USING MESSAGE = ${left};
  END IF;`;
}

function guarded({ what, sql, isSecret = false }: Command): string {
  const reason = isSecret ? "'SQLSTATE ' || SQLSTATE" : "SQLERRM";
  return `    BEGIN ${sql};
    EXCEPTION WHEN OTHERS THEN RAISE WARNING USING MESSAGE = ${quoteLiteral(`${what}: `)} || ${reason}; END;`;
}

/** Only who may act as a role can give it an object; superusers may, and creators until 15 may not. */
function become({ name }: Role): Command {
  const what = `GRANT ${quoteName(name)} TO CURRENT_USER`;
  const has = (right: string): string => `pg_catalog.pg_has_role(${quoteLiteral(name)}, ${right})`;
  const grant = `EXECUTE ${quoteLiteral(what)} || with_its_rights`;
  return { what, sql: `IF NOT (${has("right_to_act")} AND ${has("'USAGE'")}) THEN ${grant}; END IF` };
}

/** One command each, since a server may take one and refuse another. */
function extraCommands(role: Role): Command[] {
  const alter = `ALTER ROLE ${quoteName(role.name)}`;
  const attributes: readonly (readonly [boolean, string])[] = [
    [role.canCreateDatabase, "CREATEDB"],
    [role.canCreateRole, "CREATEROLE"],
    [role.bypassesRowSecurity, "BYPASSRLS"],
    [role.canReplicate, "REPLICATION"],
    [role.isSuperuser, "SUPERUSER"],
  ];
  return [
    ...attributes
      .filter(([has]) => has)
      .map(([, attribute]) => ({ what: `${alter} ${attribute}`, sql: `${alter} ${attribute}` })),
    ...(role.comment === null ? [] : [comment(role.name, role.comment)]),
    ...role.settings.map((setting) => ({
      what: `${alter} SET ${quoteName(settingName(setting))}`,
      sql: `${alter} ${setClause(setting)}`,
      isSecret: true,
    })),
  ];
}

function comment(role: string, text: string): Command {
  const what = `COMMENT ON ROLE ${quoteName(role)}`;
  return { what, sql: `${what} IS ${quoteLiteral(text)}` };
}

function createMissing(role: Role, options: RoleOptions): string {
  const exists = `SELECT FROM pg_catalog.pg_roles WHERE rolname = ${quoteLiteral(role.name)}`;
  return `DO ${quoteLiteral(`BEGIN IF NOT EXISTS (${exists}) THEN ${createRole(role, options).sql}; END IF; END`)};`;
}

function createRole(role: Role, { withLogin = false }: RoleOptions): Command {
  const attributes = [
    withLogin && role.canLogin ? "LOGIN" : "NOLOGIN",
    role.inherits ? "INHERIT" : "NOINHERIT",
    ...(role.connectionLimit >= 0 ? [`CONNECTION LIMIT ${role.connectionLimit}`] : []),
    ...(role.validUntil === null ? [] : [`VALID UNTIL ${quoteLiteral(role.validUntil)}`]),
  ];
  const what = `CREATE ROLE ${quoteName(role.name)}`;
  return { what, sql: `${what} ${attributes.join(" ")}` };
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
