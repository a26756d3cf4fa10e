/**
 * What a server, a database in it and a role on it are, as far as that decides what can be restored there.
 * @module
 */
import type { DatabaseProperties } from "../ddl/index.ts";
import type { ManagedRights } from "../managed/rights.ts";
import type { Platform } from "../providers/platform.ts";

export interface TargetFacts {
  /** server_version_num */
  readonly serverVersion: number;
  /** Whether it replays another server, and nothing can be written to it. */
  readonly isStandby: boolean;
  readonly role: TargetRole;
  /** Every role of the server. */
  readonly roles: readonly FoundRole[];
  readonly extensions: readonly FoundExtension[];
  /** Absent where the database is yet to be created. */
  readonly database: FoundDatabase | undefined;
  /** Of the collations asked about those that the server has, with the version of the library that it has now. */
  readonly collations: readonly { readonly name: string; readonly version: string | null }[];
  /** Of the providers of security labels asked about those that are loaded. */
  readonly labelProviders: readonly string[];
  /** Beside pg_default and pg_global. */
  readonly tablespaces: readonly { readonly name: string; readonly canCreate: boolean }[];
  readonly accessMethods: readonly string[];
  readonly languages: readonly { readonly name: string; readonly canUse: boolean }[];
  readonly rights: ManagedRights;
  /** What is there of the provider's platform. */
  readonly platform?: Platform;
  /** Id of the provider's rules, where the server is one of theirs. */
  readonly provider?: string;
}

/** The role that restores. */
export interface TargetRole {
  readonly name: string;
  readonly isSuperuser: boolean;
  /** Before version 16 that decides whether it has the rights of roles that it is a member of. */
  readonly inherits: boolean;
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
  /** In the database; never where that is yet to be created. */
  readonly installedVersion?: string;
  /** Of the version to be installed: whether that takes a superuser, and whether the right to create in the database will do. */
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
  /** Whether the server converts text in the encoding asked about to the database's. */
  readonly canConvert: boolean;
  /** `name=value`: what the database gives to our sessions, by its own settings or by those of our role in it. */
  readonly settings: readonly string[];
}

/** What of a server is too much to be read whole. */
export interface AskedFacts {
  /** Names in pg_catalog. */
  readonly collations?: readonly string[];
  /** Providers of security labels. */
  readonly labelProviders?: readonly string[];
  /** In which rows will come, by PostgreSQL's name. */
  readonly encoding?: string;
  /** The database is yet to be created: the session is in another of the same server. */
  readonly isToBeCreated?: boolean;
}
