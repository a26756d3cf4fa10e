/**
 * What PostgreSQL lets nobody but a superuser make, or nobody without a right that the restoring role lacks. Whose an object is to
 * be is another question: owners can be mapped or left out, kinds cannot.
 * @module
 */
import type { TocEntry } from "../ddl/index.ts";
import type { TargetFacts } from "../facts/types.ts";
import { administers } from "../providers/index.ts";
import type { Ability } from "../providers/types.ts";
import { isWord, nameOfToken, type Token, tokens } from "../tokens.ts";
import { functionNeeds } from "./functions.ts";

/** What is asked about: an entry of the archive, as far as it matters. */
export type JudgedEntry = Pick<TocEntry, "desc" | "tag" | "defn" | "owner" | "dependencies">;

/** The archive's entries by their dump ids: an entry that depends on none of them is about something that comes from elsewhere. */
type Archive = ReadonlyMap<number, Pick<TocEntry, "desc">>;

type Rule = (entry: JudgedEntry, facts: TargetFacts, archive: Archive) => string | undefined;

const only = (what: string): string => `only a superuser may make ${what}`;
/** No single one can be made, unless the provider gives it to its administrators. */
const always =
  (what: string, ability?: Ability): Rule =>
  (_, facts) =>
    ability !== undefined && administers(facts, ability) ? undefined : only(what);

/** By pg_dump's words for kinds. Those that are not here can be made by who may create in their schema. */
const RULES: Readonly<Record<string, Rule>> = {
  "ACCESS METHOD": always("access methods"),
  ACL: privileges,
  AGGREGATE: aggregate,
  CAST: cast,
  COMMENT: comment,
  "DEFAULT ACL": defaultPrivileges,
  "EVENT TRIGGER": always("event triggers", "event trigger"),
  EXTENSION: extension,
  "FOREIGN DATA WRAPPER": always("foreign-data wrappers", "foreign-data wrapper"),
  FUNCTION: functionNeeds,
  OPERATOR: operator,
  "OPERATOR CLASS": always("operator classes"),
  "OPERATOR FAMILY": always("operator families"),
  "PROCEDURAL LANGUAGE": language,
  PROCEDURE: functionNeeds,
  PUBLICATION: publication,
  "PUBLICATION TABLES IN SCHEMA": always("publications of schemas", "publication of everything"),
  SERVER: server,
  "SHELL TYPE": always("base types"),
  SUBSCRIPTION: subscription,
  "TEXT SEARCH PARSER": always("text search parsers"),
  "TEXT SEARCH TEMPLATE": always("text search templates"),
  // Its functions take arguments of the type internal, which only languages of superusers know.
  TRANSFORM: always("transforms"),
  TYPE: type,
  "USER MAPPING": userMapping,
};

/**
 * Why the restoring role cannot make this entry on that server; undefined when it can, or when something else than who asks is in
 * the way: what it depends on, or the owner it is to have. Pure; never quotes a definition, which may hold a secret.
 */
export function superuserOnly(entry: JudgedEntry, facts: TargetFacts, archive: Archive): string | undefined {
  if (facts.role.isSuperuser) return undefined;
  return RULES[entry.desc]?.(entry, facts, archive);
}

/** A base type's definition goes on with its functions in brackets, a type in wait of one ends; all others say AS. */
function type({ defn = "" }: JudgedEntry): string | undefined {
  return tokens(defn).some((token) => isWord(token, "AS")) ? undefined : only("base types");
}

function aggregate({ defn = "" }: JudgedEntry): string | undefined {
  const found = tokens(defn);
  const isInternal = found.some(
    (token, at) =>
      (isWord(token, "STYPE") || isWord(token, "MSTYPE")) &&
      // In quotes where everything is, as in dumps of other versions.
      found.slice(at + 2, at + 3).some((type) => nameOfToken(type) === "internal") &&
      found[at + 3]?.text !== ".",
  );
  return isInternal ? only("aggregates whose state is internal") : undefined;
}

/** Since the minor versions of February 2026, for CVE-2026-2004. */
const OWN_ESTIMATORS_REFUSED: readonly number[] = [140021, 150016, 160012, 170008, 180002];

function operator({ defn = "" }: JudgedEntry, { serverVersion }: TargetFacts): string | undefined {
  const major = Math.floor(serverVersion / 10_000);
  const since = OWN_ESTIMATORS_REFUSED.find((version) => Math.floor(version / 10_000) === major);
  if (since !== undefined && serverVersion < since) return undefined;
  const found = tokens(defn);
  // PostgreSQL's own are named without a schema.
  const isOwn = found.some(
    (token, at) => (isWord(token, "RESTRICT") || isWord(token, "JOIN")) && found[at + 3]?.text === ".",
  );
  return isOwn ? only("operators with selectivity estimators of their own") : undefined;
}

/** Kinds that a cast may be from or to. */
const TYPES: ReadonlySet<string> = new Set(["DOMAIN", "FOREIGN TABLE", "MATERIALIZED VIEW", "TABLE", "TYPE", "VIEW"]);

