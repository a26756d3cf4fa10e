/**
 * Two schemas, each as pg_dump wrote it, held against each other object by object.
 * @module
 */

import type { ConnectionSettings } from "../connection.ts";
import {
  type DumpSchemaOptions,
  dumpSchema,
  isLoginTrigger,
  splitForcing,
  type Toc,
  type TocEntry,
} from "../ddl/index.ts";
import { isOfMarker } from "../load/entries.ts";
import type { Unvalidated } from "../load/postponed.ts";
import { inOneOrder } from "../roles/named-roles.ts";
import { mayHoldSecret } from "../secrets.ts";
import { openSession } from "../session.ts";
import { quoteName } from "../sql.ts";
import { fitToServer, needsPublicSchema } from "../versions/index.ts";
import type { Difference } from "./difference.ts";
import { withoutChosenNames } from "./output-names.ts";
import { withoutNeedlessQuotes } from "./quotes.ts";
import { withoutUnvalidated } from "./unvalidated.ts";

export interface SchemaComparison {
  /** Entries of which it was agreed that they are not restored: they may be there or not. */
  readonly leftOut?: readonly TocEntry[];
  /** A restore without owners gave everything to one role. */
  readonly ignoreOwners?: boolean;
  readonly ignorePrivileges?: boolean;
  /** The database was there before its content was restored: its owner, locale and settings are its own. */
  readonly ignoreDatabase?: boolean;
  /** Event triggers on login, the database's connection limit and `role` come with the last act of a restore, after it was compared. */
  readonly ignoreLastAct?: boolean;
  /** Constraints that the restore has told of as not valid. */
  readonly unvalidated?: readonly Unvalidated[];
  /** Parts of a database: there may be more in it. */
  readonly ignoreMore?: boolean;
  /** What was renamed is written with quotes around names that need none. */
  readonly ignoreQuotes?: boolean;
}

/** The schema of a live database, as an archive. @param only these tables and what hangs on them @param like written with quotes around every name if this one is */
export async function dumpLiveSchema(
  settings: ConnectionSettings,
  applicationName: string,
  like?: Toc,
  only?: DumpSchemaOptions["only"],
): Promise<Uint8Array> {
  const holder = await openSession(settings, { purpose: "read", applicationName });
  try {
    await holder.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    const [row] = await holder.query<{ id: string }>("SELECT pg_export_snapshot() AS id");
    const session = await openSession(settings, { purpose: "read", applicationName });
    const quoting = like === undefined ? {} : { quoteAll: isOtherMajor(like.serverVersion, like.dumpVersion) };
    try {
      return (await dumpSchema(session, { snapshotId: row?.id ?? "", ...quoting, ...(only && { only }) })).archive;
    } finally {
      await session.end();
    }
  } finally {
    await holder.end();
  }
}

/** Definitions are held against each other as written: `got` has to be dumped like `expected`. */
export function schemaDifferences(expected: Toc, got: Toc, options: SchemaComparison = {}): Difference[] {
  const isAcross = isOtherMajor(expected.serverVersion, got.serverVersion);
  // pg_dump writes also of an old server in words of its own time: both in those that this one was told.
  const target = Number(majorOf(got.serverVersion) ?? Number.NaN) * 10_000;
  const said = (toc: Toc): Toc => (Number.isNaN(target) ? toc : fitToServer(toc, target).toc);
  const written = (toc: Toc): Toc => (options.ignoreQuotes === true ? withoutNeedlessQuotes(said(toc)) : said(toc));
  const [want, have] = [describe(written(expected), options), describe(written(got), options)];
  const left = new Set(options.leftOut?.map((entry) => objectOf(entry, databaseOf(expected))));
  // What pg_dump then says of it may be a superuser's to change; the plan tells that.
  if (needsPublicSchema(expected, target)) for (const object of OWN_PUBLIC) if (!want.has(object)) left.add(object);
  if (want.has(PLPGSQL) !== have.has(PLPGSQL)) for (const object of [PLPGSQL, ABOUT_PLPGSQL]) left.add(object);
  const objects = [...new Set([...want.keys(), ...have.keys()])].filter((object) => !left.has(object)).toSorted();
  return objects.flatMap((object) => {
    const [wanted, found] = [want.get(object), have.get(object)];
    const isSecret = wanted?.mayHoldSecret === true || found?.mayHoldSecret === true;
    const difference = (aspect: string, left: string, right: string): Difference[] => {
      if (left === right) return [];
      const [expected, got] = isSecret && aspect === "definition" ? WITHHELD : [brief(left, right), brief(right, left)];
      return [{ kind: "schema", object, aspect, expected, got }];
    };
    if (found === undefined) return difference("presence", "present", "missing");
    if (wanted === undefined) return options.ignoreMore === true ? [] : difference("presence", "absent", "present");
    return [
      ...(isAcross && wanted.isDeparsed && found.isDeparsed
        ? []
        : difference("definition", wanted.definition, found.definition)),
      ...difference("owner", wanted.owner, found.owner),
    ];
  });
}

