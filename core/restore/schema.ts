/**
 * The phases that run in order in one session.
 * @module
 */
import type { RestoreEntry, RestorePhases } from "../postgres/ddl/index.ts";
import { entryStepWithFallbacks } from "../postgres/load/entries.ts";
import { recomputingSteps } from "../postgres/load/generated.ts";
import { ownershipSteps } from "../postgres/load/ownership.ts";
import { askingSteps, type Constrained } from "../postgres/load/postponed.ts";
import { PINNED_TIME_ZONE, useTimeZone } from "../postgres/load/row-settings.ts";
import { inOwnName as grantedInOwnName, type RunStepsOptions, runSteps, type Step } from "../postgres/load/steps.ts";
import type { Session } from "../postgres/session.ts";

export type OrderedPhase = "preData" | "indexAttachments" | "rest" | "privileges" | "eventTriggers";

/**
 * Runs a phase of the archive, or what is left of it. @throws as `runSteps`
 */
export async function runPhase(
  session: Session,
  phases: RestorePhases,
  phase: OrderedPhase,
  options: RunStepsOptions = {},
): Promise<void> {
  await pinForDdl(session, phases, options);
  const { before, after } = await ownershipSteps(session, [...phases.preData, ...phases.rest]);
  const entries = await sayable(session, phases, phase);
  const { searchPath } = phases;
  const steps = entries.flatMap((entry) => [
    ...[before.get(entry.dumpId)].filter((step) => step !== undefined),
    withOwnName(entryStepWithFallbacks(entry, searchPath), entry),
  ]);
  // Of tables too that no index was built on.
  if (phase === "rest") await recompute(session, phases, tablesOf(phases), options);
  await runSteps(session, phase, phase === "privileges" ? [...after, ...steps] : steps, options);
  if (phase === "preData")
    await runSteps(session, "postpone", await askingSteps(session, constrained(phases)), options);
}

async function sayable(session: Session, phases: RestorePhases, phase: OrderedPhase): Promise<readonly RestoreEntry[]> {
  if (phase === "privileges") return grantable(session, phases.privileges);
  if (phase === "preData" && phases.preData.some(isPlpgsql) && (await hasUnusedPlpgsql(session))) {
    return phases.preData.map((entry) =>
      isPlpgsql(entry) ? { ...entry, statements: ["DROP EXTENSION plpgsql;", ...entry.statements] } : entry,
    );
  }
  return phases[phase];
}

const isPlpgsql = ({ desc, name }: RestoreEntry): boolean => desc === "EXTENSION" && name === "plpgsql";

/** The one that every database is made with gives way to one that the source had made itself, as after pg_upgrade. */
async function hasUnusedPlpgsql(session: Session): Promise<boolean> {
  const rows = await session.query(
    `SELECT FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_roles r ON r.rolname = current_user AND r.rolsuper
      WHERE e.extname = 'plpgsql' AND e.oid < 16384 AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid = p.prolang AND l.lanname = 'plpgsql')`,
  );
  return rows.length > 0;
}

function constrained({ preData }: RestorePhases): Constrained[] {
  return preData.flatMap(({ desc, schema, name }): Constrained[] =>
    (desc === "TABLE" || desc === "DOMAIN") && schema !== undefined ? [{ kind: desc, schema, name }] : [],
  );
}

function tablesOf(phases: RestorePhases): Constrained[] {
  return constrained(phases).filter(({ kind }) => kind === "TABLE");
}

async function recompute(
  session: Session,
  { searchPath, timeZone }: RestorePhases,
  tables: readonly { readonly schema: string; readonly name: string }[],
  options: RunStepsOptions,
): Promise<void> {
  const steps = await recomputingSteps(session, tables, searchPath);
  if (steps.length === 0) return;
  // As while the rows were loaded: under another zone what is right would be made wrong.
  await useTimeZone(session, timeZone);
  // Each by itself: a long one holds up no other table's indexes.
  for (const step of steps) await runSteps(session, step.name, [step], options);
  await useTimeZone(session, PINNED_TIME_ZONE);
}

/** Some entries of one parallel phase, in order. */
export async function runUnit(
  session: Session,
  phases: RestorePhases,
  unit: readonly RestoreEntry[],
  options: RunStepsOptions = {},
): Promise<void> {
  const steps = unit.map((entry) => entryStepWithFallbacks(entry, phases.searchPath));
  await pinForDdl(session, phases, options);
  await recompute(
    session,
    phases,
    unit.flatMap(({ table }) => table ?? []),
    options,
  );
  await runSteps(session, steps[0]?.name ?? "nothing", steps, options);
}

/** Who cannot act as a grantor grants in its own name, which PostgreSQL takes for the owner's. */
function withOwnName(step: Step, { statements, asGrantors, inOwnName }: RestoreEntry): Step {
  if (asGrantors === undefined || inOwnName === undefined || statements !== asGrantors) return step;
  const isSame = inOwnName.every((statement, at) => statement === asGrantors[at]);
  if (isSame) return step;
  return { ...step, fallbacks: [...(step.fallbacks ?? []), grantedInOwnName(inOwnName)] };
}

/** Only a superuser may begin a session in the name of others. */
async function grantable(session: Session, entries: readonly RestoreEntry[]): Promise<readonly RestoreEntry[]> {
  const [role] = await session.query<{ super: boolean }>(
    "SELECT rolsuper AS super FROM pg_catalog.pg_roles WHERE rolname = current_user",
  );
  if (role?.super === true) return entries;
  return entries.map((entry) => ({ ...entry, statements: entry.asGrantors ?? entry.statements }));
}

/**
 * pg_dump's statements count on these; notices would be sent at once and fail where the client has gone. Who has no deadline
 * waits for the other sessions' work on the same table, which may take hours, as long as it lasts.
 */
async function pinForDdl(session: Session, phases: RestorePhases, { deadline }: RunStepsOptions): Promise<void> {
  const waiting = deadline === undefined ? ["SET lock_timeout = 0;"] : [];
  await session.query([...phases.settings, "SET client_min_messages = error;", ...waiting].join("\n"));
}
