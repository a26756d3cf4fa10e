/**
 * What a restore does otherwise than its restore point says, decided against the target before a byte moves.
 * @module
 */

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
