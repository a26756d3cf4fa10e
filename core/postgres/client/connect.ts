/** A bare connection of the driver: TLS, keepalive, time limit; nothing is set on it yet. @module */
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { ConfigurationError, HoldfastError } from "../../errors.ts";
import { type ConnectionSettings, describeConnection } from "../connection.ts";
import { mapPostgresError } from "../errors.ts";

/** Long enough for a database that wakes from sleep, short enough for several tries within one function. */
export const CONNECT_TIMEOUT_MILLIS = 20_000;
/** What the driver says when its own time limit has passed. */
export const TIMED_OUT = "timeout expired";
/** NAT gateways drop what is idle for 350 s. */
const KEEPALIVE_MILLIS = 60_000;

/** A token may be refused that would be good a second later: RDS limits how many it checks at a time. */
const TOKEN_ATTEMPTS = 3;
const TOKEN_PAUSE_MILLIS = 1_000;
const LOGIN_FAILED = new Set(["authentication-failed", "authentication-refused"]);

export interface ConnectExtra {
  /** Of the protocol's start-up, which win over settings of a database or role; poolers refuse them. */
  readonly options?: string | undefined;
  /** What ends the connection while nothing is asked, from its first moment on. */
  readonly onError?: (error: Error) => void;
}

/**
 * Connects and logs in, a refused token replaced by a fresh one within bounds. The client carries an error listener, so a
 * lost connection never ends the process.
 * @throws SourceUnavailableError, ConfigurationError (login, trust) as `mapPostgresError` says; ConfigurationError
 * `token-refused`, `token-not-minted`.
 */
export async function connect(
  settings: ConnectionSettings,
  applicationName: string,
  timeoutMillis = settings.connectTimeoutMillis ?? CONNECT_TIMEOUT_MILLIS,
  extra: ConnectExtra = {},
): Promise<pg.Client> {
  const { password } = settings;
  if (typeof password === "string") return login(settings, password, applicationName, timeoutMillis, extra);
  let refused: HoldfastError | undefined;
  for (let attempt = 1; attempt <= TOKEN_ATTEMPTS; attempt += 1) {
    if (refused !== undefined) await delay((attempt - 1) * TOKEN_PAUSE_MILLIS);
    try {
      return await login(settings, await mint(password), applicationName, timeoutMillis, extra);
    } catch (error) {
      if (!(error instanceof HoldfastError) || !LOGIN_FAILED.has(error.code)) throw error;
      refused = error;
    }
  }
  throw tokenRefused(refused);
}

async function mint(token: () => Promise<string>): Promise<string> {
  return token().catch((cause: unknown) => {
    if (cause instanceof HoldfastError) throw cause;
    const message = `no token could be signed: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new ConfigurationError("token-not-minted", message, {
      hint: "Check the credentials and the region of the process; the connection's secret may name a region.",
      cause,
    });
  });
}

function tokenRefused(cause: HoldfastError | undefined): ConfigurationError {
  return new ConfigurationError("token-refused", `${TOKEN_ATTEMPTS} fresh tokens were refused: ${cause?.message}`, {
    hint: "Name resource and user as iam in the configuration and deploy, GRANT rds_iam to the user, enable IAM authentication, and give the instance's own endpoint as host.",
    cause,
  });
}

async function login(
  settings: ConnectionSettings,
  password: string,
  applicationName: string,
  timeoutMillis: number,
  { options, onError = () => {} }: ConnectExtra,
): Promise<pg.Client> {
  const { host, port, user, database } = settings;
  const client = new pg.Client({
    host,
    port,
    user,
    database,
    // A function: an empty password must not make the driver look into the environment or a file.
    password: () => password,
    ssl: tlsOptions(settings),
    sslnegotiation: "postgres",
    application_name: applicationName,
    connectionTimeoutMillis: timeoutMillis,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEPALIVE_MILLIS,
    ...(options !== undefined && { options }),
  });
  client.on("error", onError);
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
