/**
 * The states of a comparison, alone or as the last part of a restore.
 * @module
 */
import { createHash } from "node:crypto";
import { gravest } from "../../backup/judge.ts";
import type { Finding, Run } from "../../catalog/index.ts";
import { CancelledError, IntegrityError } from "../../errors.ts";
import { type Difference, describeDifference } from "../../postgres/compare/index.ts";
import { MARKER_SCHEMA, readMarker } from "../../postgres/load/marker.ts";
import { openSession, type Session } from "../../postgres/session.ts";
import {
  type ComparedGroup,
  compareRest,
  compareGroup as compareTables,
  type TableUnit,
  tableUnits,
  unitGroups,
} from "../compare.ts";
import { type Expectation, expectationOf, expectedRowHashes, expectedRows } from "../expectation.ts";
import { type OpenRun, openAgreed, openRun, type RestoreContext, writeItems } from "./context.ts";
import { reportKey, writeReport } from "./reports.ts";
import { settingsOf } from "./settings.ts";

/** The number of what is no table's rows: sequences, large objects, the schema. */
const REST = 0;
/** Marks differences among what the catalog notes of a run. */
const FOUND = "found ";
/** Marks groups that were compared to their end. */
const COMPARED = "compared ";
/** The code of a compared group whose rows were counted though they were to be hashed. */
const COUNTED = "rows-only-counted";
/** Where the run notes how many groups of tables there are; what is no table's rows comes on top. */
const GROUPS = "compareGroups";
/** Where it notes which tables are in which: each call groups them by the target's partitions, which may change meanwhile. */
const GROUPING = "compareGrouping";
/** A database that differs throughout is told as well by its first differences. */
const MOST_FINDINGS = 50;

/** What a restore that has not ended still lacks need not show: its last acts leave no other trace. */
const UNFINISHED: Difference = {
  kind: "schema",
  object: MARKER_SCHEMA,
  aspect: "the mark of a restore that has not ended",
  expected: "absent",
  got: "present",
};

export interface ComparePlanned {
  readonly runId: string;
  readonly epoch: number;
  readonly itemsKey: string;
  /** Numbers in the items: with none, the Map is left out. */
  readonly items: number;
}

/** Cuts the comparison into numbered groups; none when the run asks for none. */
export async function planCompare(runId: string, context: RestoreContext): Promise<ComparePlanned> {
  const { catalog, work } = context;
  const run = await catalog.runs.beat(runId);
  const { options } = settingsOf(run);
  if (options.compare === "off") {
    await catalog.runs.advance(runId, { epoch: run.epoch, to: "comparing" });
    return { runId, epoch: run.epoch, itemsKey: await writeItems(work, run, "compare", []), items: 0 };
  }
  const open = await openCompared(run, context);
  const groups = await withReader(open, async (session) => groupsOf(session, expectedRows(open.point.manifest)));
  const numbers = [...groups.map((_, index) => index + 1), REST];
  const itemsKey = await writeItems(work, run, "compare", numbers);
  const notes = { [GROUPS]: groups.length, [GROUPING]: groupingOf(groups) };
  await catalog.runs.advance(runId, { epoch: run.epoch, to: "comparing", notes });
  return { runId, epoch: run.epoch, itemsKey, items: numbers.length };
}

/**
 * Compares group `n`; differences are noted, not thrown. That it was compared is noted last, so that nothing is lost before.
 * @throws CancelledError `compare-regrouped` when the groups are no longer those of the plan
 */
export async function compareGroup(
  { runId, n }: { readonly runId: string; readonly n: number },
  context: RestoreContext,
): Promise<{ differences: number }> {
  const open = await openCompared(await context.catalog.runs.beat(runId), context);
  const { differences, isHashed } = n === REST ? await restOf(open) : await groupOf(open, n);
  for (const difference of differences.slice(0, MOST_FINDINGS)) {
    const { kind, object, aspect } = difference;
    const error = { name: "IntegrityError", code: `${kind}-differs`, message: describeDifference(difference) };
    await context.catalog.failures.record(open.run, `${FOUND}${kind} ${object} ${aspect}`.slice(0, 250), error);
  }
  const compared = isHashed
    ? { code: "group-compared", message: `${differences.length} differences` }
    : { code: COUNTED, message: "there is nothing to hash these tables by" };
  await context.catalog.failures.record(open.run, `${COMPARED}${n}`, { name: "PreconditionError", ...compared });
  return { differences: differences.length };
}

/** With what a restore was agreed to leave out; on its own a comparison tells that too, for then it is missing. */
function openCompared({ runId, kind }: Run, context: RestoreContext): Promise<OpenRun> {
  return kind === "restore" ? openAgreed(runId, context) : openRun(runId, context);
}

