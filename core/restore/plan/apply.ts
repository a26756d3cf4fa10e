/**
 * A restore point as it was agreed to restore it: every later step works on this and so does what was planned, nothing else.
 * @module
 */
import type { DatabaseProperties, Grant, LargeObjectMetadata, Toc, TocEntry } from "../../postgres/ddl/index.ts";
import type { RoleList } from "../../postgres/roles/index.ts";
import { mapTocRoles } from "../../postgres/roles/map-roles.ts";
import { settingName } from "../../postgres/roles/setting.ts";
import { fitToServer, knowsSetting, settingsThat } from "../../postgres/versions/index.ts";
import type { Manifest } from "../../vault/manifest/schema.ts";
import type { OpenRestorePoint } from "../restore-point.ts";
import { readToc } from "../restore-point.ts";
import { grantsWithout } from "./grants.ts";
import type { Decisions, FrozenPlan } from "./types.ts";

/** The same restore point as far as the plan has it restored. Reads the archive only where that is not all of it. */
export async function agreedPoint(point: OpenRestorePoint, plan: FrozenPlan): Promise<OpenRestorePoint> {
  if (isAll(plan)) return point;
  const whole = await readToc(point);
  const toc = agreedToc(whole, plan);
  const left = relationsLeftOut(whole, plan);
  const manifest = left.size === 0 ? point.manifest : without(point.manifest, left);
  const parts = point.parts === undefined ? {} : { parts: { ...point.parts, manifest, toc } };
  return { ...point, ...parts, manifest, agreed: { plan, toc, whole } };
}

function isAll({ leftOut, decisions: { restoringRole: _, serverVersion, ...lists } }: FrozenPlan): boolean {
  return leftOut.length === 0 && serverVersion === 0 && Object.values(lists).every((list) => list.length === 0);
}

/** What is made. */
export function agreedToc(toc: Toc, { leftOut, decisions }: FrozenPlan): Toc {
  const left = new Set(leftOut.map(({ dumpId }) => dumpId));
  const missing = new Set(decisions.missingRoles);
  const silent = new Set(decisions.foreignGrantors);
  const methods = new Set(decisions.accessMethods);
  const tablespaces = new Set(decisions.tablespaces);
  const { serverVersion } = decisions;
  const said = serverVersion === 0 ? toc : fitToServer(toc, serverVersion).toc;
  const entries = said.entries.flatMap((entry): TocEntry[] => {
    if (left.has(entry.dumpId)) return [];
    const { tablespace, tableAccessMethod } = entry;
    const stored = {
      ...entry,
      ...(tableAccessMethod !== undefined && methods.has(tableAccessMethod) && { tableAccessMethod: undefined }),
      ...(tablespace !== undefined && tablespaces.has(tablespace) && { tablespace: "" }),
    };
    const set = withSettings(stored, decisions);
    const kept = set && grantsWithout(withOwner(set, decisions), missing, silent);
    return kept === undefined ? [] : [kept];
  });
  return { ...toc, entries };
}

function withSettings(entry: TocEntry, { settings }: Decisions): TocEntry | undefined {
  if (entry.desc !== "DATABASE PROPERTIES" || settings.length === 0) return entry;
  return settingsThat(entry, (name) => !settings.includes(name)).entry;
}

/** Owner and, of its privileges, those of the owner are the restoring role's where another cannot have them. */
function withOwner(entry: TocEntry, { restoringRole, missingRoles, foreignOwners }: Decisions): TocEntry {
  const { owner, desc } = entry;
  const isOthers = owner !== undefined && (missingRoles.includes(owner) || foreignOwners.includes(owner));
  if (!isOthers || desc === "DEFAULT ACL") return entry;
  const [mapped = entry] = mapTocRoles({ ...EMPTY, entries: [entry] }, { [owner]: restoringRole }).entries;
  return desc === "ACL" ? mapped : { ...entry, owner: restoringRole };
}

const EMPTY: Toc = {
  formatVersion: "",
  databaseName: undefined,
  serverVersion: undefined,
  dumpVersion: undefined,
  encoding: "",
  standardConformingStrings: true,
  entries: [],
};

