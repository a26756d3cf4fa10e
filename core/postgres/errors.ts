/**
 * What a failure of the server or of the way to it means to a run: one table from SQLSTATE and network code to our names.
 * @see PostgreSQL "PostgreSQL Error Codes"
 * @module
 */
import pg from "pg";
import { type ErrorName, errorClasses, HoldfastError } from "../errors.ts";

interface Meaning {
  readonly name: ErrorName;
  readonly code: string;
  readonly hint: string;
}

const again = "Nothing to do if it passes: the step is tried again.";
const reachable =
  "Check host and port, that the worker's subnets route to the database and that security groups admit them.";
const trust = "Put the authority's certificate into the secret as sslrootcert; RDS's is in its own bundle.";
const renew =
  "Renew the server's certificate; until then only sslmode=require-no-verify would connect, to whoever answers.";
const login =
  "Look at the stored connection; `holdfast connect NAME --replace` stores another. `restore --create` makes a database that is not there.";

const rowsRefused: Meaning = {
  name: "PreconditionError",
  code: "rows-violate-constraint",
  hint: "The source holds them so. What was loaded is in the target, which stays marked: see the runbook for how to get at it.",
};

/** 53200 is a lack of memory of either kind; this one has a setting of its own. */
const LOCK_TABLE_FULL = "53200 shared";

/** Keys: whole SQLSTATE, else its class (two characters), or the code of a Node.js or TLS error. */
const meanings: Readonly<Record<string, Meaning>> = {
  // The way to the server.
  ECONNREFUSED: { name: "SourceUnavailableError", code: "connection-refused", hint: reachable },
  ENOTFOUND: { name: "SourceUnavailableError", code: "host-not-found", hint: reachable },
  EAI_AGAIN: { name: "SourceUnavailableError", code: "host-not-found", hint: reachable },
  ETIMEDOUT: { name: "SourceUnavailableError", code: "host-unreachable", hint: reachable },
  EHOSTUNREACH: { name: "SourceUnavailableError", code: "host-unreachable", hint: reachable },
  ENETUNREACH: { name: "SourceUnavailableError", code: "host-unreachable", hint: reachable },
  ECONNRESET: { name: "SourceUnavailableError", code: "connection-lost", hint: again },
  EPIPE: { name: "SourceUnavailableError", code: "connection-lost", hint: again },
  // Trust.
  SELF_SIGNED_CERT_IN_CHAIN: { name: "ConfigurationError", code: "certificate-not-trusted", hint: trust },
  DEPTH_ZERO_SELF_SIGNED_CERT: { name: "ConfigurationError", code: "certificate-not-trusted", hint: trust },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: { name: "ConfigurationError", code: "certificate-not-trusted", hint: trust },
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: { name: "ConfigurationError", code: "certificate-not-trusted", hint: trust },
  UNABLE_TO_GET_ISSUER_CERT: { name: "ConfigurationError", code: "certificate-not-trusted", hint: trust },
  CERT_HAS_EXPIRED: { name: "ConfigurationError", code: "certificate-expired", hint: renew },
  CERT_NOT_YET_VALID: { name: "ConfigurationError", code: "certificate-expired", hint: renew },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    name: "ConfigurationError",
    code: "certificate-of-another-host",
    hint: "Connect by the name that the certificate carries.",
  },
  // Login. 28P01 is also what an unknown role gets, so that names cannot be guessed.
  "28P01": { name: "ConfigurationError", code: "authentication-failed", hint: login },
  "28": { name: "ConfigurationError", code: "authentication-refused", hint: login },
  "3D000": { name: "ConfigurationError", code: "database-not-found", hint: login },
  "42501": {
    name: "PreconditionError",
    code: "privilege-missing",
    hint: "Grant the role what the message names. To read a source, pg_read_all_data covers every table and sequence.",
  },
  // The server as a whole.
  "08": { name: "SourceUnavailableError", code: "connection-lost", hint: again },
  "53100": { name: "PreconditionError", code: "disk-full", hint: "Give the server room." },
  "53200": {
    name: "PreconditionError",
    code: "server-out-of-memory",
    hint: "Give the server more memory, or let it use less: work_mem, max_connections.",
  },
  [LOCK_TABLE_FULL]: {
    name: "PreconditionError",
    code: "lock-table-too-small",
    hint: "The server's table of locks is full: raise max_locks_per_transaction; it takes a restart.",
  },
  "53300": {
    name: "SourceUnavailableError",
    code: "too-many-connections",
    hint: "Lower the source's concurrency or raise max_connections; the message says whose limit it is, see CONNECTION LIMIT of role and database.",
  },
  "53400": {
    name: "PreconditionError",
    code: "server-limit-reached",
    hint: "A limit of the server's configuration, such as temp_file_limit: raise it, for the role or for the server.",
  },
  "53": { name: "SourceUnavailableError", code: "server-out-of-resources", hint: again },
  "57014": {
    name: "SourceUnavailableError",
    code: "query-cancelled",
    hint: "Someone cancelled the query on the server.",
  },
  "57P03": {
    name: "SourceUnavailableError",
    code: "server-not-ready",
    hint: "It is starting, recovering or shutting down. The step is tried again; run again once the server is up.",
  },
  "57P04": { name: "ConfigurationError", code: "database-not-found", hint: login },
  "57": { name: "SourceUnavailableError", code: "server-shut-down", hint: again },
  "25006": { name: "PreconditionError", code: "database-read-only", hint: "Connect to the primary." },
  // Locks and snapshots.
  "55P03": {
    name: "SourceBusyError",
    code: "lock-not-granted",
    hint: "Let the blocking statement end, or run backups apart from migrations.",
  },
  "40P01": { name: "SourceBusyError", code: "deadlock", hint: "Run backups apart from migrations." },
  // On a standby this is a conflict with replay; our read-only transactions meet it nowhere else.
  "40001": {
    name: "SnapshotLostError",
    code: "conflict-with-recovery",
    hint: "Raise max_standby_streaming_delay, set hot_standby_feedback on, or back up the primary.",
  },
  "25P03": { name: "SnapshotLostError", code: "session-timed-out", hint: "Something set a timeout on our session." },
  "25P04": { name: "SnapshotLostError", code: "session-timed-out", hint: "Something set a timeout on our session." },
  "72000": {
    name: "SnapshotLostError",
    code: "snapshot-too-old",
    hint: "Set old_snapshot_threshold to -1: a backup reads one moment for as long as it runs.",
  },
  // The rows of a restore point that its own constraints do not admit: only a target says so.
  "23505": rowsRefused,
  "23P01": rowsRefused,
  "23503": rowsRefused,
  "23514": rowsRefused,
  "23502": rowsRefused,
  // Damage on the server's disk: no retry makes it whole.
  XX001: {
    name: "IntegrityError",
    code: "source-data-corrupted",
    hint: "Keep the last good restore point; run amcheck.",
  },
  XX002: { name: "IntegrityError", code: "source-index-corrupted", hint: "REINDEX the index the server names." },
};