/** Differences are told in logs, alerts and reports. */
const WITHHELD = ["as in the restore point (withheld: it may hold a secret)", "another (withheld likewise)"] as const;

/** Of the schema that every database of a server before 15 has, open to everybody. */
const OWN_PUBLIC = ["schema public", "acl SCHEMA public", 'acl SCHEMA "public"'];

/**
 * pg_dump is silent of the one that every database is made with, and speaks of one that was made since: after pg_upgrade it is
 * such everywhere.
 */
const PLPGSQL = "extension plpgsql";
const ABOUT_PLPGSQL = "comment EXTENSION plpgsql";

/** Each major version writes the queries it has stored in words of its own. */
const DEPARSED: ReadonlySet<string> = new Set(["VIEW", "MATERIALIZED VIEW", "RULE", "POLICY"]);
const STORED_BODY = /^ *BEGIN ATOMIC$/m;

function isDeparsed({ desc, defn = "" }: TocEntry): boolean {
  return DEPARSED.has(desc) || ((desc === "FUNCTION" || desc === "PROCEDURE") && STORED_BODY.test(defn));
}

function isOtherMajor(one: string | undefined, other: string | undefined): boolean {
  return majorOf(one) !== majorOf(other);
}

/** `18.4 (Debian …)`, `19beta1` */
function majorOf(version: string | undefined): string | undefined {
  return version?.split(/[.a-z ]/)[0];
}

interface Described {
  readonly definition: string;
  readonly isDeparsed: boolean;
  readonly mayHoldSecret: boolean;
  readonly owner: string;
}

function describe(
  toc: Toc,
  { ignoreOwners, ignorePrivileges, ignoreDatabase, ignoreLastAct, unvalidated = [] }: SchemaComparison,
): Map<string, Described> {
  const database = databaseOf(toc);
  const described = new Map<string, Described>();
  const left = new Set(
    toc.entries
      .filter(isLoginTrigger)
      .flatMap(({ tag }) => [`EVENT TRIGGER ${tag}`, `EVENT TRIGGER ${quoteName(tag)}`]),
  );
  const isLeft = ({ desc, tag }: TocEntry): boolean =>
    ignoreLastAct === true && (left.has(`${desc} ${tag}`) || (isRemark(desc) && left.has(tag)));
  for (const entry of toc.entries) {
    if (isLeft(entry)) continue;
    const isPrivilege = entry.desc === "ACL" || entry.desc === "DEFAULT ACL";
    const isDatabase = isAboutDatabase(entry, database);
    if (
      isOfMarker({ desc: entry.desc, schema: entry.namespace, name: entry.tag }) ||
      (isPrivilege && ignorePrivileges) ||
      (isDatabase && ignoreDatabase)
    )
      continue;
    const object = objectOf(entry, database);
    // Some kinds stand in several entries under one name, in no particular order.
    const said = withoutUnvalidated(entry, normalised(entry, database), unvalidated);
    const definition = ignoreLastAct === true && said !== undefined ? beforeLastAct(entry, said) : said;
    if (definition === undefined) continue;
    const before = described.get(object);
    const parts = [before?.definition, definition].filter((part) => part !== undefined);
    described.set(object, {
      definition: parts.toSorted().join("\n"),
      isDeparsed: isDeparsed(entry),
      mayHoldSecret: before?.mayHoldSecret === true || isSecretive(entry),
      owner: ignoreOwners === true || isOfServer(entry) ? "" : (entry.owner ?? ""),
    });
  }
  return described;
}

