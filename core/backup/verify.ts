/**
 * Reads a restore point back: planned as groups of chunks, looked at side by side, judged together.
 * @module
 */
import type { Catalog, Failure, Finding, Run } from "../catalog/index.ts";
import { CancelledError, IntegrityError, PreconditionError } from "../errors.ts";
import type { Unwrapper } from "../vault/envelope/recipient.ts";
import type { Store } from "../vault/store/port.ts";
import { fileVerification } from "../vault/verification.ts";
import type { VerifyIssue } from "../vault/verify/report.ts";
import { type VerifyLevel, verifyRestorePoint } from "../vault/verify/verify.ts";
import type { Pause } from "./deadline.ts";
import { gravest } from "./judge.ts";
import { phase } from "./phases.ts";
import { refOf } from "./settings.ts";
import { whileBeating } from "./while-beating.ts";

export interface VerifyContext {
  readonly catalog: Catalog;
  readonly vault: Store;
  readonly work: Store;
  readonly unwrappers: readonly Unwrapper[];
  readonly pause: Pause;
}

export interface VerifyPlanned {
  readonly runId: string;
  readonly epoch: number;
  readonly groups: number;
  readonly itemsKey: string;
}

/** Of ciphertext per group at the level `full`: some minutes of one function. */
const GROUP_BYTES = 8 * 1024 ** 3;
const MOST_GROUPS = 1000;
/** A restore point damaged throughout is told as well by its first findings. */
const MOST_FINDINGS = 50;
/** Marks findings among the failures of a run. */
const FOUND = "found ";
/** Marks groups that were looked at to their end: the silence of a group that died proves nothing. */
const LOOKED = "looked at ";
/** Where the run notes how many groups there are. */
const GROUPS = "verifyGroups";

/** A verification's own level, or that of the source when it is the last part of a backup. */
function levelOf(run: Run): VerifyLevel {
  const level = run.settings.level ?? run.settings.verify;
  return level === "full" || level === "presence" ? level : "quick";
}

/** @throws PreconditionError `unknown-restore-point` */
export async function planVerify(runId: string, { catalog, work }: VerifyContext): Promise<VerifyPlanned> {
  const run = await catalog.runs.beat(runId);
  const point = await expectPoint(run, catalog);
  const groups = levelOf(run) === "full" ? Math.ceil(point.storedBytes / GROUP_BYTES) : 1;
  const count = Math.min(MOST_GROUPS, Math.max(1, groups));
  const items = Array.from({ length: count }, (_, n) => ({ n }));
  // The same for whoever plans it.
  const itemsKey = `runs/${runId}/verify.${run.epoch}.json`;
  await work.putIfAbsent(itemsKey, Buffer.from(JSON.stringify(items)));
  const from = [phase.preparing];
  await catalog.runs.advance(runId, { epoch: run.epoch, from, to: phase.verifying, notes: { [GROUPS]: count } });
  return { runId, epoch: run.epoch, groups: count, itemsKey };
}

/**
 * Looks at every `groups`-th chunk from `n` on; damage is noted, not thrown, also when something else then keeps the group from
 * being looked at to its end. That it was is noted last.
 */
export async function verifyGroup(
  request: { readonly runId: string; readonly n: number; readonly groups: number },
  context: VerifyContext,
): Promise<{ checks: number; issues: number }> {
  const { catalog, vault, unwrappers } = context;
  const { runId, n, groups } = request;
  const run = await catalog.runs.beat(runId);
  const chunks = (chunk: number) => chunk % groups === n;
  const { manifestSha256: committedSha256 } = await expectPoint(run, catalog);
  const found: VerifyIssue[] = [];
  const report = await whileBeating(runId, context, (signal) => {
    // What is met of a work that was broken off is nobody's damage.
    const onIssue = (issue: VerifyIssue) => void (signal.aborted || found.push(issue));
    return verifyRestorePoint(levelOf(run), vault, unwrappers, refOf(run), {
      chunks,
      signal,
      committedSha256,
      onIssue,
    });
  }).finally(async () => {
    for (const { object, code, message } of found.slice(0, MOST_FINDINGS)) {
      await catalog.failures.record(run, `${FOUND}${object}`, { name: "IntegrityError", code, message });
    }
  });
  const looked = { code: "group-looked-at", message: `${report.checks} objects, ${report.issues.length} issues` };
  await catalog.failures.record(run, lookedAt(n, groups), { name: "PreconditionError", ...looked });
  return { checks: report.checks, issues: report.issues.length };
}

