import type { Toc, TocEntry } from "../archive/toc.ts";
import { functionsOf } from "./functions-of.ts";
import type { ClassifyOptions, RestoreEntry, RestorePhases } from "./phases.ts";
import { repaired } from "./repairs/index.ts";
import { splitForcing, unforcing } from "./row-security.ts";
import { entryStatements, sendable } from "./statements.ts";
import { tableOf } from "./table-of.ts";

/** pg_dump qualifies every name and relies on an empty search path; functions are not compiled before their tables exist. */
export const RESTORE_SETTINGS: readonly string[] = [
  "SET statement_timeout = 0;",
  "SET idle_in_transaction_session_timeout = 0;",
  "SET client_min_messages = warning;",
  "SET standard_conforming_strings = on;",
  "SET check_function_bodies = off;",
  "SET xmloption = content;",
  "SET row_security = off;",
  "SET search_path = '';",
];

/** On what belongs to the server's superuser where that is not the customer; quoted in dumps of other versions. */
const OPTIONAL_COMMENTS = /^(EXTENSION |SCHEMA "?public"?$)/;

/** PostgreSQL's own, where neither database nor server say another. */
export const DEFAULT_SEARCH_PATH = '"$user", public';

type Phase = Exclude<
  keyof RestorePhases,
  "settings" | "searchPath" | "timeZone" | "materializedViews" | "forcedRowSecurity"
>;
type PhasedEntry = { readonly entry: TocEntry; readonly phase: Phase };

/** Sorts an archive into the order of a restore and writes each entry's statements. */
export function classify(toc: Toc, options: ClassifyOptions = {}): RestorePhases {
  const { entries: unforced, forcing } = withoutForcing(toc.entries);
  const byDumpId = new Map(unforced.map((entry) => [entry.dumpId, entry]));
  const phased = assignPhases(unforced).filter(
    ({ phase }) => (options.withPrivileges ?? true) || phase !== "privileges",
  );
  const list = (phase: Phase): RestoreEntry[] => {
    const entries = phased.filter((one) => one.phase === phase).map(({ entry }) => entry);
    const here = new Set(entries.map(({ dumpId }) => dumpId));
    const ordered = phase === "rest" ? [...entries.filter(isNoRemark), ...entries.filter(isRemark)] : entries;
    return ordered
      .map((entry) => ({
        dumpId: entry.dumpId,
        desc: entry.desc,
        schema: entry.namespace,
        name: entry.tag,
        owner: entry.owner,
        table: tableOf(entry, byDumpId),
        statements: entryStatements(entry, options).map(sendable),
        ...(phase === "privileges" && {
          asGrantors: entryStatements(entry, { ...options, grantors: "role" }).map(sendable),
          inOwnName: entryStatements(entry, { ...options, grantors: "own" }).map(sendable),
        }),
        dependencies: entry.dependencies.filter((dumpId) => here.has(dumpId)),
        functions: functionsOf(entry, byDumpId),
        isOptional: entry.desc === "COMMENT" && OPTIONAL_COMMENTS.test(entry.tag),
      }))
      .filter(({ statements }) => statements.length > 0);
  };
  return {
    settings: RESTORE_SETTINGS,
    searchPath: options.searchPath ?? DEFAULT_SEARCH_PATH,
    database: list("database"),
    preData: list("preData"),
    indexes: list("indexes"),
    indexAttachments: list("indexAttachments"),
    foreignKeys: list("foreignKeys"),
    rest: list("rest"),
    privileges: list("privileges"),
    eventTriggers: list("eventTriggers"),
    materializedViews: toc.entries
      .filter(({ desc }) => desc === "MATERIALIZED VIEW")
      .map((entry) => ({ schema: entry.namespace ?? "", name: entry.tag, functions: functionsOf(entry, byDumpId) })),
    forcedRowSecurity: forcing.map((force) => ({ force: sendable(force), unforce: sendable(unforcing(force)) })),
  };
}

function withoutForcing(entries: readonly TocEntry[]): { entries: TocEntry[]; forcing: string[] } {
  const forcing: string[] = [];
  const unforced = entries.map((entry) => {
    if (entry.desc !== "TABLE" || entry.defn === undefined) return entry;
    const split = splitForcing(entry.defn);
    if (split.forcing === undefined) return entry;
    forcing.push(split.forcing);
    return { ...entry, defn: split.rest };
  });
  return { entries: unforced, forcing };
}

const POST_DATA_PHASES: Readonly<Record<string, Phase>> = {
  INDEX: "indexes",
  CONSTRAINT: "indexes",
  "INDEX ATTACH": "indexAttachments",
  "FK CONSTRAINT": "foreignKeys",
};
const POST_DATA_ORDER: readonly Phase[] = ["indexes", "indexAttachments", "foreignKeys", "rest"];

/** Pairs of entry and phase, in archive order; entries that carry data are left out. */
export function assignPhases(entries: readonly TocEntry[]): PhasedEntry[] {
  const assigned = new Map<number, Phase>();
  let isPostData = false;
  const phased: PhasedEntry[] = [];
  for (const entry of repaired(entries)) {
    // Comments, labels and privileges have no section of their own and stand behind their object.
    if (entry.section !== "none") isPostData = entry.section === "post-data";
    if (entry.section === "data") continue;
    const phase = specialPhase(entry) ?? (isPostData ? postDataPhase(entry, assigned) : "preData");
    assigned.set(entry.dumpId, phase);
    phased.push({ entry, phase });
  }
  return phased;
}

function specialPhase({ desc, tag }: TocEntry): Phase | undefined {
  const remarksOn = (kind: string) => /^(COMMENT|SECURITY LABEL|ACL)$/.test(desc) && tag.startsWith(`${kind} `);
  if (desc === "DATABASE" || desc === "DATABASE PROPERTIES" || remarksOn("DATABASE")) return "database";
  if (desc === "EVENT TRIGGER" || remarksOn("EVENT TRIGGER")) return "eventTriggers";
  return desc === "ACL" || desc === "DEFAULT ACL" ? "privileges" : undefined;
}

/**
 * An index of a view that itself waits for a primary key cannot be made with the other indexes: what depends on something
 * of a later phase joins the rest, which runs in archive order.
 */
function postDataPhase(entry: TocEntry, assigned: ReadonlyMap<number, Phase>): Phase {
  const own = POST_DATA_PHASES[entry.desc] ?? "rest";
  const later = POST_DATA_ORDER.slice(POST_DATA_ORDER.indexOf(own) + 1);
  const mustWait = entry.dependencies.some((dumpId) => later.some((phase) => assigned.get(dumpId) === phase));
  return mustWait ? "rest" : own;
}

/** What is only said about other objects, wherever those were put. */
function isRemark({ desc }: TocEntry): boolean {
  return desc === "COMMENT" || desc === "SECURITY LABEL";
}

function isNoRemark(entry: TocEntry): boolean {
  return !isRemark(entry);
}
