/**
 * Materialized views are made empty and filled from the restored tables.
 * @module
 */
import type { ForcedRowSecurity, MaterializedView, RestoreEntry } from "../ddl/index.ts";
import { sqlState } from "../errors.ts";
import type { Session } from "../session.ts";
import { qualifiedName } from "../sql.ts";
import { underSourcePath } from "./source-path.ts";
import { type Fallback, isRefusal, type RunStepsOptions, runSteps, type Step } from "./steps.ts";

interface Relation {
  readonly schema: string;
  readonly name: string;
}

/**
 * @param ordered in an order in which each finds those it reads filled
 * @param populated those that were filled in the source; the others stay as they are, not scannable
 * @param searchPath the source's, where names are not found without
 * @param forced by which policies apply to tables' owners too: for the moment, since a view holds what its owner saw
 */
export function refreshSteps(
  ordered: readonly MaterializedView[],
  populated: readonly Relation[],
  searchPath: string,
  forced: readonly ForcedRowSecurity[] = [],
): Step[] {
  const wanted = new Set(populated.map(qualifiedName));
  return ordered
    .filter((view) => wanted.has(qualifiedName(view)))
    .map((view) => {
      const name = qualifiedName(view);
      const [force, unforce] = [forced.map((one) => one.force), forced.map((one) => one.unforce)];
      const statements = [...force, `REFRESH MATERIALIZED VIEW ${name}`, ...unforce];
      const fallbacks = [underSourcePath(statements, searchPath, view.functions)];
      return { name: `refresh/${name}`, what: `materialized view ${name}`, statements, fallbacks };
    });
}

/** "materialized view … has not been populated" */
const NOT_POPULATED = "55000";

/**
 * Fills them in order. One that reads another through a function, which no dependency tells of, waits until the others are filled;
 * one that reads another which is to stay empty, and was filled before that was emptied, finds it filled for the moment.
 * @param empty those, in an order in which each finds what it reads filled
 * @throws as `runSteps`; of several that wait for each other, the first one's error
 */
export async function refreshInOrder(
  session: Session,
  steps: readonly Step[],
  empty: readonly Relation[],
  options: RunStepsOptions,
): Promise<void> {
  const waiting: Step[] = [];
  let cause: unknown;
  for (const step of steps) {
    try {
      await runSteps(session, "refresh", [step], options);
    } catch (error) {
      if (sqlState(error) !== NOT_POPULATED) throw error;
      cause ??= error;
      waiting.push(step);
    }
  }
  if (waiting.length === 0) return;
  if (waiting.length < steps.length) {
    await refreshInOrder(session, waiting, empty, options);
    return;
  }
  if (empty.length === 0) throw cause;
  const filled = waiting.map((step) => ({ ...step, statements: whileFilled(empty, step.statements) }));
  await refreshInOrder(session, filled, [], options);
}

function whileFilled(empty: readonly Relation[], statements: readonly string[]): string[] {
  const refreshes = empty.map((view) => `REFRESH MATERIALIZED VIEW ${qualifiedName(view)}`);
  return [...refreshes, ...statements, ...refreshes.map((refresh) => `${refresh} WITH NO DATA`)];
}

/** As "out of shared memory". */
const LOCK_TABLE_FULL = "53200";

/**
 * Statistics for the planner. A partitioned root takes its partitions with it, which autovacuum would never do for it;
 * those partitions are not named again. Nothing is lost where an index's function fails on it, as it would fail autovacuum's, or
 * where there are more partitions than the server can lock at once.
 */
export function analyzeSteps(
  relations: readonly Relation[],
  indexes: readonly RestoreEntry[],
  searchPath: string,
): Step[] {
  const calling = Map.groupBy(indexes, ({ table }) => (table === undefined ? "" : qualifiedName(table)));
  return relations.map(qualifiedName).map((name) => {
    const statements = [`ANALYZE ${name}`];
    const functions = (calling.get(name) ?? []).flatMap((index) => index.functions ?? []);
    const without: Fallback = {
      appliesTo: (state) => isRefusal(state) || state === LOCK_TABLE_FULL,
      statements: async () => [],
      instead: "the planner has none of it yet",
    };
    const fallbacks = [underSourcePath(statements, searchPath, functions), without];
    return { name: `analyze/${name}`, what: `statistics of ${name}`, statements, fallbacks };
  });
}
