/**
 * A plan as people read it: what, what becomes of it, why.
 * @module
 */
import type { Toc } from "../../postgres/ddl/index.ts";
import { isRemark } from "./dependents.ts";
import type { FrozenPlan, Refusal } from "./types.ts";

export type Verdict = "as it is" | "rewritten" | "left out" | "refused";

export interface PlanRow {
  readonly what: string;
  readonly verdict: Verdict;
  readonly why: string;
  readonly code?: string;
  /** What somebody who may can run, beforehand or afterwards. */
  readonly sql?: string;
}

export type WholePlan = FrozenPlan & { readonly refusals?: readonly Refusal[] };

/** What is in the way first, what needs no word last, as counts of kinds. */
export function planRows(
  { refusals = [], leftOut, rewritten }: WholePlan,
  { entries }: Pick<Toc, "entries">,
): PlanRow[] {
  const said = <Item extends { what: string; code: string; reason: string; sql?: string }>(verdict: Verdict) => {
    return ({ what, code, reason, sql }: Item): PlanRow => ({
      what,
      verdict,
      why: reason,
      code,
      ...(sql !== undefined && { sql }),
    });
  };
  const touched = new Set([...refusals, ...leftOut].map(({ what }) => what));
  const left = new Set(leftOut.map(({ dumpId }) => dumpId));
  const kinds = new Map<string, number>();
  for (const { desc, namespace, tag, dumpId } of entries.filter(
    (entry) => !isRemark(entry) && entry.section !== "data",
  )) {
    const name = `${desc.toLowerCase()} ${namespace === undefined ? "" : `${namespace}.`}${tag}`;
    if (!left.has(dumpId) && !touched.has(name)) kinds.set(desc, (kinds.get(desc) ?? 0) + 1);
  }
  return [
    ...refusals.map(said<Refusal>("refused")),
    ...leftOut.map(said("left out")),
    ...rewritten.map(said("rewritten")),
    ...[...kinds].map(([desc, count]): PlanRow => {
      return { what: `${count} ${desc.toLowerCase()}`, verdict: "as it is", why: "" };
    }),
  ];
}

/** Sentences about what was agreed to, the first of them; none where all is restored as it was. */
export function toldOfPlan({ leftOut, rewritten }: FrozenPlan, most: number, where?: string): string[] {
  const told = [
    ...leftOut
      .filter(({ isUnsaid }) => isUnsaid !== true)
      .map(({ what, reason, sql }) => `left out: ${what}: ${reason}${sql === undefined ? "" : `; ${sql}`}`),
    ...rewritten.map(({ what, reason }) => `rewritten: ${what}: ${reason}`),
  ];
  if (told.length <= most) return told;
  const more = `and ${told.length - most} more are left out or rewritten`;
  return [...told.slice(0, most), where === undefined ? more : `${more}; ${where}`];
}
