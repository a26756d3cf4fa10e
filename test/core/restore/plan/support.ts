import type { Toc, TocEntry } from "../../../../core/postgres/ddl/index.ts";
import type { TargetFacts } from "../../../../core/postgres/facts/index.ts";
import { planRestore } from "../../../../core/restore/plan/plan-restore.ts";
import type { PlanInput, PlanOptions } from "../../../../core/restore/plan/rules/types.ts";
import type { RestorePlan } from "../../../../core/restore/plan/types.ts";

export type Made = Partial<TocEntry> & Pick<TocEntry, "desc" | "tag">;

/** An entry's dump id is its place. */
export function tocOf(entries: readonly Made[]): Toc {
  return {
    formatVersion: "1.16",
    databaseName: "shop",
    serverVersion: "18.4",
    dumpVersion: "18.3",
    encoding: "UTF8",
    standardConformingStrings: true,
    entries: entries.map((entry, index) => ({ ...BARE, dumpId: index + 1, ...entry })),
  };
}

const BARE = {
  hasData: false,
  catalogOid: 1,
  oid: 1,
  section: "pre-data",
  defn: undefined,
  dropStmt: "DROP …;",
  copyStmt: undefined,
  namespace: undefined,
  tablespace: undefined,
  tableAccessMethod: undefined,
  relkind: undefined,
  owner: undefined,
  dependencies: [],
} as const;

/** A superuser of an ordinary server of version 18, in an empty database like the source's. */
export const ORDINARY: TargetFacts = {
  serverVersion: 180004,
  isStandby: false,
  role: {
    name: "admin",
    isSuperuser: true,
    inherits: true,
    canCreateRole: true,
    canCreateDatabase: true,
    bypassesRowSecurity: true,
    canReplicate: true,
  },
  roles: [],
  extensions: [],
  database: {
    name: "target",
    owner: "admin",
    encoding: "UTF8",
    localeProvider: "libc",
    collate: "C",
    ctype: "C",
    locale: null,
    collationVersion: null,
    canCreate: true,
    canConvert: true,
    settings: [],
  },
  collations: [],
  labelProviders: [],
  tablespaces: [],
  accessMethods: ["heap"],
  languages: [],
  rights: { settings: { denied: [], known: [] }, wrappers: [], extensionsOfOthers: [], ownsPublic: true },
};

const LIMITED_ROLE = {
  name: "loader",
  isSuperuser: false,
  inherits: true,
  canCreateRole: false,
  canCreateDatabase: false,
  bypassesRowSecurity: false,
  canReplicate: false,
};

export const LIMITED: TargetFacts = { ...ORDINARY, role: LIMITED_ROLE };

export const OPTIONS: PlanOptions = { create: false, noOwner: false, noPrivileges: false, skipRoles: false };

export function inputOf(entries: readonly Made[], more: Partial<PlanInput> = {}): PlanInput {
  return {
    toc: tocOf(entries),
    manifest: {
      server: { encoding: "UTF8", version: "18.4" } as PlanInput["manifest"]["server"],
      tables: [],
      sequences: [],
      largeObjects: { count: 0, bytes: 0, chunks: [] },
    },
    needs: { version: 1, extensions: [], collations: [], accessMethods: [] },
    roles: undefined,
    database: undefined,
    largeObjects: undefined,
    ...more,
  };
}

export function plan(
  entries: readonly Made[],
  facts: TargetFacts = ORDINARY,
  options: Partial<PlanOptions> = {},
  more: Partial<PlanInput> = {},
): RestorePlan {
  return planRestore(inputOf(entries, more), facts, { ...OPTIONS, ...options });
}

/** `code what` of each. */
export function told(items: readonly { readonly code: string; readonly what: string }[]): string[] {
  return items.map(({ code, what }) => `${code} ${what}`);
}