async function groupOf({ run, point, settings, ...open }: OpenRun, n: number): Promise<ComparedGroup> {
  const rows = settings.options.compare === "rows";
  const expected = rows ? expectedRowHashes(point) : expectedRows(point.manifest);
  return withReader(open, async (session) => {
    const groups = await groupsOf(session, expected);
    const group = groups[n - 1];
    if (group === undefined || groupingOf(groups) !== run.notes?.[GROUPING]) throw regrouped(run, n);
    const compared = await compareTables(session, group, expected, rows);
    return { ...compared, isHashed: compared.isHashed || !rows };
  });
}

async function restOf(open: OpenRun): Promise<ComparedGroup> {
  const { run, point, target, settings, applicationName } = open;
  const { compare, create, noOwner, noPrivileges } = settings.options;
  const rows = compare === "rows";
  const differences = await compareRest(target.settings, await expectationOf(point, { rows }), {
    rows,
    sessions: 1,
    applicationName,
    ignoreOwners: noOwner,
    ignorePrivileges: noPrivileges,
    ignoreDatabase: !create,
    ignoreLastAct: run.kind === "restore",
  });
  const isUnfinished = run.kind !== "restore" && (await withReader(open, readMarker)) !== undefined;
  return { differences: isUnfinished ? [UNFINISHED, ...differences] : differences, isHashed: true };
}

async function groupsOf(session: Session, expected: Expectation): Promise<TableUnit[][]> {
  return unitGroups(await tableUnits(session, expected.tables));
}

/** The same for the same tables in the same groups, in few bytes: there may be ten thousands of them. */
function groupingOf(groups: readonly (readonly TableUnit[])[]): string {
  const named = groups.map((group) => group.map(({ tables }) => tables.map(({ schema, name }) => [schema, name])));
  return createHash("sha256").update(JSON.stringify(named)).digest("hex");
}

/** A table may have gone into a group that was compared before: it would be in none. */
function regrouped({ runId }: Run, n: number): CancelledError {
  return new CancelledError("compare-regrouped", `group ${n} of run ${runId} holds other tables than was planned`, {
    hint: "Somebody has attached or detached partitions in the target meanwhile; start the comparison, or the restore, again.",
  });
}

async function withReader<Result>(
  { target, applicationName }: Pick<OpenRun, "target" | "applicationName">,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const session = await openSession(target.settings, { purpose: "read", applicationName });
  return work(session).finally(() => session.end());
}

/**
 * Writes the report into the vault and the findings into the run. Nothing that was not looked at passes for identical.
 * @throws CancelledError `compare-stood-still` when a group was never compared to its end; IntegrityError `restore-differs` naming the first differences; the gravest error when a group could not be compared
 */
export async function judgeCompare(
  runId: string,
  { catalog, vault }: Pick<RestoreContext, "catalog" | "vault">,
): Promise<{ runId: string; identical: boolean }> {
  const run = await catalog.runs.beat(runId);
  const noted = await catalog.failures.list(run);
  const found = noted.filter(({ where }) => where.startsWith(FOUND));
  const compared = noted.filter(({ where }) => where.startsWith(COMPARED));
  const failed = noted.filter(({ where }) => !where.startsWith(FOUND) && !where.startsWith(COMPARED));
  const asked = settingsOf(run).options.compare;
  if (failed.length > 0) throw gravest(failed, run, 0);
  if (asked === "off") return { runId, identical: false };
  assertAllCompared(run, new Set(compared.map(({ where }) => where)));
  const level = compared.some(({ error }) => error.code === COUNTED) ? "counts" : asked;
  const findings = found.map(({ where, error }): Finding => {
    return { where: where.slice(FOUND.length), code: error.code, message: error.message };
  });
  await writeReport(vault, run, "compare", { level, identical: findings.length === 0, differences: findings });
  await catalog.runs.setFindings(runId, findings.slice(0, MOST_FINDINGS));
  const [first] = findings;
  if (first === undefined) return { runId, identical: true };
  const more = findings.length === 1 ? "" : ` (and ${findings.length - 1} more)`;
  throw new IntegrityError("restore-differs", `${first.message}${more}`, {
    hint: `All differences are in the vault under ${reportKey(run, "compare")}.`,
  });
}

/** @throws CancelledError `compare-stood-still` */
function assertAllCompared(run: Run, compared: ReadonlySet<string>): void {
  const groups = Number(run.notes?.[GROUPS]);
  const isPlanned = Number.isInteger(groups);
  const numbers = Array.from({ length: isPlanned ? groups + 1 : 0 }, (_, n) => n);
  const missing = numbers.filter((n) => !compared.has(`${COMPARED}${n}`));
  if (isPlanned && missing.length === 0) return;
  const what = isPlanned ? `${missing.length} of ${numbers.length} groups were never compared` : "nothing was planned";
  throw new CancelledError("compare-stood-still", `${what} by run ${run.runId}`, {
    hint: "A part of the run was lost without a word, or stopped from outside; start the comparison, or the restore, again.",
  });
}
