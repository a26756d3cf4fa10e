import { nameOfEntry, type TocEntry } from "../../../postgres/ddl/index.ts";
import type { TargetFacts } from "../../../postgres/facts/index.ts";
import { isWiderBefore16 } from "../../../postgres/roles/index.ts";
import { type EntryNote, fitToServer, knowsSetting, needsPublicSchema } from "../../../postgres/versions/index.ts";
import { someNames, sqlOfEntry } from "../describe.ts";
import type { Finding, PlanInput, PlanOptions } from "./types.ts";

/** What a server of another version is told in other words, and what it cannot be told. */
export function versions(
  input: PlanInput,
  { serverVersion, database, role }: TargetFacts,
  options: PlanOptions,
): Finding[] {
  const { toc } = input;
  const { rewritten, leftOut, lacking } = fitToServer(toc, serverVersion);
  const byDumpId = new Map(toc.entries.map((entry) => [entry.dumpId, entry]));
  const isAsked = ({ dumpId }: EntryNote): boolean => {
    const desc = byDumpId.get(dumpId)?.desc ?? "";
    if (options.noPrivileges && (desc === "ACL" || desc === "DEFAULT ACL")) return false;
    return options.create || !desc.startsWith("DATABASE");
  };
  const missing = lacking.filter(isAsked).flatMap(({ dumpId, reason, since }): Finding[] => {
    const entry = byDumpId.get(dumpId);
    if (entry === undefined) return [];
    const hint =
      since === undefined
        ? "Restore into a server of the source's version, or with --leave-out."
        : `Restore into PostgreSQL ${since} or newer, or with --leave-out.`;
    const trouble = { verdict: "trouble", what: nameOfEntry(entry), code: "version-lacks", reason, hint } as const;
    return [{ ...trouble, leaving: { entries: [dumpId] }, ...sqlOfEntry(entry) }];
  });
  const isBeingCreated = database === undefined;
  return [
    ...(isBeingCreated ? lacksLocale(input, major(serverVersion)) : []),
    ...missing,
    ...told([...rewritten, ...leftOut].filter(isAsked), byDumpId),
    ...otherMeaning(input, major(serverVersion), options),
    ...(needsPublicSchema(toc, serverVersion) && !role.isSuperuser ? openToEverybody(role.name) : []),
    ...unknownOfRoles(input, major(serverVersion), options),
  ];
}

function major(serverVersion: number): number {
  return Math.floor(serverVersion / 10_000);
}

/** Whether the target is told anything in other words than the archive's. */
export function isSaidOtherwise({ toc }: Pick<PlanInput, "toc">, serverVersion: number): boolean {
  return fitToServer(toc, serverVersion).isChanged || needsPublicSchema(toc, serverVersion);
}

/** One sentence for all of which the same is to be told. */
function told(notes: readonly EntryNote[], byDumpId: ReadonlyMap<number, TocEntry>): Finding[] {
  const byReason = Map.groupBy(notes, ({ reason }) => reason);
  return [...byReason].map(([reason, some]): Finding => {
    const names = some.flatMap(({ dumpId }) => {
      const entry = byDumpId.get(dumpId);
      return entry === undefined ? [] : [nameOfEntry(entry)];
    });
    return { verdict: "told", what: someNames(names), code: "version-words", reason };
  });
}

/** A database that is made has the source's locale, or is not made at all. */
function lacksLocale({ database }: PlanInput, target: number): Finding[] {
  if (database === undefined) return [];
  const { localeProvider, locale, icuRules, name } = database;
  const since = Math.max(
    localeProvider === "icu" ? 15 : 0,
    icuRules === null || icuRules === undefined ? 0 : 16,
    localeProvider === "builtin" ? 17 : 0,
    localeProvider === "builtin" && locale === "PG_UNICODE_FAST" ? 18 : 0,
  );
  if (since <= target) return [];
  const reason = `has the locale provider ${localeProvider}${icuRules ? " with rules" : ""}, locale ${locale}: databases have that since PostgreSQL ${since}`;
  const hint = "Create the database with a locale of your choice, and restore into it without --create.";
  return [{ verdict: "trouble", what: `database ${name}`, code: "version-lacks", reason, hint }];
}

const EVERYBODY_CREATES = /GRANT (ALL|CREATE|USAGE,CREATE) ON SCHEMA "?public"? TO PUBLIC/;
const ALL_ON_TABLE = /GRANT ALL ON TABLES? /;

/** Nothing is lost, but it does not mean the same there. */
function otherMeaning({ toc, manifest }: PlanInput, target: number, { noPrivileges }: PlanOptions): Finding[] {
  const source = Number.parseInt(manifest.server.version, 10);
  if (noPrivileges || Number.isNaN(source)) return [];
  const grants = toc.entries.filter(({ desc }) => desc === "ACL" || desc === "DEFAULT ACL");
  const says = (pattern: RegExp): boolean => grants.some(({ defn = "" }) => pattern.test(defn));
  const tell = (what: string, reason: string): Finding[] => [
    { verdict: "told", what, code: "version-meaning", reason },
  ];
  return [
    ...(source < 15 && target >= 15 && says(EVERYBODY_CREATES)
      ? tell(
          "schema public",
          "is open to everybody to create in, as in the source; new databases are not since PostgreSQL 15",
        )
      : []),
    ...(source < 17 && target >= 17 && says(ALL_ON_TABLE)
      ? tell("all privileges on tables", "are one more since PostgreSQL 17: who has all may also MAINTAIN")
      : []),
  ];
}

function openToEverybody(role: string): Finding[] {
  const reason = `is open to everybody to create in, as in every database of PostgreSQL 14, unlike the source's; ${role} may not change that: have REVOKE CREATE ON SCHEMA public FROM PUBLIC run by a superuser`;
  return [{ verdict: "told", what: "schema public", code: "version-meaning", reason }];
}

/** Roles that are made come without what the server has no words for; a warning tells each then. */
function unknownOfRoles({ roles: list }: PlanInput, target: number, { skipRoles }: PlanOptions): Finding[] {
  if (skipRoles || list === undefined) return [];
  const tell = (name: string, reason: string): Finding => {
    return { verdict: "told", what: `role ${name}`, code: "version-words", reason };
  };
  const settings = list.roles.flatMap(({ name, settings }) => {
    const unknown = settings.map((one) => one.slice(0, one.indexOf("="))).filter((one) => !knowsSetting(one, target));
    if (unknown.length === 0) return [];
    return [tell(name, `sets ${unknown.join(", ")}, which PostgreSQL ${target} does not know: left out`)];
  });
  const wider = target >= MEMBERSHIP_OPTIONS_SINCE ? [] : list.memberships.filter((one) => isWiderBefore16(one, list));
  const memberships = wider.map(({ role, member }) =>
    tell(member, `is a member of ${role} without all rights of it, which servers before 16 cannot grant: left out`),
  );
  return [...settings, ...memberships];
}

const MEMBERSHIP_OPTIONS_SINCE = 16;
