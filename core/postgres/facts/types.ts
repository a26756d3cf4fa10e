/**
 * What a server, a database in it and a role on it are, as far as that decides what can be restored there.
 * @module
 */
import type { DatabaseProperties } from "../ddl/index.ts";

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
