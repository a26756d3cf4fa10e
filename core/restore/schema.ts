/**
 * The phases that run in order in one session.
 * @module
 */
import type { RestoreEntry, RestorePhases } from "../postgres/ddl/index.ts";
import { entryStep } from "../postgres/load/entries.ts";
import { ownershipSteps } from "../postgres/load/ownership.ts";
import { type RunStepsOptions, runSteps } from "../postgres/load/steps.ts";
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
  await pinForDdl(session, phases);
  const { before, after } = await ownershipSteps(session, [...phases.preData, ...phases.rest]);
  const steps = phases[phase].flatMap((entry) => [before.get(entry.dumpId) ?? [], entryStep(entry)].flat());
  await runSteps(session, phase, phase === "privileges" ? [...after, ...steps] : steps, options);
}

/** Some entries of one parallel phase, in order. */
export async function runUnit(
  session: Session,
  phases: RestorePhases,
  unit: readonly RestoreEntry[],
  options: RunStepsOptions = {},
): Promise<void> {
  const steps = unit.map(entryStep);
  await pinForDdl(session, phases);
  await runSteps(session, steps[0]?.name ?? "nothing", steps, options);
}

/** pg_dump's statements count on these; notices would be sent at once and fail where the client has gone. */
async function pinForDdl(session: Session, phases: RestorePhases): Promise<void> {
  await session.query([...phases.settings, "SET client_min_messages = error;"].join("\n"));
}