/** Columns of tables are often called `password` or `token`: that is no secret, and what differs is to be seen. */
function isSecretive(entry: TocEntry): boolean {
  return entry.desc !== "TABLE" && mayHoldSecret(entry);
}

/** What initdb has made belongs to whom initdb was told to, and no dump gives it to another. */
function isOfServer({ namespace }: TocEntry): boolean {
  return namespace === "pg_catalog" || namespace === "information_schema";
}

function isRemark(desc: string): boolean {
  return desc === "COMMENT" || desc === "SECURITY LABEL";
}

function databaseOf({ entries }: Toc): string | undefined {
  return entries.find(({ desc }) => desc === "DATABASE")?.tag;
}

/** A restored database may have another name; what is said about it is the same. */
const DATABASE = "(database)";

function objectOf({ desc, namespace, tag, owner }: TocEntry, database: string | undefined): string {
  if (/^DATABASE/.test(desc)) return `${desc.toLowerCase()} ${DATABASE}`;
  const name = isAboutDatabase({ desc, tag }, database) ? `DATABASE ${DATABASE}` : tag;
  // Each role has its own: those of one may be left out, and another's be missing.
  const of = desc === "DEFAULT ACL" && owner !== undefined ? ` of ${owner}` : "";
  return `${desc.toLowerCase()} ${namespace === undefined ? "" : `${namespace}.`}${name}${of}`;
}

/**
 * The database itself, or what is said about it. Comments, labels and privileges name their database as SQL does, in quotes where
 * it needs them; of anything else such a tag is the name.
 */
function isAboutDatabase({ desc, tag }: Pick<TocEntry, "desc" | "tag">, database: string | undefined): boolean {
  if (database === undefined) return false;
  if (desc === "DATABASE" || desc === "DATABASE PROPERTIES") return true;
  if (!isRemark(desc) && desc !== "ACL") return false;
  return tag === `DATABASE ${database}` || tag === `DATABASE ${quoteName(database)}`;
}

function normalised(entry: TocEntry, database: string | undefined): string {
  const definition = entry.defn ?? "";
  const defn = isDeparsed(entry) ? withoutChosenNames(definition) : definition;
  const text = [inOneOrder(entry.desc, defn), entry.tableAccessMethod ?? ""].join("\n").trim();
  if (database === undefined || !isAboutDatabase(entry, database)) return text;
  const forms = [database, quoteName(database)];
  const renamed = forms.reduce((result, form) => result.replaceAll(`DATABASE ${form}`, `DATABASE ${DATABASE}`), text);
  return entry.desc === "DATABASE PROPERTIES" ? inNoOrder(renamed) : renamed;
}

/** pg_dump lists the settings of a database as the server happens to give them: their order says nothing. */
function inNoOrder(statements: string): string {
  return `${statements}\n`.split(";\n").toSorted().join(";\n");
}

const OF_LAST_ACT =
  /^ALTER DATABASE \(database\) (?:CONNECTION LIMIT|IS_TEMPLATE) |^ALTER (ROLE .+ IN )?DATABASE \(database\) SET "?(role|session_authorization)"? /s;

/** The properties of a database without those that come last; undefined where there are no others. */
function beforeLastAct({ desc }: TocEntry, statements: string): string | undefined {
  if (desc === "TABLE") return splitForcing(statements).rest.trim();
  if (desc !== "DATABASE PROPERTIES") return statements;
  const others = statements.split(";\n").filter((statement) => !OF_LAST_ACT.test(statement));
  return others.every((statement) => statement === "") ? undefined : others.join(";\n");
}

const CONTEXT = 40;
const LONGEST = 200;

/** The text from a little before the first character in which it differs from the other. */
function brief(text: string, other: string): string {
  if (text.length <= LONGEST) return text;
  let at = 0;
  while (at < text.length && text[at] === other[at]) at += 1;
  const start = Math.max(0, at - CONTEXT);
  return `${start > 0 ? "…" : ""}${text.slice(start, start + LONGEST)}${start + LONGEST < text.length ? "…" : ""}`;
}
