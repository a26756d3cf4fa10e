/**
 * Where a database is, as whom to connect and whom to trust, read from the text of a secret.
 * Amazon's certificate authorities for RDS are not in the common stores: give their bundle as `sslrootcert`,
 * or start Node with NODE_EXTRA_CA_CERTS naming a file that holds it.
 * @module
 */
import { z } from "zod";
import { ConfigurationError } from "../errors.ts";

/**
 * `verify-full` checks chain and host name; `verify-ca` only the chain; `no-verify` encrypts to whoever answers;
 * `disable` does not encrypt. The last two have to be asked for.
 */
export type TlsMode = "verify-full" | "verify-ca" | "no-verify" | "disable";

/** Holds the password: never log it whole, use `describeConnection`. */
export interface ConnectionSettings {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** A function mints a token for one connection: tokens age within 15 minutes and are checked at connecting only. */
  readonly password: string | (() => Promise<string>);
  readonly database: string;
  readonly tls: { readonly mode: TlsMode /** PEM; only these authorities are trusted */; readonly ca?: string };
  /** How long connecting may take; absent: the session's default. */
  readonly connectTimeoutMillis?: number;
}

/** Where a token has to be valid; without a region it is the one that the process runs in. */
export interface TokenRequest {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly region?: string;
}

/** Signs a token that RDS takes in place of a password. */
export type MintToken = (request: TokenRequest) => Promise<string>;

export interface ConnectionOptions {
  readonly database?: string;
  /** For connections with `auth` iam; absent: those are refused. */
  readonly mintToken?: MintToken;
}

/** The fields AWS Secrets Manager writes for RDS, and ours for TLS. */
const secretShape = z.object({
  host: z.string().min(1),
  port: z.coerce.number().int().min(1).max(65535).default(5432),
  username: z.string().min(1),
  /** `iam`: no password, a token is minted for each connection. */
  auth: z.enum(["password", "iam"]).default("password"),
  password: z.string().optional(),
  region: z.string().min(1).optional(),
  dbname: z.string().min(1).optional(),
  engine: z.string().optional(),
  sslmode: z.string().optional(),
  sslrootcert: z.string().optional(),
  /** Seconds, as libpq's: 0 is the default. */
  connect_timeout: z.coerce.number().int().min(0).optional(),
});

/** Several tries have to fit into one function. */
const LONGEST_CONNECT_SECONDS = 60;

/** libpq's names; those that libpq takes as "encrypt if you can" are held to verify-full here, see docs/LIMITS.md. */
const TLS_MODES: Readonly<Record<string, TlsMode>> = {
  "verify-full": "verify-full",
  require: "verify-full",
  prefer: "verify-full",
  allow: "verify-full",
  "verify-ca": "verify-ca",
  "require-no-verify": "no-verify",
  "no-verify": "no-verify",
  disable: "disable",
};

/**
 * Reads a secret in RDS's JSON form or as a `postgres://` URL.
 * @throws ConfigurationError `invalid-connection` naming the field; the secret's text is never part of the message.
 */
export function parseConnection(secret: string, options: ConnectionOptions = {}): ConnectionSettings {
  const text = secret.trim();
  const fields = /^postgres(ql)?:\/\//.test(text) ? fromUrl(text) : fromJson(text);
  const { engine, host, port, username: user, connect_timeout: seconds } = fields;
  if (engine !== undefined && !/postgres/.test(engine)) throw invalid(`engine is "${engine}", allowed is postgres`);
  const database = options.database ?? fields.dbname ?? "postgres";
  const tls = readTls(fields.sslmode, fields.sslrootcert);
  const password = fields.auth === "iam" ? tokens(fields, tls.mode, options.mintToken) : fields.password;
  if (password === undefined) throw invalid('password is missing, allowed is a text, or "auth": "iam" in its place');
  const timeout = seconds ? { connectTimeoutMillis: Math.min(seconds, LONGEST_CONNECT_SECONDS) * 1000 } : {};
  return { host, port, user, password, database, tls, ...timeout };
}

/** A token opens the database to whoever reads it, so it is sent to a server that has proven itself, or not at all. */
function tokens(
  { host, port, username: user, region, password }: SecretFields,
  mode: TlsMode,
  mint: MintToken = unavailable,
): () => Promise<string> {
  if (password !== undefined && password !== "")
    throw invalid('password is given, allowed beside "auth": "iam" is none');
  if (mode !== "verify-full" && mode !== "verify-ca") {
    throw invalid('sslmode does not verify the server, allowed beside "auth": "iam" are verify-full and verify-ca');
  }
  return () => mint({ host, port, user, ...(region !== undefined && { region }) });
}

async function unavailable(): Promise<never> {
  throw new ConfigurationError("token-not-minted", "nothing here can mint tokens for a connection with auth iam", {
    hint: "Use a connection with a password.",
  });
}

/** `user@host:port/database`, for messages. */
export function describeConnection({ user, host, port, database }: ConnectionSettings): string {
  return `${user}@${host}:${port}/${database}`;
}

type SecretFields = z.infer<typeof secretShape>;

function fromJson(text: string): SecretFields {
  const value: unknown = attempt(() => JSON.parse(text));
  if (value === undefined) throw invalid("the secret is neither a postgres:// URL nor JSON");
  return check(value);
}

function fromUrl(text: string): SecretFields {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw invalid("the secret's URL cannot be read; special characters need percent-encoding");
  const query = url.searchParams;
  return check({
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? undefined : url.port,
    username: decode("user", url.username),
    password: query.get("auth") === "iam" && url.password === "" ? undefined : decode("password", url.password),
    auth: query.get("auth") ?? undefined,
    region: query.get("region") ?? undefined,
    connect_timeout: query.get("connect_timeout") ?? undefined,
    dbname: decode("database", url.pathname.slice(1)) || undefined,
    sslmode: query.get("sslmode") ?? undefined,
    sslrootcert: query.get("sslrootcert") ?? undefined,
  });
}

function decode(field: string, text: string): string {
  const decoded = attempt(() => decodeURIComponent(text));
  if (decoded === undefined) throw invalid(`${field} in the secret's URL is not percent-encoded rightly`);
  return decoded;
}

/** Errors of parsers quote what they parse, here the password: they are dropped, not passed on as causes. */
function attempt<Value>(parse: () => Value): Value | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}

function check(value: unknown): SecretFields {
  const result = secretShape.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => `${issue.path.join(".") || "secret"}: ${issue.message}`);
  throw invalid(issues.join("; ").toLowerCase());
}

function readTls(sslmode: string | undefined, sslrootcert: string | undefined): ConnectionSettings["tls"] {
  const mode = TLS_MODES[sslmode ?? "verify-full"];
  if (mode === undefined) {
    throw invalid(`sslmode is "${sslmode}", allowed are ${Object.keys(TLS_MODES).join(", ")}`);
  }
  if (sslrootcert === undefined || sslrootcert === "system") return { mode };
  if (sslrootcert.includes("-----BEGIN CERTIFICATE-----")) return { mode, ca: sslrootcert };
  throw invalid("sslrootcert is not PEM text, allowed is the text of certificates or the word system");
}

function invalid(message: string): ConfigurationError {
  return new ConfigurationError("invalid-connection", message, {
    hint: 'Store the connection as {"host","port","username","password","dbname"} (or "auth": "iam" for a password) or as a postgres:// URL.',
  });
}
