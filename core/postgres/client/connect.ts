/** A bare connection of the driver: TLS, keepalive, time limit; nothing is set on it yet. @module */
import pg from "pg";
import { type ConnectionSettings, describeConnection } from "../connection.ts";
import { mapPostgresError } from "../errors.ts";

/** Long enough for a database that wakes from sleep, short enough for several tries within one function. */
export const CONNECT_TIMEOUT_MILLIS = 20_000;
/** What the driver says when its own time limit has passed. */
export const TIMED_OUT = "timeout expired";
/** NAT gateways drop what is idle for 350 s. */
const KEEPALIVE_MILLIS = 60_000;

/**
 * Connects and logs in. The client carries an error listener, so a lost connection never ends the process.
 * @throws SourceUnavailableError, ConfigurationError (login, trust) as `mapPostgresError` says.
 */
export async function connect(
  settings: ConnectionSettings,
  applicationName: string,
  timeoutMillis = CONNECT_TIMEOUT_MILLIS,
): Promise<pg.Client> {
  const { host, port, user, database, password } = settings;
  const client = new pg.Client({
    host,
    port,
    user,
    database,
    // Always a function: an empty password must not make the driver look into the environment or a file.
    password: typeof password === "string" ? () => password : password,
    ssl: tlsOptions(settings),
    sslnegotiation: "postgres",
    application_name: applicationName,
    connectionTimeoutMillis: timeoutMillis,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEPALIVE_MILLIS,
  });
  client.on("error", () => {});
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => {});
    throw mapPostgresError(error, `connecting to ${describeConnection(settings)}`);
  }
}

/** What Node.js verifies; without `ca` its own authorities, the machine's extra ones included. */
export function tlsOptions({ tls }: ConnectionSettings): pg.ClientConfig["ssl"] {
  if (tls.mode === "disable") return false;
  const trust = tls.ca === undefined ? {} : { ca: tls.ca };
  if (tls.mode === "no-verify") return { ...trust, rejectUnauthorized: false };
  if (tls.mode === "verify-ca") return { ...trust, rejectUnauthorized: true, checkServerIdentity: () => undefined };
  return { ...trust, rejectUnauthorized: true };
}
