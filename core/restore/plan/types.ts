/**
 * What a restore does otherwise than its restore point says, decided against the target before a byte moves.
 * @module
 */

/** Something of the restore point that is not restored, because the operator agreed to that. */
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
  /** Said with something else of which it is a part, and not by itself. */
  readonly isUnsaid?: true;
}

/** Something that is restored in another way, or under another circumstance, by which nothing is lost. */
export interface Rewritten {
  readonly what: string;
  readonly code: string;
  readonly reason: string;
  /** Said elsewhere in what is told of the restore. */
  readonly isUnsaid?: true;
}

/** Something that this target cannot take. */
export interface Refusal {
  readonly what: string;
  readonly code: string;
  readonly reason: string;
  readonly hint: string;
  /** What somebody who may can run beforehand. */
  readonly sql?: string;
}

/** Made once per restore, before its target is touched; pure in what it was made from. */
export interface RestorePlan {
  readonly leftOut: readonly LeftOut[];
  readonly rewritten: readonly Rewritten[];
  /** Nothing is restored while there is one. */
  readonly refusals: readonly Refusal[];
  readonly decisions: Decisions;
  /** What the source's database took on disk; whether the server has room it tells nobody. */
  readonly databaseBytes?: number;
}

/** What later steps need to know of a plan beside the entries that are left out. */
export interface Decisions {
  /** The role that restores: what others cannot own is its. */
  readonly restoringRole: string;
  /** server_version_num of the target where the archive is said in other words for it; 0 where it is not. */
  readonly serverVersion: number;
  /** Roles that will not be there: what they own is the connecting role's, and nothing is granted to them. */
  readonly missingRoles: readonly string[];
  /** Roles that are there and cannot be given anything: what they own is the connecting role's; grants are made. */
  readonly foreignOwners: readonly string[];
  /** Roles that are there and cannot be acted as: what they granted is granted in the owner's name. */
  readonly foreignGrantors: readonly string[];
  /** Tables and sequences of extensions that are left out: what the restore point holds of them is not restored. */
  readonly relations: readonly { readonly schema: string; readonly name: string }[];
  /** That are not there: their tables are stored in the default way. */
  readonly accessMethods: readonly string[];
  /** That are not there, or not for us: what is in them goes to the default one. */
  readonly tablespaces: readonly string[];
  /** Providers of security labels that are not there. */
  readonly labelProviders: readonly string[];
  /** Settings of the database that are not given to it. */
  readonly settings: readonly string[];
}

/** What is written into the marker, and read back by every later step of the same restore. */
export type FrozenPlan = Pick<RestorePlan, "leftOut" | "rewritten" | "decisions">;

export const NO_DECISIONS: Decisions = {
  restoringRole: "",
  serverVersion: 0,
  missingRoles: [],
  foreignOwners: [],
  foreignGrantors: [],
  relations: [],
  accessMethods: [],
  tablespaces: [],
  labelProviders: [],
  settings: [],
};

/** Of restores that began before there were plans, and wherever there is no target to plan for. */
export const NO_PLAN: FrozenPlan = { leftOut: [], rewritten: [], decisions: NO_DECISIONS };
