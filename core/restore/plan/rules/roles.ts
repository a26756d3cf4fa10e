import { nameOfEntry, ownerStatement, type TocEntry } from "../../../postgres/ddl/index.ts";
import type { TargetFacts } from "../../../postgres/facts/index.ts";
import { isProviderRole } from "../../../postgres/providers/index.ts";
import { quoteName } from "../../../postgres/sql.ts";
import { someNames } from "../describe.ts";
import { rolesNamed } from "../grants.ts";
import type { Finding, PlanInput, PlanOptions } from "./types.ts";

/** Whoever owns the database is a member of it, and `public` is its already. */
const OWNER_BY_DEFAULT = "pg_database_owner";

interface Use {
  /** Names of what it owns. */
  readonly owns: string[];
  /** Names of what is granted to it, or says its name. */
  readonly named: string[];
  /** dumpIds of what cannot be made without it, in part. */
  readonly entries: number[];
}

/** Roles that are not there and cannot be made, and such that the connecting role cannot give anything to. */
export function roles(input: PlanInput, facts: TargetFacts, options: PlanOptions): Finding[] {
  const there = new Map(facts.roles.map((role) => [role.name, role]));
  const known = new Map(input.roles?.roles.map((role) => [role.name, role]));
  const mayCreate = facts.role.isSuperuser || facts.role.canCreateRole;
  return [...usesOf(input, options)].flatMap(([name, use]): Finding[] => {
    const id = quoteName(name);
    const found = there.get(name);
    const what = `role ${name}`;
    if (found === undefined) {
      if (isProviderRole(name)) return [ofProvider(name, use)];
      const isMade = !options.skipRoles && mayCreate && known.get(name)?.isPredefined === false;
      if (isMade && hasRightsOfMembers(facts)) return [];
      if (isMade) return use.owns.length === 0 ? [] : [withoutRights(name, use, facts)];
      const reason = `is not there${whyNotMade(options, known.has(name), name, facts)}; ${describeUse(use)}`;
      const leaving = { entries: use.entries, decisions: { missingRoles: [name] } };
      const isPredefined = name.startsWith("pg_");
      const hint = isPredefined
        ? "Restore into a server of that version or newer, or with --leave-out."
        : "Have it created, or restore with --leave-out, or without owners and privileges (--no-owner --no-privileges).";
      const sql = isPredefined ? {} : { sql: `CREATE ROLE ${id} NOLOGIN;` };
      return [{ verdict: "trouble", what, code: "role-missing", reason, hint, leaving, ...sql }];
    }
    if (use.owns.length === 0 || facts.role.isSuperuser || name === facts.role.name) return [];
    if (found.canSet) return found.isInherited ? [] : [withoutRights(name, use, facts)];
    const reason = `${facts.role.name} may not act as it and so can give it nothing; it owns ${someNames(use.owns)}`;
    const hint = "Make it a member, or restore with --leave-out or --no-owner: then the connecting role owns it.";
    const sql = `GRANT ${id} TO ${quoteName(facts.role.name)};`;
    const leaving = { decisions: { foreignOwners: [name] } };
    return [{ verdict: "trouble", what, code: "owner-out-of-reach", reason, hint, sql, leaving }];
  });
}

/** From 16 on each membership says so for itself, and a restore makes its own with all rights. */
function hasRightsOfMembers({ role, serverVersion }: TargetFacts): boolean {
  return role.isSuperuser || role.inherits || serverVersion >= 160000;
}

/** Rows are loaded, and indexes made, by who has the owner's rights. */
function withoutRights(name: string, use: Use, { role, serverVersion }: TargetFacts): Finding {
  const me = quoteName(role.name);
  const grant = `GRANT ${quoteName(name)} TO ${me} WITH INHERIT TRUE, SET TRUE;`;
  return {
    verdict: "trouble",
    what: `role ${name}`,
    code: "owner-out-of-reach",
    reason: `${role.name} inherits none of its rights and so could not load what is its; it owns ${someNames(use.owns)}`,
    hint: "Let it inherit them, or restore with --leave-out or --no-owner: then the connecting role owns it.",
    sql: serverVersion >= 160000 ? grant : `ALTER ROLE ${me} INHERIT;`,
    leaving: { decisions: { foreignOwners: [name] } },
  };
}

/** Made here it would give this server the looks of the provider's, and what it owns those of a platform. */
function ofProvider(name: string, use: Use): Finding {
  const hint = "Restore with --map-role to have another role in its place.";
  return {
    verdict: "trouble",
    what: `role ${name}`,
    code: "role-of-provider",
    reason: `is a provider's own and not there: the connecting role has its place; ${describeUse(use)}`,
    hint,
    leaving: { entries: use.entries, decisions: { missingRoles: [name] } },
    isAgreed: true,
  };
}

function whyNotMade({ skipRoles }: PlanOptions, isKnown: boolean, name: string, { role }: TargetFacts): string {
  if (name.startsWith("pg_")) return ", for it comes with another version of PostgreSQL";
  if (skipRoles) return ", and roles are not to be created";
  if (!isKnown) return ", and the restore point does not describe it";
  return `, and ${role.name} may not create roles`;
}

function describeUse({ owns, named }: Use): string {
  const parts = [
    ...(owns.length > 0 ? [`it owns ${someNames(owns)}`] : []),
    ...(named.length > 0 ? [`it is named by ${someNames(named)}`] : []),
  ];
  return parts.join(", and ");
}

/** Every role that the restore will name, in the order of their names. */
function usesOf({ toc, manifest, database, largeObjects }: PlanInput, options: PlanOptions): Map<string, Use> {
  const uses = new Map<string, Use>();
  const useOf = (name: string): Use => {
    const use = uses.get(name) ?? { owns: [], named: [], entries: [] };
    uses.set(name, use);
    return use;
  };
  const owns = (name: string, what: string): void => {
    if (!options.noOwner && name !== OWNER_BY_DEFAULT) useOf(name).owns.push(what);
  };
  for (const entry of toc.entries.filter((one) => !isOfDatabase(one))) {
    if (entry.owner !== undefined && ownerStatement(entry) !== undefined) owns(entry.owner, nameOfEntry(entry));
    const isGrant = entry.desc === "ACL" || entry.desc === "DEFAULT ACL";
    if (isGrant && options.noPrivileges) continue;
    for (const name of rolesNamed(entry)) {
      const use = useOf(name);
      use.named.push(nameOfEntry(entry));
      // What is granted is left out statement by statement, anything else whole.
      if (!isGrant) use.entries.push(entry.dumpId);
    }
  }
  const groups = manifest.largeObjects.count === 0 ? [] : (largeObjects?.groups ?? []);
  for (const { owner, grants, oids } of groups) {
    const what = oids.length === 1 ? `large object ${oids[0]}` : `${oids.length} large objects`;
    owns(owner, what);
    if (options.noOwner || options.noPrivileges) continue;
    for (const { grantee } of grants ?? []) if (grantee !== null) useOf(grantee).named.push(`privileges on ${what}`);
  }
  if (options.create && database !== undefined) {
    owns(database.owner, "the database");
    for (const { grantee } of options.noPrivileges ? [] : (database.grants ?? [])) {
      if (grantee !== null) useOf(grantee).named.push("privileges on the database");
    }
    for (const { role } of database.settings) if (role !== null) useOf(role).named.push("settings in the database");
  }
  return new Map([...uses].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Told by database.json, and restored from there. */
function isOfDatabase({ desc, tag, namespace }: TocEntry): boolean {
  return /^DATABASE/.test(desc) || (namespace === undefined && desc === "ACL" && tag.startsWith("DATABASE "));
}
