/**
 * What a run leaves in the vault for people: which objects it has found in its target, what its comparison has found.
 * @module
 */
import type { Run } from "../../catalog/index.ts";
import { dayOfId } from "../../ids.ts";
import type { Store } from "../../vault/store/port.ts";
import { settingsOf } from "./settings.ts";

/** `target` lists what was in the target beforehand, `plan` what was to be restored otherwise than it was. */
export type ReportName = "compare" | "plan" | "target";

const SUFFIX: Readonly<Record<ReportName, string>> = { compare: "", plan: ".plan", target: ".target" };

export function reportKey({ source, runId }: Pick<Run, "source" | "runId">, name: ReportName): string {
  return `v1/reports/${source}/${dayOfId(runId.slice(source.length + 1))}/${runId}${SUFFIX[name]}.json`;
}

/** The first report of a name stays: a repeated step finds less, or the same. */
export async function writeReport(vault: Store, run: Run, name: ReportName, content: object): Promise<void> {
  const { target, options } = settingsOf(run);
  const { runId, source, restorePointId } = run;
  const report = { schema: 1, runId, source, restorePointId, target, database: options.database, ...content };
  await vault.putIfAbsent(reportKey(run, name), Buffer.from(`${JSON.stringify(report, null, 2)}\n`));
}
