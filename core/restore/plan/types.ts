/**
 * What a restore does otherwise than its restore point says, decided against the target before a byte moves.
 * @module
 */
import type { DatabaseProperties } from "../../postgres/ddl/index.ts";

/** Something of the restore point that is not restored, because the operator agreed to that or nothing is lost by it. */
export interface LeftOut {
  /** The archive's entry; absent for what is none of its own, such as a role. */
  readonly dumpId?: number;
  /** As in steps' messages: `extension postgis`, `event trigger audit_ddl`. */
  readonly what: string;
  /** Kebab-case, stable: a section of docs/RUNBOOK.md. */
  readonly code: string;
  readonly reason: string;
  /** What somebody who may can run afterwards to have it all the same. */
  readonly sql?: string;
}

/** Something that is restored in another way, and why that is as good. */
export interface Rewritten {
  readonly what: string;
  readonly code: string;
  readonly reason: string;
}

/** Something that this target cannot take; `leaveOut` turns those with `leaves` into `leftOut`. */
export interface Refusal {
  readonly what: string;
  readonly code: string;
  readonly reason: string;
  readonly hint: string;
}

/** Made once per restore, before its target is touched; pure in what it was made from. */
export interface RestorePlan {
  readonly leftOut: readonly LeftOut[];
  readonly rewritten: readonly Rewritten[];
  /** Nothing is restored while there is one. */
  readonly refusals: readonly Refusal[];
  readonly decisions: Decisions;
}

/** What later steps need to know of a plan. */
export interface Decisions {
  /** Roles that will not be there: what they own stays the connecting role's, and nothing is granted to them. */
  readonly missingRoles: readonly string[];
  /** Roles that are there and cannot be given anything: what they own stays the connecting role's, grants are made. */
  readonly foreignOwners: readonly string[];
}

/** What is written into the marker, and read back by every later step of the same restore. */
export type FrozenPlan = Pick<RestorePlan, "leftOut" | "rewritten" | "decisions">;

/** What objects of the source rely on and its schema archive does not tell, or not all of it: `schema/needs.json`. */
export interface Needs {
  readonly version: 1;
  readonly extensions: readonly NeededExtension[];
  /** Collations of the server's own that something names: a column, a domain, an index. */
  readonly collations: readonly NeededCollation[];
  /** Procedural languages that belong to no extension, beside those of every server. */
  readonly languages: readonly string[];
  /** Beside pg_default and pg_global. */
  readonly tablespaces: readonly string[];
  /** Of tables and indexes, beside those of every server; those of extensions too. */
  readonly accessMethods: readonly string[];
  /** Libraries that the source's server loads before every session; an extension may need it. */
  readonly preloadedLibraries: readonly string[];
  /** Providers of security labels. */
  readonly labelProviders: readonly string[];
  readonly rowSecurityTables: number;
  readonly largeObjects: number;
  /** Size of the source's database on disk; undefined of restore points that do not say. */
  readonly databaseBytes?: number;
}

export interface NeededExtension {
  readonly name: string;
  /** Unknown of older restore points. */
  readonly version?: string;
  readonly schema: string;
}

export interface NeededCollation {
  /** In pg_catalog. */
  readonly name: string;
  readonly provider: "libc" | "icu" | "builtin" | "default";
  /** The library's; another one may sort otherwise. */
  readonly collationVersion: string | null;
}

export interface TargetFacts {
  /** server_version_num */
  readonly serverVersion: number;
  readonly role: TargetRole;
  /** Every role of the server. */
  readonly roles: readonly FoundRole[];
  readonly extensions: readonly FoundExtension[];
  /** Absent where the database is yet to be created. */
  readonly database: FoundDatabase | undefined;
  /** Names in pg_catalog that fit the database's encoding, or any where it is yet to be created. */
  readonly collations: readonly string[];
  /** By name, with the version of the library that the server has now, and that of those above. */
  readonly collationVersions: Readonly<Record<string, string>>;
  readonly tablespaces: readonly { readonly name: string; readonly canCreate: boolean }[];
  readonly accessMethods: readonly string[];
  readonly languages: readonly { readonly name: string; readonly isTrusted: boolean }[];
  /** Id of the provider's rules, where the server is one of theirs. */
  readonly provider?: string;
  readonly settings: Readonly<Record<string, string>>;
}

/** The role that restores. */
export interface TargetRole {
  readonly name: string;
  readonly isSuperuser: boolean;
  readonly canCreateRole: boolean;
  readonly canCreateDatabase: boolean;
  readonly bypassesRowSecurity: boolean;
  readonly canReplicate: boolean;
}

export interface FoundRole {
  readonly name: string;
  readonly isSuperuser: boolean;
  /** Whether ours may act as it, hence give it objects. */
  readonly canSet: boolean;
  /** Whether ours has its rights. */
  readonly isInherited: boolean;
  /** Whether ours may make itself a member of it. */
  readonly canAdminister: boolean;
}

/** Available, installed, or both. */
export interface FoundExtension {
  readonly name: string;
  /** What CREATE EXTENSION would install; absent where only a remnant is installed. */
  readonly defaultVersion?: string;
  readonly installedVersion?: string;
  /** Of the version to be installed: whether that takes a superuser, and whether the right to create in the database does too. */
  readonly needsSuperuser: boolean;
  readonly isTrusted: boolean;
  /** Other extensions it needs. */
  readonly requires: readonly string[];
}

export interface FoundDatabase
  extends Pick<
    DatabaseProperties,
    "name" | "owner" | "encoding" | "localeProvider" | "collate" | "ctype" | "locale" | "collationVersion"
  > {
  /** Whether ours may make schemas in it, hence trusted extensions. */
  readonly canCreate: boolean;
  /** `name=value` of what applies to our sessions: settings of the database, of our role, of our role in it. */
  readonly settings: readonly string[];
}
