/**
 * A schema as if its roles had been named otherwise: owners, grantees, whose default privileges, for whom policies and user
 * mappings are. Names in function bodies and settings' values stay as they are.
 * @module
 */
import type { DatabaseProperties, Grant, LargeObjectMetadata, Toc, TocEntry } from "../ddl/index.ts";
import { dumpedName } from "../keywords.ts";
import { quoteName } from "../sql.ts";
import { nameOfToken } from "../tokens.ts";
import type { RoleList } from "./list-roles.ts";
import { roleTokens } from "./named-roles.ts";

/** New names by old ones; of those that are not in it nothing changes. */
export type RoleNames = Readonly<Record<string, string>>;

export function mapTocRoles(toc: Toc, names: RoleNames): Toc {
  // Of another major version pg_dump writes every name in quotes, see `dumpSchema`.
  const isAllQuoted = majorOf(toc.serverVersion) !== majorOf(toc.dumpVersion);
  return { ...toc, entries: toc.entries.map((entry) => mapEntry(entry, names, isAllQuoted)) };
}

function majorOf(version: string | undefined): string | undefined {
  return version?.split(/[.a-z ]/)[0];
}

export function mapRoleList({ roles, memberships }: RoleList, names: RoleNames): RoleList {
  const to = mapper(names);
  const unique = new Map(roles.map((role) => [to(role.name), { ...role, name: to(role.name) }]));
  // One that has the name already keeps what it was.
  for (const role of roles) if (to(role.name) === role.name) unique.set(role.name, role);
  const mapped = memberships.map((membership) => ({
    ...membership,
    role: to(membership.role),
    member: to(membership.member),
  }));
  return { roles: [...unique.values()], memberships: mapped.filter(({ role, member }) => role !== member) };
}

export function mapDatabaseRoles(database: DatabaseProperties, names: RoleNames): DatabaseProperties {
  const to = mapper(names);
  return {
    ...database,
    owner: to(database.owner),
    grants: mapGrants(database.grants, names),
    settings: database.settings.map(({ role, setting }) => ({ role: role === null ? null : to(role), setting })),
  };
}

export function mapLargeObjectRoles(objects: LargeObjectMetadata, names: RoleNames): LargeObjectMetadata {
  const to = mapper(names);
  const groups = objects.groups.map((group) => ({
    ...group,
    owner: to(group.owner),
    grants: mapGrants(group.grants, names),
  }));
  return { ...objects, groups };
}

function mapGrants(grants: readonly Grant[] | null, names: RoleNames): readonly Grant[] | null {
  const to = mapper(names);
  const mapped = (name: string | null): string | null => (name === null ? null : to(name));
  return (
    grants?.map((grant) => ({ ...grant, grantee: mapped(grant.grantee), grantor: mapped(grant.grantor ?? null) })) ??
    null
  );
}

/** A name of one's own only: `constructor` is no role. */
function mapper(names: RoleNames): (name: string) => string {
  return (name) => (Object.hasOwn(names, name) ? (names[name] ?? name) : name);
}

function mapEntry(entry: TocEntry, names: RoleNames, isAllQuoted: boolean): TocEntry {
  const to = mapper(names);
  const tag = entry.desc === "USER MAPPING" ? mapMappingTag(entry.tag, names) : entry.tag;
  const defn = entry.defn === undefined ? undefined : mapDefinition(entry, entry.defn, names, isAllQuoted);
  const dropStmt = entry.desc === "USER MAPPING" ? undefined : entry.dropStmt;
  return { ...entry, tag, defn, dropStmt, owner: entry.owner === undefined ? undefined : to(entry.owner) };
}

/** From behind, so that what stands before keeps its place. */
function mapDefinition({ desc }: TocEntry, defn: string, names: RoleNames, isAllQuoted: boolean): string {
  const to = mapper(names);
  return roleTokens({ desc, defn }).reduceRight((text, token) => {
    const name = nameOfToken(token);
    const mapped = to(name);
    if (mapped === name) return text;
    const isQuoted = isAllQuoted || token.text !== dumpedName(name);
    const written = isQuoted ? quoteName(mapped) : dumpedName(mapped);
    return `${text.slice(0, token.at)}${written}${text.slice(token.at + token.text.length)}`;
  }, defn);
}

/** pg_dump's `USER MAPPING role SERVER server`, without quotes. */
function mapMappingTag(tag: string, names: RoleNames): string {
  const old = Object.keys(names).find((name) => tag.startsWith(`USER MAPPING ${name} SERVER `));
  return old === undefined ? tag : tag.replace(`USER MAPPING ${old} `, () => `USER MAPPING ${names[old]} `);
}
