/**
 * What of a database is its provider's platform: made by it in every database of its servers, kept up by it, and never to be
 * restored over what is there.
 * @module
 */
import type { TocEntry } from "../ddl/index.ts";
import type { Session } from "../session.ts";
import { isProviderRole, providerOf, tellProvider } from "./index.ts";

/** What is there of the platform's. */
export interface Platform {
  /** As people call the provider. */
  readonly of: string;
  readonly schemas: readonly string[];
  readonly publications: readonly string[];
  readonly eventTriggers: readonly string[];
}

/** Of the session's database; undefined where there is nothing of a platform in it. */
export async function readPlatform(session: Session, id: string | undefined): Promise<Platform | undefined> {
  const provider = providerOf(id);
  if (provider === undefined) return undefined;
  const [found] = await session.query<Omit<Platform, "of">>(
    `SELECT ARRAY(SELECT nspname::pg_catalog.text FROM pg_catalog.pg_namespace WHERE nspname = ANY ($1) ORDER BY 1) AS schemas,
            ARRAY(SELECT pubname::pg_catalog.text FROM pg_catalog.pg_publication WHERE pubname = ANY ($2) ORDER BY 1) AS publications,
            ARRAY(SELECT evtname::pg_catalog.text FROM pg_catalog.pg_event_trigger WHERE evtname = ANY ($3) ORDER BY 1) AS "eventTriggers"`,
    [provider.schemas, provider.publications, provider.eventTriggers],
  );
  if (found === undefined || Object.values(found).every((names) => names.length === 0)) return undefined;
  return { of: provider.name, ...found };
}

/** Of the session's database, on whosever server it is. */
export async function findPlatform(session: Session): Promise<Platform | undefined> {
  return readPlatform(session, (await tellProvider(session))?.id);
}

/** `SCHEMA auth`, `PUBLICATION …`: all that is there of it by itself. */
export function platformNames(platform: Platform | undefined): string[] {
  if (platform === undefined) return [];
  const { schemas, publications, eventTriggers } = platform;
  return [
    ...schemas.map((name) => `SCHEMA ${name}`),
    ...publications.map((name) => `PUBLICATION ${name}`),
    ...eventTriggers.map((name) => `EVENT TRIGGER ${name}`),
  ];
}

type Entry = Pick<TocEntry, "dumpId" | "desc" | "tag" | "namespace" | "owner" | "dependencies">;

/**
 * The entries that the platform has made, and their remarks and privileges. Not the user's triggers and policies on its tables, nor
 * which of the user's tables its publications publish.
 */
export function platformEntries<Kind extends Entry>(entries: readonly Kind[], platform: Platform): Kind[] {
  const byDumpId = new Map(entries.map((entry) => [entry.dumpId, entry]));
  const own = new Set(platform.schemas);
  const named = new Set(platformNames(platform));
  const users = new Set(entries.filter((entry) => isUsers(entry, own, byDumpId)).map(({ dumpId }) => dumpId));
  return entries.filter(({ dumpId, desc, tag, namespace, owner, dependencies }) => {
    // What is said about a user's own goes with it.
    if (users.has(dumpId) || dependencies.some((on) => desc === "COMMENT" && users.has(on))) return false;
    if (BY_OWNER.has(desc) && owner !== undefined && isProviderRole(owner)) return true;
    if (namespace !== undefined) return own.has(namespace);
    return named.has(`${desc} ${tag}`) || (REMARKS.has(desc) && named.has(tag.replaceAll('"', "")));
  });
}

/** The platform's wherever they are, if a role of a provider's owns them or it is their default privileges. */
const BY_OWNER: ReadonlySet<string> = new Set(["DEFAULT ACL", "EVENT TRIGGER"]);
const REMARKS: ReadonlySet<string> = new Set(["ACL", "COMMENT", "SECURITY LABEL"]);

function isUsers({ desc, dependencies }: Entry, own: ReadonlySet<string>, all: ReadonlyMap<number, Entry>): boolean {
  if (desc === "POLICY" || desc.startsWith("PUBLICATION TABLE")) return true;
  if (desc !== "TRIGGER") return false;
  const functions = dependencies.flatMap((on) => all.get(on) ?? []).filter((entry) => entry.desc === "FUNCTION");
  return functions.some(({ namespace }) => namespace !== undefined && !own.has(namespace));
}
