/**
 * What a rebuild came to: every group filed, and nothing found that people have to see.
 * @module
 */
import { gravest } from "../backup/judge.ts";
import type { Catalog, Finding, Run } from "../catalog/index.ts";
import { CancelledError, fromErrorRecord } from "../errors.ts";
import { type Filed, type GroupFiled, isDamage } from "./file.ts";
import { MISSING } from "./missing.ts";
import { MOST_FINDINGS } from "./plan.ts";

/** Numbers of restore points, for people. */
export interface Rebuilt {
  readonly found: number;
  readonly filed: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly refused: number;
  readonly missing: number;
}

/**
 * @throws the first finding under its own name: a restore point that does not open, one that is gone, a report that cannot be
 *   read; all the others are filed. The gravest error noted, or CancelledError `rebuild-incomplete`, when a group was not filed.
 */
export async function judgeRebuild(runId: string, catalog: Catalog): Promise<{ runId: string; rebuilt: Rebuilt }> {
  const run = await catalog.runs.beat(runId);
  const groups = (await catalog.chunks.list(runId)).filter(({ epoch }) => epoch === run.epoch);
  const done = groups.flatMap(({ winner }) => (winner === undefined ? [] : [winner as unknown as GroupFiled]));
  const planned = run.notes?.groups;
  if (done.length !== planned) await throwIncomplete(run, catalog, done.length);
  const sum = (name: Filed["result"]) => done.reduce((total, group) => total + group[name], 0);
  const rebuilt: Rebuilt = {
    found: Number(run.notes?.found),
    filed: sum("filed"),
    updated: sum("updated"),
    unchanged: sum("unchanged"),
    refused: sum("refused"),
    missing: Number(run.notes?.missing),
  };
  const missing = (run.findings ?? []).filter(({ code }) => code === MISSING);
  const refused = done.flatMap(({ findings }) => findings);
  const findings = [...refused.map(({ where, code, message }) => ({ where, code, message })), ...missing];
  await catalog.runs.advance(runId, { epoch: run.epoch, to: "rebuilding", notes: { rebuilt } });
  await catalog.runs.setFindings(runId, findings.slice(0, MOST_FINDINGS));
  const total = done.reduce((sum, group) => sum + group.found, rebuilt.missing);
  const worst = refused.find(isDamage) ?? missing[0] ?? refused[0];
  if (worst !== undefined) throw found(worst, total);
  return { runId, rebuilt };
}

async function throwIncomplete(run: Run, catalog: Catalog, done: number): Promise<never> {
  const noted = await catalog.failures.list(run);
  if (noted.length > 0) throw gravest(noted, run, 0);
  const message = `${done} of ${run.notes?.groups ?? "unknown"} groups of run ${run.runId} were filed`;
  throw new CancelledError("rebuild-incomplete", message, {
    hint: "The run stood still, or was stopped from outside; start it again, what is filed stays filed.",
  });
}

function found(worst: Finding & { readonly name?: string }, total: number): Error {
  const { name = "IntegrityError", where, code } = worst;
  const what = worst.message.includes(where) ? worst.message : `${where}: ${worst.message}`;
  const message = total === 1 ? what : `${what} (and ${total - 1} more)`;
  const hint = "All else is filed. Look for older versions of the objects named, or for a replica of the vault.";
  return fromErrorRecord({ name, code, message, hint });
}
