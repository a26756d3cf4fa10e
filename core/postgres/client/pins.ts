/**
 * The settings under which every session reads and writes. A database or a role can carry any default; text that
 * is written under one setting and read under another is another value.
 * @module
 */

/** What a session is for: reading a source at a snapshot, or writing a target. */
export type SessionPurpose = "read" | "write";

export interface PinOptions {
  readonly purpose: SessionPurpose;
  readonly lockTimeoutMillis: number;
  /** server_version_num, e.g. 180004 */
  readonly serverVersion: number;
}

/** `extra_float_digits` 3 and ISO styles make text exact; see PostgreSQL "Client Connection Defaults". */
const TEXT_FORM: Readonly<Record<string, string>> = {
  // Catalog rows are read as UTF-8 by the driver; COPY names the server's own encoding instead.
  client_encoding: "UTF8",
  search_path: "pg_catalog",
  extra_float_digits: "3",
  DateStyle: "ISO, YMD",
  IntervalStyle: "postgres",
  TimeZone: "UTC",
  bytea_output: "hex",
  xmloption: "content",
  xmlbinary: "base64",
  standard_conforming_strings: "on",
  escape_string_warning: "off",
  backslash_quote: "safe_encoding",
  quote_all_identifiers: "off",
  array_nulls: "on",
  transform_null_equals: "off",
  // money is an integer shown by locale: C shows and reads it with the same two digits everywhere.
  lc_monetary: "C",
  lc_numeric: "C",
  lc_time: "C",
};

/** How a statement runs: in one process, in the order of the pages, and by page ranges where asked. */
const EXECUTION: Readonly<Record<string, string>> = {
  synchronize_seqscans: "off",
  enable_tidscan: "on",
  enable_seqscan: "on",
  max_parallel_workers_per_gather: "0",
  jit: "off",
  row_security: "off",
  exit_on_error: "off",
  // Where our own tables go; those of a restore say it for themselves.
  default_tablespace: "",
  temp_tablespaces: "",
  default_table_access_method: "heap",
};

const TRANSACTION: Readonly<Record<string, string>> = {
  default_transaction_isolation: "read committed",
  default_transaction_read_only: "off",
  default_transaction_deferrable: "off",
  idle_in_transaction_session_timeout: "0",
  idle_session_timeout: "0",
  // A peer that vanished is noticed by the server within about a minute and a half, so its locks do not linger.
  tcp_keepalives_idle: "60",
  tcp_keepalives_interval: "10",
  tcp_keepalives_count: "3",
};

/** One statement that must come first: under a hostile statement_timeout a longer one might not end. */
export const FIRST_PIN = "SET statement_timeout = 0";

/** The statements that pin a session, to be sent as one. */
export function pinStatements({ purpose, lockTimeoutMillis, serverVersion }: PinOptions): string {
  const settings: Record<string, string> = {
    ...TEXT_FORM,
    ...EXECUTION,
    ...TRANSACTION,
    lock_timeout: String(lockTimeoutMillis),
    // A reader whose client died must let go; a writer's CREATE INDEX must go on without its client.
    client_connection_check_interval: purpose === "read" ? "10s" : "0",
  };
  if (serverVersion >= 170000) settings.transaction_timeout = "0";
  return Object.entries(settings)
    .map(([name, value]) => `SET ${name} = '${value}'`)
    .join("; ");
}
