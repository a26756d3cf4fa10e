/**
 * What PostgreSQL lets nobody but a superuser make, or nobody without a right that the restoring role lacks.
 * @module
 */
import type { TocEntry } from "../ddl/index.ts";
import type { TargetFacts } from "../facts/types.ts";

/** What is asked about: an entry of the archive, as far as it matters. */
export type JudgedEntry = Pick<TocEntry, "desc" | "tag" | "namespace" | "defn" | "owner" | "dropStmt">;

/** Kinds of which no single one can be made without superuser, with PostgreSQL's word for them. */
const ONLY_SUPERUSERS: Readonly<Record<string, string>> = {
  "ACCESS METHOD": "access methods",
  "EVENT TRIGGER": "event triggers",
  "FOREIGN DATA WRAPPER": "foreign-data wrappers",
  "OPERATOR CLASS": "operator classes",
  "OPERATOR FAMILY": "operator families",
  "TEXT SEARCH PARSER": "text search parsers",
  "TEXT SEARCH TEMPLATE": "text search templates",
};

/**
 * Why the restoring role cannot make this entry on that server; undefined when it can, or when it is refused for another reason
 * than who asks (what it depends on is not there, say). Pure.
 */
export function superuserOnly(entry: JudgedEntry, facts: TargetFacts): string | undefined {
  if (facts.role.isSuperuser) return undefined;
  const kinds = ONLY_SUPERUSERS[entry.desc];
  return kinds === undefined ? undefined : `only a superuser may make ${kinds}`;
}
