/**
 * Tells a transaction pooler from a session of one's own, before anything is set: what is set through such a pooler
 * stays on a connection that the application gets next.
 * @module
 */
import type pg from "pg";
import { PreconditionError } from "../../errors.ts";
import { type ConnectionSettings, describeConnection } from "../connection.ts";
import { mapPostgresError } from "../errors.ts";
import { connect, TIMED_OUT } from "./connect.ts";
import { liftingTimeLimits } from "./time-limits.ts";

/** A server answers this at once; a pooler whose only connection is taken does not answer at all. */
const ANSWER_MILLIS = 5_000;
/** A pooler whose every connection is taken by others lets the second one wait. */
const WAIT_MILLIS = 30_000;

/**
 * Opens a transaction on a second connection and asks the first one for its backend: a pooler that hands the first
 * one's idle backend to the second must give the first another, or none.
 * @throws PreconditionError `transaction-pooler`
 */
export async function refuseTransactionPooler(
  client: pg.Client,
  settings: ConnectionSettings,
  applicationName: string,
): Promise<void> {
  const before = await backendPid(client);
  const isOwn = await liftingTimeLimits(async (options) => {
    let farewell: unknown;
    const onError = (error: unknown): void => {
      farewell ??= error;
    };
    const other = await connect(settings, applicationName, undefined, { options, onError });
    const timer = setTimeout(() => other.connection.stream.destroy(new Error(TIMED_OUT)), WAIT_MILLIS);
    try {
      await other.query("BEGIN");
      const taken = await backendPid(other);
      const after = await answerOf(client);
      return taken !== before && after === before;
    } catch (error) {
      throw mapPostgresError(farewell ?? error, `looking for a pooler at ${describeConnection(settings)}`);
    } finally {
      clearTimeout(timer);
      await other.query("ROLLBACK").catch(() => {});
      await other.end().catch(() => {});
    }
  });
  if (isOwn) return;
  throw new PreconditionError(
    "transaction-pooler",
    `${describeConnection(settings)} is a pooler that changes the server session between transactions`,
    { hint: "Give the database's direct endpoint or a session pooler: locks and snapshots belong to one session." },
  );
}

/** The server's own process number; what the protocol's start-up says is the pooler's invention where there is one. */
export async function backendPid(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>("SELECT pg_catalog.pg_backend_pid() AS pid");
  return rows[0]?.pid ?? 0;
}

async function answerOf(client: pg.Client): Promise<number | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ANSWER_MILLIS);
  });
  try {
    return await Promise.race([backendPid(client), silence]);
  } finally {
    clearTimeout(timer);
  }
}
