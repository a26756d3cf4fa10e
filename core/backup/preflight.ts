/** Whether a backup can succeed at all, asked before anything is locked. @module */
import type { Run } from "../catalog/index.ts";
import { SourceUnavailableError } from "../errors.ts";
import { type PreflightReport, preflight } from "../postgres/preflight/index.ts";
import { identityWarnings } from "./identity.ts";
import { phase } from "./phases.ts";
import { openSource, type SourceContext } from "./session.ts";
import { backupSettings, partsOf } from "./settings.ts";
import { boundWarnings } from "./warnings.ts";

/** Notes with the run the server's identity, warnings, and how many connections may copy. @throws what preflight and openSession throw */
export async function preflightBackup(
  runId: string,
  epoch: number,
  context: Pick<SourceContext, "catalog" | "readConnection" | "mintToken" | "deadline">,
): Promise<{ runId: string }> {
  const { catalog } = context;
  const run = await catalog.runs.advance(runId, { epoch, from: [phase.preparing] });
  const { server, warnings, workers } = await ask(run, context);
  const [last] = await catalog.restorePoints.list(run.source, 1);
  // First, so that no number of others hides it.
  const known = [...identityWarnings(server, last), ...warnings];
  const notes = { server, workers, warnings: boundWarnings(known) };
  await catalog.runs.advance(runId, { epoch, from: [phase.preparing], notes });
  return { runId };
}

/** Bounded: a server that has fallen silent, or a path to it that has, is named before the function is ended. */
async function ask(
  run: Run,
  context: Pick<SourceContext, "readConnection" | "mintToken" | "deadline">,
): Promise<PreflightReport> {
  const silence = new AbortController();
  const millis = context.deadline.remainingMillis();
  const timer = setTimeout(() => silence.abort(answerLate(millis)), millis);
  try {
    const session = await openSource(run, "preflight", context, silence.signal);
    const settings = backupSettings(run);
    const asked = { workers: settings.concurrency, parts: partsOf(settings) };
    return await preflight(session, asked).finally(() => session.end());
  } finally {
    clearTimeout(timer);
  }
}

function answerLate(millis: number): SourceUnavailableError {
  return new SourceUnavailableError(
    "answer-late",
    `the server has not answered within ${Math.round(millis / 1000)} s`,
    {
      hint: "Look whether the server is overloaded, or something on the way drops its packets.",
    },
  );
}
