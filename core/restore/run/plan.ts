/**
 * A restore's plan as its run tells it: whole in the vault, the first of it in the catalog.
 * @module
 */
import type { Finding } from "../../catalog/index.ts";
import { type PlanRow, planRows, toldOfPlan } from "../plan/rows.ts";
import type { RestorePlan } from "../plan/types.ts";
import { readToc } from "../restore-point.ts";
import type { OpenRun, RestoreContext } from "./context.ts";
import { reportKey, writeReport } from "./reports.ts";

/** An item of the catalog may have 400 KB, and a run's has more than its plan to hold. */
const MOST_BYTES = 50_000;
/** What a run notes as warnings is cut to twenty, of which other steps need some. */
const MOST_WARNINGS = 10;

/**
 * Before anything is done or refused. @throws CancelledError `run-moved-on`: a late call plans for what is under way already
 */
export async function notePlan(open: OpenRun, plan: RestorePlan, context: RestoreContext): Promise<void> {
  const { run, point, settings } = open;
  const { catalog, vault } = context;
  const rows = planRows(plan, await readToc(point));
  await writeReport(vault, run, "plan", { rows });
  const shown = asMuchAsFits(rows);
  const notes = settings.options.plan ? { notes: { plan: shown } } : {};
  await catalog.runs.advance(run.runId, { epoch: run.epoch, from: ["preparing"], ...notes });
  const where = `all of it is in the vault, ${reportKey(run, "plan")}`;
  if (settings.options.plan) return;
  const refused = shown.filter(({ verdict }) => verdict === "refused");
  if (refused.length === 0) {
    await catalog.runs.warn(run.runId, toldOfPlan(plan, MOST_WARNINGS, where), MOST_WARNINGS + 1);
    return;
  }
  const more = plan.refusals.length > refused.length ? [{ where: "", code: "target-cannot-take", message: where }] : [];
  await catalog.runs.setFindings(run.runId, [...refused.map(asFinding), ...more]);
}

function asMuchAsFits(rows: readonly PlanRow[]): PlanRow[] {
  let bytes = 0;
  return rows.filter((row) => {
    bytes += Buffer.byteLength(JSON.stringify(row));
    return bytes <= MOST_BYTES;
  });
}

function asFinding({ what, why, code = "", sql }: PlanRow): Finding {
  return { where: what, code, message: `${what}: ${why}${sql === undefined ? "" : `; ${sql}`}` };
}
