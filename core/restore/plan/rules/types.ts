import type { DatabaseProperties, LargeObjectMetadata, Toc } from "../../../postgres/ddl/index.ts";
import type { TargetFacts } from "../../../postgres/facts/index.ts";
import type { Needs } from "../../../postgres/needs/index.ts";
import type { RoleList } from "../../../postgres/roles/index.ts";
import type { Manifest } from "../../../vault/manifest/schema.ts";
import type { LeavingOut, RestoreOptions } from "../../options.ts";
import type { Decisions, Refusal, Rewritten } from "../types.ts";

/** What is to be restored, with the parts that were not asked for gone already. */
export interface PlanInput {
  readonly toc: Toc;
  readonly manifest: Pick<Manifest, "server" | "tables" | "sequences" | "largeObjects">;
  readonly needs: Needs;
  /** Absent where the restore point has none. */
  readonly roles: RoleList | undefined;
  readonly database: DatabaseProperties | undefined;
  readonly largeObjects: LargeObjectMetadata | undefined;
}

export type PlanOptions = LeavingOut & Partial<Pick<RestoreOptions, "compare">>;

/** To be known, and nothing more. */
export interface Told extends Rewritten {
  readonly verdict: "told";
}

/** In the way, unless it is agreed to be left out. */
export interface Trouble extends Refusal {
  readonly verdict: "trouble";
  /** What goes when it is agreed to; absent where nothing can be left out to be rid of it. */
  readonly leaving?: Leaving;
  /** By an option of its own. */
  readonly isAgreed?: boolean;
}

export interface Leaving {
  /** dumpIds; what depends on them goes along. */
  readonly entries?: readonly number[];
  /** There is something in its place, on which the others can stand. */
  readonly isReplaced?: boolean;
  /** Its entries are not said one by one. */
  readonly isBrief?: boolean;
  readonly decisions?: Partial<Decisions>;
}

export type Finding = Told | Trouble;

/** Pure; one subject each. */
export type Rule = (input: PlanInput, facts: TargetFacts, options: PlanOptions) => Finding[];
