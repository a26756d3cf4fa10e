/** What must hold before a run begins, each refusal by its own code; run it before any lock is taken. @module */
import { PreconditionError } from "../../errors.ts";
import { refuseTransactionPooler } from "../client/pooler.ts";
import { checkParts, type LeftOut, type SourceParts } from "../parts/index.ts";
import type { Session } from "../session.ts";
import { qualifiedName } from "../sql.ts";
import { checkCapacity } from "./capacity.ts";
import { identifyServer, type ServerIdentity } from "./identity.ts";
import { checkNames } from "./names.ts";
import { checkPrivileges } from "./privileges.ts";
import { collectWarnings, type Warning } from "./warnings.ts";

export type { ServerIdentity } from "./identity.ts";
export type { Warning } from "./warnings.ts";

export interface PreflightReport {
  readonly server: ServerIdentity;
  readonly warnings: Warning[];
  /** How many connections may copy at once; fewer than asked for where fewer are free, and a warning then says so. */
  readonly workers: number;
}

/** The bundled pg_dump's major version reads servers up to its own. */
export const NEWEST_SERVER_MAJOR = 18;

/**
 * Reads, never writes; needs one more connection for a moment.
 * @param session pinned for reading, in no transaction
 * @throws PreconditionError `server-newer-than-pg-dump`, `transaction-pooler`, `privilege-missing`,
 * `parts-unmatched`, `parts-need-more`, `row-security-hides-rows`, `unlogged-on-standby`, `name-not-utf8`, `max-connections-too-low`, `lock-table-too-small`; SourceUnavailableError.
 */
export async function preflight(
  session: Session,
  options: { readonly workers: number; readonly parts?: SourceParts | undefined },
): Promise<PreflightReport> {
  const { parts } = options;
  const choice = parts?.choice;
  checkVersion(session);
  // `openSession` looks only where the protocol gives a pooler away; here it is made sure.
  await refuseTransactionPooler(session.client, session.settings, "holdfast preflight");
  const server = await identifyServer(session);
  await checkNames(session);
  const left = parts === undefined ? [] : leftOutWarnings(await checkParts(session, parts), parts);
  await checkPrivileges(session, choice);
  const { workers, warnings } = await checkCapacity(session, options.workers, choice);
  return { server, workers, warnings: [...warnings, ...left, ...(await collectWarnings(session, choice))] };
}

/** Said once in every run: what is not in its restore point. */
function leftOutWarnings({ relations, alongside }: LeftOut, { excludeData }: SourceParts): Warning[] {
  const rows = excludeData.length === 0 ? "" : `; of ${excludeData.join(" ")} no rows`;
  const message = `the restore point holds parts only: ${relations.length} relations are left out as configured${rows}`;
  return [
    { code: "parts-left-out", message },
    ...alongside.map((view) => ({
      code: "parts-left-out",
      message: "it reads what is left out, and so is left out too",
      object: qualifiedName(view),
    })),
  ];
}

function checkVersion({ serverVersion }: Session): void {
  const major = Math.floor(serverVersion / 10_000);
  if (major <= NEWEST_SERVER_MAJOR) return;
  throw new PreconditionError(
    "server-newer-than-pg-dump",
    `the server is PostgreSQL ${major}, pg_dump ${NEWEST_SERVER_MAJOR} reads up to its own version`,
    { hint: "Upgrade Holdfast to a release with a newer pg_dump." },
  );
}