function cast({ defn = "", dependencies }: JudgedEntry, facts: TargetFacts, archive: Archive): string | undefined {
  if (administers(facts, "cast")) return undefined;
  const found = tokens(defn);
  if (found.some((token, at) => isWord(token, "WITHOUT") && isWord(found[at + 1], "FUNCTION"))) {
    return only("casts without a function");
  }
  const isOfOwnType = dependencies.some((dumpId) => TYPES.has(archive.get(dumpId)?.desc ?? ""));
  return isOfOwnType
    ? undefined
    : "a cast takes the ownership of one of its types, and neither is the restore point's own";
}

function publication({ defn = "" }: JudgedEntry, facts: TargetFacts): string | undefined {
  if (cannotCreate(facts)) return "publications take the right to create in the database";
  const found = tokens(defn);
  const isOfAll = found.some((token, at) => isWord(token, "FOR") && isWord(found[at + 1], "ALL"));
  return isOfAll && !administers(facts, "publication of everything") ? only("publications of all tables") : undefined;
}

function subscription({ defn = "" }: JudgedEntry, facts: TargetFacts): string | undefined {
  if (administers(facts, "subscription")) return undefined;
  const isAllowed = facts.roles.some(({ name, isInherited }) => name === "pg_create_subscription" && isInherited);
  if (!isAllowed) return "subscriptions take a superuser, or from version 16 on membership in pg_create_subscription";
  if (cannotCreate(facts)) return "subscriptions take the right to create in the database";
  const found = tokens(defn);
  if (isRefusedOption(found)) return only("subscriptions that need no password");
  const connection = found.find(({ kind }) => kind === "string")?.text ?? "";
  return /password\s*=|:\/\/[^/@\s]*:[^@]+@/.test(connection)
    ? undefined
    : "a subscription of who is no superuser has to name a password in its connection";
}

function isRefusedOption(found: readonly Token[]): boolean {
  return found.some((token, at) => {
    if (token.kind === "string" || nameOfToken(token) !== "password_required") return false;
    const value = found[found[at + 1]?.text === "=" ? at + 2 : at + 1]?.text ?? "";
    return /^'?(f|false|off|no|n|0)'?$/i.test(value);
  });
}

/** Options of postgres_fdw with which one would connect as the server's own user. */
function userMapping({ defn = "" }: JudgedEntry): string | undefined {
  return isRefusedOption(tokens(defn)) ? only("user mappings that need no password") : undefined;
}

function server({ defn = "" }: JudgedEntry, { rights }: TargetFacts): string | undefined {
  const found = tokens(defn);
  const at = found.findIndex((token, n) => isWord(token, "DATA") && isWord(found[n + 1], "WRAPPER"));
  const name = found[at + 2];
  if (at < 0 || name === undefined) return undefined;
  const wrapper = rights.wrappers.find((one) => one.name === nameOfToken(name));
  return wrapper?.canUse === false ? `no right to use the foreign-data wrapper ${wrapper.name}` : undefined;
}

function language({ defn = "", tag }: JudgedEntry, facts: TargetFacts): string | undefined {
  // Without a handler the server takes the language's extension.
  const isExtension = facts.extensions.some(({ name }) => name === tag);
  if (!isExtension || tokens(defn).some((token) => isWord(token, "HANDLER"))) return only("procedural languages");
  return extension({ tag }, facts);
}

function extension({ tag }: Pick<JudgedEntry, "tag">, facts: TargetFacts): string | undefined {
  const found = facts.extensions.find(({ name }) => name === tag);
  if (found === undefined || found.installedVersion !== undefined || !found.needsSuperuser) return undefined;
  if (administers(facts, "extension")) return undefined;
  if (!found.isTrusted) return only(`the extension ${tag}`);
  return cannotCreate(facts) ? `the extension ${tag} takes the right to create in the database` : undefined;
}

/** Who owns it may, or who acts as them; roles that are missing come with the restore. */
function defaultPrivileges({ owner }: JudgedEntry, { roles }: TargetFacts): string | undefined {
  const role = roles.find(({ name }) => name === owner);
  return role?.isInherited === false
    ? `default privileges of ${owner} can be set by itself and its members`
    : undefined;
}

/**
 * On what the archive does not make: PostgreSQL's own, or a part of an extension. A GRANT by who may not grant is an error on some, on
 * others but a warning, and has no effect.
 */
function privileges({ tag, dependencies }: JudgedEntry, facts: TargetFacts, archive: Archive): string | undefined {
  if (dependencies.some((dumpId) => archive.has(dumpId))) return undefined;
  if (/^SCHEMA "?public"?$/.test(tag) && facts.rights.ownsPublic) return undefined;
  return "only a superuser may give privileges on what is the server's or an extension's own";
}

/** On what is there already and is somebody else's; on anything else it goes with that. */
function comment({ tag }: JudgedEntry, facts: TargetFacts): string | undefined {
  const name = /^(EXTENSION|SCHEMA) "?(.*?)"?$/s.exec(tag);
  const isOfOthers =
    (name?.[1] === "EXTENSION" && facts.rights.extensionsOfOthers.includes(name[2] ?? "")) ||
    (name?.[1] === "SCHEMA" && name[2] === "public" && !facts.rights.ownsPublic);
  return isOfOthers ? "only its owner may comment on it" : undefined;
}

/** A database yet to be created will be ours. */
function cannotCreate({ database }: TargetFacts): boolean {
  return database?.canCreate === false;
}
