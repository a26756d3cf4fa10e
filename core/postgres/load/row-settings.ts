/**
 * The settings under which a database computes rows. A restore pins its sessions so that text is exact; what a materialized
 * view holds was computed under the database's own, and has to be computed so again.
 * @module
 */
import type { DatabaseProperties } from "../ddl/index.ts";
import type { Session } from "../session.ts";

/** Pinned in our sessions, and seen by expressions. */
const PINNED = [
  "timezone",
  "datestyle",
  "intervalstyle",
  "bytea_output",
  "extra_float_digits",
  "lc_monetary",
  "lc_numeric",
  "lc_time",
  "xmloption",
  "xmlbinary",
  "array_nulls",
  "transform_null_equals",
  "row_security",
];
/** Not pinned, and seen by expressions; so are settings with a dot, which are extensions' or the user's own. */
const FREE = ["default_text_search_config", "timezone_abbreviations"];

/**
 * Lets go of the pins that change what an expression computes: the source database's settings where it had some, the
 * server's otherwise. The search path stays pinned, as in every restore by pg_dump's archive.
 */
export async function useRowSettings(session: Session, source: DatabaseProperties | undefined): Promise<void> {
  // Also said by each phase; without it notices are sent at once, which fails where the client has gone.
  const quiet = "SET client_min_messages = error";
  await session.query([...PINNED.map((name) => `RESET ${name}`), quiet].join("; "));
  for (const { role, setting } of source?.settings ?? []) {
    const [, name = "", value = ""] = /^([^=]+)=(.*)$/s.exec(setting) ?? [];
    if (role !== null || !isSeenByExpressions(name.toLowerCase())) continue;
    // What this server does not know, or does not let us set, the restored database cannot have either: a warning elsewhere.
    await session.query("SELECT pg_catalog.set_config($1, $2, false)", [name, value]).catch(refused);
  }
}

/** Of our sessions, as they begin. */
export const PINNED_TIME_ZONE = "UTC";

/**
 * The time zone under which rows came into the source: a CHECK may turn on it (`day = at::date`), and holds under no other.
 * Texts of rows carry their own.
 */
export async function useTimeZone(session: Session, zone: string | undefined): Promise<void> {
  if (zone === undefined) return;
  await session.query("SELECT pg_catalog.set_config('TimeZone', $1, false)", [zone]).catch(refused);
}

function isSeenByExpressions(name: string): boolean {
  return PINNED.includes(name) || FREE.includes(name) || name.includes(".");
}

function refused(error: unknown): void {
  if (error instanceof Error && error.name === "SourceUnavailableError") throw error;
}
