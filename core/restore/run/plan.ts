/**
 * A restore's plan as its run tells it: whole in the vault, the first of it in the catalog.
 * @module
 */
import type { Finding } from "../../catalog/index.ts";
import { firstRows, type PlanRow, planRows, toldOfPlan } from "../plan/rows.ts";
import type { FrozenPlan, RestorePlan } from "../plan/types.ts";
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
  const { run, settings } = open;
  const { catalog } = context;
  const { rows, where } = await reportPlan(open, plan, context);
  const { shown, rest } = firstRows(rows, MOST_BYTES, where);
  const notes = settings.options.plan ? { notes: { plan: [...shown, ...rest] } } : {};
  await catalog.runs.advance(run.runId, { epoch: run.epoch, from: ["preparing"], ...notes });
  if (settings.options.plan || plan.refusals.length === 0) return;
  const refused = shown.filter(({ verdict }) => verdict === "refused");
  const more = plan.refusals.length > refused.length ? [{ where: "", code: "target-cannot-take", message: where }] : [];
  await catalog.runs.setFindings(run.runId, [...refused.map(asFinding), ...more]);
}

/** What was agreed to, also when another run had begun with it. May be repeated. */
export async function tellAgreed(open: OpenRun, plan: FrozenPlan, context: RestoreContext): Promise<void> {
  if (plan.leftOut.length + plan.rewritten.length === 0) return;
  const { where } = await reportPlan(open, plan, context);
  await context.catalog.runs.warn(open.run.runId, toldOfPlan(plan, MOST_WARNINGS, where), MOST_WARNINGS + 1);
}

async function reportPlan({ run, point }: OpenRun, plan: FrozenPlan, { vault }: RestoreContext) {
  const rows = planRows(plan, await readToc(point));
  await writeReport(vault, run, "plan", { rows });
  return { rows, where: `all of it is in the vault, ${reportKey(run, "plan")}` };
}

function asFinding({ what, why, code = "", sql }: PlanRow): Finding {
  return { where: what, code, message: `${what}: ${why}${sql === undefined ? "" : `; ${sql}`}` };
}