/** Messages of the driver that carry no code. */
const driverMessages: readonly (readonly [RegExp, Meaning])[] = [
  [/^timeout expired$/, { name: "SourceUnavailableError", code: "connect-timeout", hint: reachable }],
  [
    /does not support SSL/,
    {
      name: "ConfigurationError",
      code: "tls-not-supported",
      hint: "Enable TLS on the server, or ask for sslmode=disable in the secret.",
    },
  ],
  [
    /terminated|not queryable|ended|socket|stream|SSL connection/i,
    { name: "SourceUnavailableError", code: "connection-lost", hint: again },
  ],
];

/**
 * The error to throw for what `pg` or a socket threw; ours pass through.
 * @param doing what failed, lower case, beginning the message: `connecting to reader@db:5432/shop`.
 */
export function mapPostgresError(error: unknown, doing: string): HoldfastError {
  if (error instanceof HoldfastError) return error;
  const cause = withoutValue(error);
  const failure = cause instanceof AggregateError && cause.errors.length > 0 ? cause.errors[0] : cause;
  const { code, text } = describe(failure);
  const found = meanings[code] ?? tlsMeaning(code) ?? driverMeaning(failure, text) ?? meanings[code.slice(0, 2)];
  const meaning = found ?? unknownFailure(code);
  return new errorClasses[meaning.name](meaning.code, `${doing}: ${text}`, { hint: meaning.hint, cause });
}

/** SQLSTATEs of values that were refused, a row's perhaps, whose messages quote them. */
const QUOTING: ReadonlySet<unknown> = new Set(["22003", "22007", "22008", "22P02"]);
const QUOTED_VALUE = /(?<=: )".*"$|(?<=^(?:value )?)".*"(?= is )/s;

/** The same error without the value, for it is told, logged and kept, its cause likewise. */
function withoutValue(failure: unknown): unknown {
  if (!(failure instanceof pg.DatabaseError) || !QUOTING.has(failure.code)) return failure;
  const message = failure.message.replace(QUOTED_VALUE, "(the value is withheld)");
  return Object.assign(new pg.DatabaseError(message, failure.length, failure.name), failure, { message });
}

/** The SQLSTATE of a server's error, or undefined for anything else. */
export function sqlState(error: unknown): string | undefined {
  if (error instanceof pg.DatabaseError) return error.code;
  return error instanceof HoldfastError && error.cause !== undefined ? sqlState(error.cause) : undefined;
}

function describe(failure: unknown): { code: string; text: string } {
  if (!(failure instanceof Error)) return { code: "", text: String(failure) };
  const given = "code" in failure && typeof failure.code === "string" ? failure.code : "";
  const isServer = failure instanceof pg.DatabaseError;
  const code = given === "53200" && failure.message.includes("shared memory") ? LOCK_TABLE_FULL : given;
  return { code, text: isServer ? `${failure.message} (SQLSTATE ${given})` : failure.message || code };
}

function driverMeaning(failure: unknown, text: string): Meaning | undefined {
  if (failure instanceof pg.DatabaseError) return undefined;
  return driverMessages.find(([pattern]) => pattern.test(text))?.[1];
}

/** Node.js's codes for what OpenSSL reports: no common version, a certificate revoked or malformed, an alert. */
const TLS_FAILURE = /^(ERR_SSL_|ERR_OSSL_|ERR_TLS_|CERT_|EPROTO)/;

function tlsMeaning(code: string): Meaning | undefined {
  return TLS_FAILURE.test(code) ? { name: "ConfigurationError", code: "tls-failed", hint: trust } : undefined;
}

/** A statement that fails as it stands fails again: fails now, under the server's own code. */
function unknownFailure(code: string): Meaning {
  const suffix = code === "" ? "error" : code.toLowerCase().replaceAll("_", "-");
  return { name: "PreconditionError", code: `postgres-${suffix}`, hint: "Read the server's message and its log." };
}
