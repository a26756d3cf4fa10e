/** One connection to PostgreSQL whose answers depend on the data alone. @module */
import pg from "pg";
import { CancelledError, HoldfastError, PreconditionError } from "../errors.ts";
import { cancelRunningQuery } from "./client/cancel.ts";
import { CONNECT_TIMEOUT_MILLIS, connect, TIMED_OUT } from "./client/connect.ts";
import { FIRST_PIN, pinStatements, type SessionPurpose } from "./client/pins.ts";
import { backendPid, refuseTransactionPooler } from "./client/pooler.ts";
import { liftingTimeLimits } from "./client/time-limits.ts";
import { type ConnectionSettings, describeConnection } from "./connection.ts";
import { mapPostgresError } from "./errors.ts";

export interface SessionOptions {
  readonly purpose: SessionPurpose;
  /** Seen in pg_stat_activity and in other tools' lock reports, e.g. `holdfast hold shop-2026…`. */
  readonly applicationName: string;
  /** How long a statement waits for a lock; 0 waits for ever. Default 60 s. */
  readonly lockTimeoutMillis?: number;
  /** How long connecting may take, and again what is asked first. Default: the connection's own, or 20 s. */
  readonly connectTimeoutMillis?: number;
  /** Aborting destroys the connection: whatever runs fails as CancelledError or the signal's own reason. */
  readonly signal?: AbortSignal;
}

export interface Session {
  /** For the driver's own features; its errors are not mapped. */
  readonly client: pg.Client;
  readonly settings: ConnectionSettings;
  readonly backendPid: number;
  /** server_version_num, e.g. 180004 */
  readonly serverVersion: number;
  /** The server's encoding by PostgreSQL's name, e.g. UTF8; COPY reads and writes it unconverted. */
  readonly encoding: string;
  /** True where a pooler or proxy stands between; it keeps one server session for one of ours, else opening had failed. */
  readonly isProxied: boolean;
  /** Aborts when the connection ends without having been asked to; its reason is the mapped error. */
  readonly lost: AbortSignal;
  /** Rows of one statement. @throws HoldfastError, mapped by `mapPostgresError`. */
  query<Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Asks the server to cancel the running statement; best effort, never throws. */
  cancel(): Promise<void>;
  /** Says goodbye, or cuts the line where something still runs. May be called twice; never throws. */
  end(): Promise<void>;
}

const DEFAULT_LOCK_TIMEOUT_MILLIS = 60_000;
const GOODBYE_MILLIS = 5_000;
/** The session is over after an error of these. */
const ENDING = new Set(["FATAL", "PANIC"]);

/**
 * Connects, refuses a transaction pooler before it sets anything, pins every setting.
 * @throws SourceUnavailableError, ConfigurationError (login, trust), PreconditionError `transaction-pooler`, `server-too-old`.
 */
export async function openSession(settings: ConnectionSettings, options: SessionOptions): Promise<Session> {
  return liftingTimeLimits(
    (startup) => open(settings, options, startup),
    () => options.signal?.aborted === true,
  );
}

