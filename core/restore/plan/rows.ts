/**
 * A plan as people read it: what, what becomes of it, why.
 * @module
 */
import { nameOfEntry, type Toc } from "../../postgres/ddl/index.ts";
import { isRemark } from "./dependents.ts";
import type { FrozenPlan, LeftOut, Refusal, RestorePlan, Rewritten } from "./types.ts";

export type Verdict = "as it is" | "rewritten" | "left out" | "refused";

export interface PlanRow {
  readonly what: string;
  readonly verdict: Verdict;
  readonly why: string;
  readonly code?: string;
  /** What somebody who may can run, beforehand or afterwards. */
  readonly sql?: string;
}

type Planned = FrozenPlan & Partial<Pick<RestorePlan, "refusals" | "databaseBytes">>;

/** What is in the way first, what needs no word last, as counts of kinds. */
export function planRows(plan: Planned, { entries }: Pick<Toc, "entries">): PlanRow[] {
  const { refusals = [], leftOut, rewritten, databaseBytes } = plan;
  return [
    ...refusals.map((refusal) => rowOf("refused", { ...refusal, reason: withHint(refusal) })),
    ...leftOut.map((item) => rowOf("left out", item)),
    ...rewritten.map((item) => rowOf("rewritten", item)),
    ...countsOf(entries, new Set([...refusals, ...leftOut].map(({ what }) => what))),
    ...(databaseBytes === undefined ? [] : [roomRow(databaseBytes)]),
  ];
}

type Item = Rewritten & Pick<LeftOut, "sql">;

function rowOf(verdict: Verdict, { what, code, reason, sql }: Item): PlanRow {
  return { what, verdict, why: reason, code, ...(sql !== undefined && { sql }) };
}

function withHint({ reason, hint }: Refusal): string {
  return hint === "" ? reason : `${reason}. ${hint}`;
}

function countsOf(entries: Toc["entries"], touched: ReadonlySet<string>): PlanRow[] {
  const plain = entries.filter((entry) => !isRemark(entry) && entry.section !== "data");
  const kinds = Map.groupBy(
    plain.filter((entry) => !touched.has(nameOfEntry(entry))),
    ({ desc }) => desc,
  );
  return [...kinds].map(([desc, some]) => {
    return { what: `${some.length} ${desc.toLowerCase()}`, verdict: "as it is", why: "" };
  });
}

/** No server tells in SQL what room it has. */
function roomRow(databaseBytes: number): PlanRow {
  const what = `${Math.ceil(databaseBytes / 1_000_000)} MB on disk`;
  return {
    what,
    verdict: "as it is",
    why: "what the source's database took; see that the target's server has as much",
  };
}

/** As many as have room, and one that stands for the others: whoever reads half a plan is to know that it is a half. */
export function firstRows(
  rows: readonly PlanRow[],
  mostBytes: number,
  where: string,
): { readonly shown: readonly PlanRow[]; readonly rest: readonly PlanRow[] } {
  let bytes = 0;
  const shown = rows.filter((row) => {
    bytes += Buffer.byteLength(JSON.stringify(row));
    return bytes <= mostBytes;
  });
  // The gravest stand first.
  const [first, ...others] = rows.slice(shown.length);
  if (first === undefined) return { shown, rest: [] };
  return { shown, rest: [{ what: `${others.length + 1} more`, verdict: first.verdict, why: where }] };
}

/** Sentences about what was agreed to, the first of them; none where all is restored as it was. */
export function toldOfPlan({ leftOut, rewritten }: FrozenPlan, most: number, where?: string): string[] {
  const told = [
    ...leftOut
      .filter(({ isUnsaid }) => isUnsaid !== true)
      .map(({ what, reason, sql }) => `left out: ${what}: ${reason}${sql === undefined ? "" : `; ${sql}`}`),
    ...rewritten.filter(({ isUnsaid }) => isUnsaid !== true).map(({ what, reason }) => `rewritten: ${what}: ${reason}`),
  ];
  if (told.length <= most) return told;
  const more = `and ${told.length - most} more are left out or rewritten`;
  return [...told.slice(0, most), where === undefined ? more : `${more}; ${where}`];
}
