/** How a plan names things. @module */
import type { TocEntry } from "../../postgres/ddl/index.ts";
import { listNames } from "../../postgres/load/target.ts";

/** As in the messages of steps: `fk constraint public.rental rental_film_id_fkey`. */
export function nameOfEntry({ desc, namespace, tag }: Pick<TocEntry, "desc" | "namespace" | "tag">): string {
  return `${desc.toLowerCase()} ${namespace === undefined ? "" : `${namespace}.`}${tag}`;
}

/** What a reason holds of names; the report has an item for each. */
const MOST_CHARACTERS = 200;

export function someNames(names: readonly string[]): string {
  return listNames(names, MOST_CHARACTERS);
}

/** Whose options hold passwords and connection strings. */
const SECRET_KINDS: ReadonlySet<string> = new Set([
  "DATABASE PROPERTIES",
  "FOREIGN DATA WRAPPER",
  "FOREIGN TABLE",
  "SERVER",
  "SUBSCRIPTION",
  "USER MAPPING",
]);
/** In bodies of functions and in views too: `dblink('host=… password=…')`, `https://user:password@…`, a token for somebody's service. */
const SECRET_TEXT = /passw|secret|token|api_?key|credential|authorization|:\/\/[^\s/@]*:[^\s/@]*@/i;
const LONGEST_SQL = 2_000;

/** What makes it, for someone who may; absent where that may hold a secret, or is too long to be told. */
export function sqlOfEntry({ desc, defn }: TocEntry): { readonly sql?: string } {
  if (defn === undefined || defn.length > LONGEST_SQL) return {};
  if (SECRET_KINDS.has(desc) || SECRET_TEXT.test(defn)) return {};
  return { sql: defn.trim() };
}
