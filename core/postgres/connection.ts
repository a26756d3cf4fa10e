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
  /** A function is asked at every connect (an IAM token is checked only then and ages within 15 minutes). */
  readonly password: string | (() => Promise<string>);
  readonly database: string;
  readonly tls: { readonly mode: TlsMode /** PEM; only these authorities are trusted */; readonly ca?: string };
}

export interface ConnectionOverrides {
  readonly database?: string;
}

/** The fields AWS Secrets Manager writes for RDS, and ours for TLS. */
const secretShape = z.object({
  host: z.string().min(1),
  port: z.coerce.number().int().min(1).max(65535).default(5432),
  username: z.string().min(1),
  password: z.string(),
  dbname: z.string().min(1).optional(),
  engine: z.string().optional(),
  sslmode: z.string().optional(),
  sslrootcert: z.string().optional(),
});

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
export function parseConnection(secret: string, overrides: ConnectionOverrides = {}): ConnectionSettings {
  const text = secret.trim();
  const fields = /^postgres(ql)?:\/\//.test(text) ? fromUrl(text) : fromJson(text);
  const { engine, host, port, username: user, password } = fields;
  if (engine !== undefined && !/postgres/.test(engine)) throw invalid(`engine is "${engine}", allowed is postgres`);
  const database = overrides.database ?? fields.dbname ?? "postgres";
  return { host, port, user, password, database, tls: readTls(fields.sslmode, fields.sslrootcert) };
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
    password: decode("password", url.password),
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
    hint: 'Store the connection as {"host","port","username","password","dbname"} or as a postgres:// URL.',
  });
}
