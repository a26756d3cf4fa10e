/**
 * Servers of several versions for the tests that hold versions against each other (ADR 0117): started for one file, each on a free port.
 * @module
 */
import { inject } from "vitest";
import { hasServer, type LocalPostgres, MAJORS, type Major, startPostgres } from "../../infra/local/postgres.ts";
import type { PostgresServer } from "./postgres-setup.ts";

const OWN: Major = 18;

/** Those that this platform has servers of, oldest first. */
export const MAJORS_HERE: readonly Major[] = MAJORS.filter(hasServer);

export interface Servers {
  /** @throws Error when it was not asked for */
  of(version: Major): PostgresServer;
  /** Ends those that were started; the run's own server stays. */
  stop(): Promise<void>;
}

/**
 * 18 is the run's own server. When one does not start, those that did are ended.
 * @param initdb of single versions, where it is not the usual
 */
export async function startServers(
  versions: readonly Major[],
  initdb: Partial<Record<Major, readonly string[]>> = {},
): Promise<Servers> {
  const older = versions.filter((version) => version !== OWN);
  const started = await Promise.allSettled(
    older.map((version) => startPostgres({ version, ...(initdb[version] && { initdb: initdb[version] }) })),
  );
  const running = started.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const stop = async (): Promise<void> => {
    await Promise.all(running.map((server) => server.stop()));
  };
  const failed = started.find((one) => one.status === "rejected");
  if (failed !== undefined) {
    await stop();
    throw failed.reason;
  }
  const servers = new Map<Major, LocalPostgres | undefined>(older.map((version, index) => [version, running[index]]));
  return {
    of: (version) => {
      const server = version === OWN ? inject("postgres") : servers.get(version);
      if (server === undefined) throw new Error(`no server of version ${version} was started`);
      return server;
    },
    stop,
  };
}