async function open(
  settings: ConnectionSettings,
  options: SessionOptions,
  startup: string | undefined,
): Promise<Session> {
  const { purpose, applicationName, lockTimeoutMillis = DEFAULT_LOCK_TIMEOUT_MILLIS, signal } = options;
  const connectTimeoutMillis = options.connectTimeoutMillis ?? settings.connectTimeoutMillis ?? CONNECT_TIMEOUT_MILLIS;
  signal?.throwIfAborted();
  // What the server said when it ended the session; whatever is asked afterwards fails for that reason.
  let farewell: unknown;
  const onError = (error: unknown): void => {
    farewell ??= error;
  };
  const client = await connect(settings, applicationName, connectTimeoutMillis, { options: startup, onError });
  const lost = new AbortController();
  let isEnding = false;
  let abortReason: HoldfastError | undefined;
  let cancelling: Promise<void> | undefined;
  client.on("end", () => {
    const reason = farewell ?? new Error("connection terminated");
    if (!isEnding) lost.abort(abortReason ?? mapPostgresError(reason, "in a session"));
  });
  const cut = (): void => {
    abortReason = abortOf(signal);
    // A server that computes does not look at its socket: without the request the statement would go on.
    cancelling = cancelRunningQuery(settings, client);
    client.connection.stream.destroy();
  };
  signal?.addEventListener("abort", cut, { once: true });
  // While it was connecting nobody listened.
  if (signal?.aborted === true) cut();

  const run = async <Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]> => {
    try {
      const result = await client.query<Row>(text, values === undefined ? undefined : [...values]);
      return result.rows;
    } catch (error) {
      const isServers = error instanceof pg.DatabaseError;
      if (isServers && ENDING.has(error.severity ?? "")) farewell ??= error;
      throw abortReason ?? mapPostgresError(isServers ? error : (farewell ?? error), "in a session");
    }
  };
  const end = async (): Promise<void> => {
    isEnding = true;
    signal?.removeEventListener("abort", cut);
    const timer = setTimeout(() => client.connection.stream.destroy(), GOODBYE_MILLIS);
    await client.end().catch(() => {});
    clearTimeout(timer);
    await cancelling;
  };

  const timer = setTimeout(() => client.connection.stream.destroy(new Error(TIMED_OUT)), connectTimeoutMillis);
  try {
    const server = await identify(client, settings);
    const announced = (client as unknown as { processID: number | null }).processID;
    const isProxied = announced !== server.pid;
    if (isProxied) await refuseTransactionPooler(client, settings, applicationName);
    await run(FIRST_PIN);
    await run(pinStatements({ purpose, lockTimeoutMillis, serverVersion: server.version }));
    // Only where they are on, since switching them takes a right: with them damage is read as if nothing had been there.
    for (const name of server.hiding) await run(`SET ${name} = off`);
    return {
      client,
      settings,
      backendPid: server.pid,
      serverVersion: server.version,
      encoding: server.encoding,
      isProxied,
      lost: lost.signal,
      query: run,
      cancel: () => cancelRunningQuery(settings, client),
      end,
    };
  } catch (error) {
    await end();
    const isSaid = error instanceof pg.DatabaseError || error instanceof HoldfastError;
    const reason = isSaid ? error : (farewell ?? error);
    throw abortReason ?? mapPostgresError(reason, `opening a session at ${describeConnection(settings)}`);
  } finally {
    clearTimeout(timer);
  }
}

/** Before PostgreSQL 14 the settings and catalogs this engine reads differ. */
const OLDEST_SERVER = 140000;

const IDENTIFY = `
SELECT pg_catalog.current_setting('server_version_num') AS version, pg_catalog.current_setting('server_encoding') AS encoding,
       ARRAY(SELECT name FROM pg_catalog.unnest(ARRAY['zero_damaged_pages', 'ignore_checksum_failure']) AS name
              WHERE pg_catalog.current_setting(name)::pg_catalog.bool) AS hiding`;

async function identify(client: pg.Client, settings: ConnectionSettings) {
  const pid = await backendPid(client);
  const { rows } = await client.query<{ version: string; encoding: string; hiding: string[] }>(IDENTIFY);
  const version = Number(rows[0]?.version);
  const encoding = rows[0]?.encoding ?? "";
  const hiding = rows[0]?.hiding ?? [];
  if (version >= OLDEST_SERVER) return { pid, version, encoding, hiding };
  throw new PreconditionError(
    "server-too-old",
    `the server at ${describeConnection(settings)} is version ${version}, allowed is ${OLDEST_SERVER} and newer`,
    { hint: "Upgrade the server; PostgreSQL 15 to 18 are supported." },
  );
}

function abortOf(signal: AbortSignal | undefined): HoldfastError {
  const reason: unknown = signal?.reason;
  if (reason instanceof HoldfastError) return reason;
  return new CancelledError("session-aborted", "the session was asked to stop", { cause: reason });
}
