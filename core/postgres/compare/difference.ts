/**
 * What a comparison finds.
 * @module
 */

/** One thing that is not the same: what it is, what it should be, what it is instead. */
export interface Difference {
  readonly kind: "table" | "sequence" | "large-objects" | "schema";
  /** Quoted and qualified, or pg_dump's kind and name. */
  readonly object: string;
  /** `rows`, `row-hash`, `missing`, `unexpected`, `columns`, `value`, `definition`, `owner`, … */
  readonly aspect: string;
  readonly expected: string;
  readonly got: string;
}

export interface CompareReport {
  readonly identical: boolean;
  /** Tables whose rows were counted or hashed. */
  readonly tables: number;
  /** What was compared, weakest first: a report that hashed nothing says so. */
  readonly level: "counts" | "rows";
  readonly differences: readonly Difference[];
}

/** `table "public"."film": row-hash is …, expected is …` */
export function describeDifference({ kind, object, aspect, expected, got }: Difference): string {
  return `${kind} ${object}: ${aspect} is ${got}, expected is ${expected}`;
}
