/**
 * Sessions that write a target.
 * @module
 */
import type { ConnectionSettings } from "../connection.ts";
import { openSession, type Session } from "../session.ts";

export interface LoadSessionOptions {
  /** Seen in pg_stat_activity, e.g. `holdfast load shop-2026…`. */
  readonly applicationName: string;
  readonly signal?: AbortSignal;
}

/**
 * A lost commit is loaded again, for its marker row is lost with it: waiting for the disk at every commit buys nothing
 * until the marker is dropped, which is done with synchronous_commit on. 256 MB sorts some million keys without
 * temporary files and is four times PostgreSQL's default; a server set higher keeps its own.
 */
const LOAD_SETTINGS = `
SET synchronous_commit = off;
SELECT pg_catalog.set_config('maintenance_work_mem', '256MB', false)
 WHERE pg_catalog.pg_size_bytes(pg_catalog.current_setting('maintenance_work_mem')) < pg_catalog.pg_size_bytes('256MB')`;

/** @throws SourceUnavailableError, ConfigurationError and PreconditionError as `openSession`. */
export async function openLoadSession(settings: ConnectionSettings, options: LoadSessionOptions): Promise<Session> {
  const session = await openSession(settings, { purpose: "write", ...options });
  try {
    await session.query(LOAD_SETTINGS);
    return session;
  } catch (error) {
    await session.end();
    throw error;
  }
}

/** Opens, works, ends, whatever happens between. */
export async function withLoadSession<Result>(
  settings: ConnectionSettings,
  options: LoadSessionOptions,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const session = await openLoadSession(settings, options);
  try {
    return await work(session);
  } finally {
    await session.end();
  }
}