const RELATIONS: ReadonlySet<string> = new Set(["FOREIGN TABLE", "MATERIALIZED VIEW", "SEQUENCE", "TABLE"]);

const keyOf = ({ schema, name }: { readonly schema: string; readonly name: string }): string =>
  JSON.stringify([schema, name]);

function relationsLeftOut(toc: Toc, { leftOut, decisions }: FrozenPlan): ReadonlySet<string> {
  const left = new Set(leftOut.map(({ dumpId }) => dumpId));
  const gone = toc.entries.filter(({ dumpId, desc }) => left.has(dumpId) && RELATIONS.has(desc));
  const named = gone.map(({ namespace: schema = "", tag: name }) => ({ schema, name }));
  return new Set([...named, ...decisions.relations].map(keyOf));
}

/** Rows of tables that are not restored stay as slices to be read past, where others lie in the same object. */
function without(manifest: Manifest, left: ReadonlySet<string>): Manifest {
  const isLeft = (relation: { readonly schema: string; readonly name: string }): boolean => left.has(keyOf(relation));
  const tables = manifest.tables.filter((table) => !isLeft(table));
  const objects = new Set(
    [...tables.flatMap(({ chunks }) => chunks), ...manifest.largeObjects.chunks].map(({ n }) => n),
  );
  const past = manifest.tables.filter(isLeft).flatMap(({ chunks }) => chunks.filter(({ n }) => objects.has(n)));
  return {
    ...manifest,
    tables,
    sequences: manifest.sequences.filter((sequence) => !isLeft(sequence)),
    passedBy: [...(manifest.passedBy ?? []).filter(({ n }) => objects.has(n)), ...past],
  };
}

/** Those that cannot be made are not tried. */
export function agreedRoles({ roles, memberships }: RoleList, { decisions }: FrozenPlan): RoleList {
  const missing = new Set(decisions.missingRoles);
  return {
    roles: roles.filter(({ name }) => !missing.has(name)),
    memberships: memberships.filter(({ role, member }) => !missing.has(role) && !missing.has(member)),
  };
}

/** The database's own, without what names roles that are not there, or settings that it cannot be given. */
export function agreedDatabase(database: DatabaseProperties, { decisions }: FrozenPlan): DatabaseProperties {
  const { owner, grants, settings } = database;
  const major = Math.floor(decisions.serverVersion / 10_000);
  const isKnown = (setting: string): boolean => {
    const name = settingName(setting);
    return !decisions.settings.includes(name) && (major === 0 || knowsSetting(name, major));
  };
  return {
    ...database,
    owner: agreedOwner(owner, decisions),
    grants: agreedGrants(grants, owner, decisions),
    settings: settings.filter(
      ({ role, setting }) => isKnown(setting) && (role === null || !decisions.missingRoles.includes(role)),
    ),
  };
}

export function agreedLargeObjects(objects: LargeObjectMetadata, { decisions }: FrozenPlan): LargeObjectMetadata {
  return {
    ...objects,
    groups: objects.groups.map((group) => ({
      ...group,
      owner: agreedOwner(group.owner, decisions),
      grants: agreedGrants(group.grants, group.owner, decisions),
    })),
    labels: objects.labels.filter(({ provider }) => !decisions.labelProviders.includes(provider)),
  };
}

function agreedOwner(owner: string, { restoringRole, missingRoles, foreignOwners }: Decisions): string {
  return missingRoles.includes(owner) || foreignOwners.includes(owner) ? restoringRole : owner;
}

function agreedGrants(grants: readonly Grant[] | null, owner: string, decisions: Decisions): readonly Grant[] | null {
  if (grants === null) return null;
  return (
    grants
      .map((grant) => (grant.grantee === owner ? { ...grant, grantee: agreedOwner(owner, decisions) } : grant))
      // What a role that is not there has granted is granted by the owner.
      .map((grant) => (decisions.missingRoles.includes(grant.grantor ?? owner) ? { ...grant, grantor: null } : grant))
      .filter(({ grantee }) => grantee === null || !decisions.missingRoles.includes(grantee))
  );
}
