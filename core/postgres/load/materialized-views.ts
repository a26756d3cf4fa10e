/**
 * Materialized views are made empty and filled from the restored tables.
 * @module
 */
import { qualifiedName } from "../sql.ts";
import type { Step } from "./steps.ts";

interface Relation {
  readonly schema: string;
  readonly name: string;
}

/**
 * @param ordered in an order in which each finds those it reads filled
 * @param populated those that were filled in the source; the others stay as they are, not scannable
 */
export function refreshSteps(ordered: readonly Relation[], populated: readonly Relation[]): Step[] {
  const wanted = new Set(populated.map(qualifiedName));
  return ordered
    .map(qualifiedName)
    .filter((name) => wanted.has(name))
    .map((name) => ({
      name: `refresh/${name}`,
      what: `materialized view ${name}`,
      statements: [`REFRESH MATERIALIZED VIEW ${name}`],
    }));
}

/**
 * Statistics for the planner. A partitioned root takes its partitions with it, which autovacuum would never do for it;
 * those partitions are not named again.
 */
export function analyzeSteps(relations: readonly Relation[]): Step[] {
  return relations.map(qualifiedName).map((name) => ({
    name: `analyze/${name}`,
    what: `statistics of ${name}`,
    statements: [`ANALYZE ${name}`],
  }));
}
