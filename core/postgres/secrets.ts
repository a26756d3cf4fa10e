/**
 * Definitions that may hold a secret: they are neither told nor quoted.
 * @module
 */
import type { TocEntry } from "./ddl/index.ts";

/** Whose options hold passwords and connection strings, which the server quotes where it refuses them. */
export const SECRET_KINDS: ReadonlySet<string> = new Set([
  "DATABASE PROPERTIES",
  "FOREIGN DATA WRAPPER",
  "SERVER",
  "SUBSCRIPTION",
  "USER MAPPING",
]);
/** In bodies of functions and in views too: `dblink('host=… password=…')`, `https://user:password@…`, a token for somebody's service. */
const SECRET_TEXT = /passw|secret|token|api_?key|credential|authorization|:\/\/[^\s/@]*:[^\s/@]*@/i;

export function mayHoldSecret({ desc, defn = "" }: Pick<TocEntry, "desc" | "defn">): boolean {
  return SECRET_KINDS.has(desc) || desc === "FOREIGN TABLE" || SECRET_TEXT.test(defn);
}
