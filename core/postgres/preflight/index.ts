/** What must hold before a run begins, each refusal by its own code; run it before any lock is taken. @module */
import { PreconditionError } from "../../errors.ts";
import { refuseTransactionPooler } from "../client/pooler.ts";
import type { Session } from "../session.ts";
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
 * `row-security-hides-rows`, `unlogged-on-standby`, `name-not-utf8`, `max-connections-too-low`, `lock-table-too-small`; SourceUnavailableError.
 */
export async function preflight(session: Session, options: { readonly workers: number }): Promise<PreflightReport> {
  checkVersion(session);
  // `openSession` looks only where the protocol gives a pooler away; here it is made sure.
  await refuseTransactionPooler(session.client, session.settings, "holdfast preflight");
  const server = await identifyServer(session);
  await checkNames(session);
  await checkPrivileges(session);
  const { workers, warnings } = await checkCapacity(session, options.workers);
  return { server, workers, warnings: [...warnings, ...(await collectWarnings(session))] };
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
