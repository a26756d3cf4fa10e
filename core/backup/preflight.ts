/** Whether a backup can succeed at all, asked before anything is locked. @module */
import { preflight } from "../postgres/preflight/index.ts";
import { identityWarnings } from "./identity.ts";
import { openSource, type SourceContext } from "./session.ts";
import { backupSettings } from "./settings.ts";
import { boundWarnings } from "./warnings.ts";

/** Notes with the run the server's identity, warnings, and how many connections may copy. @throws what preflight and openSession throw */
export async function preflightBackup(
  runId: string,
  context: Pick<SourceContext, "catalog" | "readConnection">,
): Promise<{ runId: string }> {
  const { catalog } = context;
  const run = await catalog.runs.beat(runId);
  const session = await openSource(run, "preflight", context);
  try {
    const { server, warnings, workers } = await preflight(session, { workers: backupSettings(run).concurrency });
    const [last] = await catalog.restorePoints.list(run.source, 1);
    // First, so that no number of others hides it.
    const known = [...identityWarnings(server, last), ...warnings];
    await catalog.runs.note(runId, run.epoch, { server, workers, warnings: boundWarnings(known) });
    return { runId };
  } finally {
    await session.end();
  }
}
