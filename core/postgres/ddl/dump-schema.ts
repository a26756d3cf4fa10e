import { CancelledError, HoldfastError, PreconditionError, SnapshotLostError, SourceBusyError } from "../../errors.ts";
import { mapPostgresError, sqlState } from "../errors.ts";
import type { Session } from "../session.ts";
import { batches, quoteName } from "../sql.ts";
import { type PgDumpResult, runPgDump } from "./pg-dump/run.ts";

/** Major version of the compiled pg_dump: it refuses newer servers, and so do we, by name. */
export const PG_DUMP_MAJOR = 18;

export interface DumpSchemaOptions {
  /** Exported by a session that still lives. */
  readonly snapshotId: string;
  /** These tables and what hangs on them; default everything. */
  readonly only?: readonly Named[];
  /** Relations that are left out, with what hangs on them. */
  readonly without?: Without;
  /** How long a table's lock is waited for. Default 60 s. */
  readonly lockWaitSeconds?: number;
  /** Quotes around every name, also where none are needed. Default: where server and pg_dump differ in their major version. */
  readonly quoteAll?: boolean;
  readonly signal?: AbortSignal;
}

interface Named {
  readonly schema: string;
  readonly name: string;
}

export interface Without {
  readonly schemas: readonly string[];
  readonly relations: readonly Named[];
}

export interface SchemaDump {
  /** pg_dump's custom format, schema only, not compressed; texts in UTF-8 or, for a database in SQL_ASCII, as they are. */
  readonly archive: Uint8Array;
  /** What pg_dump warned of, a line each: objects that will not restore as they are, circular constraints. */
  readonly warnings: readonly string[];
}

const DEFAULT_LOCK_WAIT_SECONDS = 60;
const DOING = "dumping the schema";

/**
 * Dumps every object's definition, owner, comment and privileges as of the snapshot, by pg_dump itself in a thread of its own.
 * Large objects are data to pg_dump: `listLargeObjects` says theirs. Memory: the archive twice, and 64 MiB.
 * The session must be idle and outside a transaction; it is used up: end it afterwards.
 * @throws SnapshotLostError when the snapshot's exporter has ended; SourceBusyError when a lock is not granted in time;
 * PreconditionError `server-too-new`, `pg-dump-failed`, `pg-dump-crashed`, or a missing privilege; SourceUnavailableError;
 * CancelledError or the signal's own reason.
 */
export async function dumpSchema(session: Session, options: DumpSchemaOptions): Promise<SchemaDump> {
  const { snapshotId, lockWaitSeconds = DEFAULT_LOCK_WAIT_SECONDS, signal } = options;
  const major = Math.floor(session.serverVersion / 10_000);
  if (major > PG_DUMP_MAJOR) {
    throw new PreconditionError("server-too-new", `the server is version ${major}, allowed is up to ${PG_DUMP_MAJOR}`, {
      hint: "Update Holdfast to a release that knows this version of PostgreSQL.",
    });
  }
  const { database, parameters } = await describeServer(session);
  const args = [
    "--format=custom",
    "--compress=none",
    "--schema-only",
    "--no-sync",
    "--no-password",
    `--snapshot=${snapshotId}`,
    // A database without an encoding has no conversion; any other is exact in UTF-8.
    `--encoding=${session.encoding === "SQL_ASCII" ? "SQL_ASCII" : "UTF8"}`,
    `--lock-wait-timeout=${lockWaitSeconds * 1000}`,
    // A server of another version has other reserved words than the one that will read this.
    ...(options.quoteAll === true || (options.quoteAll === undefined && major !== PG_DUMP_MAJOR)
      ? ["--quote-all-identifiers"]
      : []),
    ...selection(options),
  ];
  const environment = { PGDATABASE: database, PGUSER: "holdfast", PGAPPNAME: "holdfast" };
  try {
    const job = { args, environment, serverParameters: parameters };
    const result = await runPgDump(session.client.connection.stream, job, signal);
    if (result.exitCode !== 0) throw failureOf(result);
    return { archive: result.archive, warnings: linesOf(result.stderr) };
  } catch (error) {
    if (signal?.aborted && error === signal.reason) throw abortError(error);
    throw mapPostgresError(error, DOING);
  }
}

/** Names in one pattern: a question to the server each. */
const NAMES_PER_PATTERN = 200;

/** Every character within quotes stands for itself to pg_dump, and between them `|` for another name. */
function selection({ only = [], without }: DumpSchemaOptions): string[] {
  const patterns = (option: string, relations: readonly Named[]): string[] =>
    [...Map.groupBy(relations, ({ schema }) => schema)].flatMap(([schema, group]) =>
      batches(group, NAMES_PER_PATTERN).map(
        (batch) => `--${option}=${quoteName(schema)}.(${batch.map(({ name }) => quoteName(name)).join("|")})`,
      ),
    );
  return [
    ...patterns("table", only),
    ...patterns("exclude-table", without?.relations ?? []),
    ...batches(without?.schemas ?? [], NAMES_PER_PATTERN).map(
      (batch) => `--exclude-schema=(${batch.map(quoteName).join("|")})`,
    ),
  ];
}

/** What libpq and pg_dump take from a server's login messages. */
async function describeServer(session: Session): Promise<{ database: string; parameters: Record<string, string> }> {
  const names = ["server_version", "server_encoding", "client_encoding", "standard_conforming_strings"];
  names.push("DateStyle", "IntervalStyle", "TimeZone", "integer_datetimes", "is_superuser", "in_hot_standby");
  const rows = await session.query<{ database: string; name: string; value: string | null }>(
    `SELECT pg_catalog.current_database()::text AS database, name, pg_catalog.current_setting(name, true) AS value
       FROM pg_catalog.unnest($1::text[]) AS name`,
    [names],
  );
  const known = rows.flatMap(({ name, value }) => (value === null ? [] : [[name, value] as const]));
  return { database: rows[0]?.database ?? "", parameters: Object.fromEntries(known) };
}

/** Judged by exit code; the server's own error says why, pg_dump's text only where the server said nothing. */
function failureOf({ stderr, serverError, exitCode }: PgDumpResult): HoldfastError {
  const state = sqlState(serverError);
  const cause = serverError === undefined ? {} : { cause: serverError };
  const text = linesOf(stderr).join("; ") || `pg_dump ended with ${exitCode}`;
  if (serverError !== undefined && /snapshot/i.test(serverError.message) && (state === "22023" || state === "42704")) {
    return new SnapshotLostError("snapshot-gone", `${DOING}: ${serverError.message}`, {
      hint: "The session that exported the snapshot has ended; the run starts over.",
      ...cause,
    });
  }
  // pg_dump waits for locks under a statement timeout.
  if (state === "57014" && /LOCK TABLE/.test(stderr)) {
    return new SourceBusyError("lock-not-granted", `${DOING}: ${text}`, {
      hint: "Let the blocking statement end, or run backups apart from migrations.",
      ...cause,
    });
  }
  if (serverError !== undefined) return mapPostgresError(serverError, DOING);
  return new PreconditionError("pg-dump-failed", `${DOING}: ${text}`, { hint: "Read pg_dump's own message." });
}

function linesOf(stderr: string): string[] {
  return stderr
    .split("\n")
    .map((line) => line.replace(/^pg_dump: (warning: |error: )?/, "").trim())
    .filter((line) => line !== "");
}

function abortError(reason: unknown): HoldfastError {
  if (reason instanceof HoldfastError) return reason;
  return new CancelledError("dump-cancelled", `${DOING}: was asked to stop`, { cause: reason });
}