/** A group is one only together with the number of groups that it was cut by. */
function lookedAt(n: number, groups: number): string {
  return `${LOOKED}${n} of ${groups}`;
}

/**
 * Marks the restore point: as verified only when every planned group was looked at; damage quarantines it.
 * @throws IntegrityError with the first finding's code; the gravest error noted when a group could not be looked at, or
 *   CancelledError `verify-incomplete` when nobody knows why.
 */
export async function judgeVerify(
  runId: string,
  { catalog, vault }: Pick<VerifyContext, "catalog" | "vault">,
): Promise<{ runId: string; level: VerifyLevel }> {
  const run = await catalog.runs.beat(runId);
  const noted = await catalog.failures.list(run);
  const found = noted.filter(({ where }) => where.startsWith(FOUND));
  const failed = noted.filter(({ where }) => where.startsWith("verify"));
  const missing = missingGroups(run, noted);
  if (found.length === 0 && failed.length > 0) throw gravest(failed, run, 0);
  if (found.length === 0 && missing !== 0) throw incomplete(run, missing);
  const level = levelOf(run);
  const point = await expectPoint(run, catalog);
  const findings = found.slice(0, MOST_FINDINGS).map(({ where, error }): Finding => {
    return { where: where.slice(FOUND.length), code: error.code, message: error.message };
  });
  const verified = { level, at: run.heartbeatAt, isValid: found.length === 0 };
  // The vault learns of it first: a catalog that is made anew must not take a damaged restore point for a good one.
  const filed = await fileVerification(vault, refOf(run), { runId, ...verified, findings }).catch(async (error) => {
    if (!verified.isValid) await catalog.restorePoints.markVerified(point, verified);
    throw error;
  });
  const isValid = filed.isValid && verified.isValid;
  await catalog.restorePoints.markVerified(point, { level: filed.level, at: filed.at, isValid });
  // A backup's run may have notes of its own by now.
  await catalog.runs.addFindings(runId, findings);
  const [first] = findings;
  if (first === undefined) return { runId, level };
  const more = found.length === 1 ? "" : ` (and ${found.length - 1} more)`;
  const told = first.message.includes(first.where) ? first.message : `${first.where}: ${first.message}`;
  throw new IntegrityError(first.code, `${told}${more}`, {
    hint: "The restore point is quarantined: restore from another one or from a replica, and keep this one for inquiry.",
  });
}

/** How many of the planned groups nobody has looked at; undefined when no plan is noted. */
function missingGroups(run: Run, noted: readonly Failure[]): number | undefined {
  const groups = run.notes?.[GROUPS];
  if (typeof groups !== "number") return undefined;
  const looked = new Set(noted.map(({ where }) => where));
  return Array.from({ length: groups }, (_, n) => lookedAt(n, groups)).filter((where) => !looked.has(where)).length;
}

function incomplete(run: Run, missing: number | undefined): CancelledError {
  const what = missing === undefined ? "no group" : `${missing} of ${run.notes?.[GROUPS]} groups`;
  const problem = missing === undefined ? "was ever planned" : "were never looked at";
  return new CancelledError("verify-incomplete", `${what} of run ${run.runId} ${problem}`, {
    hint: "Nothing was found damaged, and not all was looked at; run `holdfast verify` again.",
  });
}

async function expectPoint(run: Run, catalog: Catalog) {
  const id = run.restorePointId ?? "";
  const point = await catalog.restorePoints.get(id, run.source);
  if (point !== undefined) return point;
  throw new PreconditionError("unknown-restore-point", `source ${run.source} has no restore point ${id}`, {
    hint: "Run `holdfast list` to see the restore points there are.",
  });
}
