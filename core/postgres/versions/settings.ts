/**
 * Settings of a database that a server does not know yet, or no more.
 * @module
 */
import type { TocEntry } from "../ddl/index.ts";
import { nameOfToken, tokens } from "../tokens.ts";
import { SETTINGS } from "./builtins.ts";
import type { Rewrite } from "./types.ts";
import { isKeyword } from "./words.ts";

/** False for those of which it is known that they are of other versions: a server refuses them, and so would a restore end. */
export function knowsSetting(name: string, major: number): boolean {
  const { since = 0, until = Number.POSITIVE_INFINITY } = SETTINGS.get(name.toLowerCase()) ?? {};
  return since <= major && major < until;
}

/** `ALTER DATABASE … SET name TO …`, and `ALTER ROLE … IN DATABASE … SET …`. */
export const databaseSettings: Rewrite = (entry, { major }) => {
  if (entry.desc !== "DATABASE PROPERTIES") return undefined;
  const { entry: kept, left } = settingsThat(entry, (setting) => knowsSetting(setting, major));
  if (left.length === 0) return undefined;
  const reason = `sets ${[...new Set(left)].join(", ")}, which PostgreSQL ${major} does not know: left out`;
  return { ...(kept !== undefined && { entry: kept }), reason };
};

/** A database's properties with those settings only, and which were left; without an entry where nothing remains. */
export function settingsThat(
  entry: TocEntry,
  isKept: (setting: string) => boolean,
): { readonly entry: TocEntry | undefined; readonly left: readonly string[] } {
  const statements = statementsOf(entry);
  const left = statements.flatMap(({ setting }) => (setting === undefined || isKept(setting) ? [] : [setting]));
  if (left.length === 0) return { entry, left };
  const kept = statements.filter(({ setting }) => setting === undefined || isKept(setting));
  return { entry: kept.length === 0 ? undefined : { ...entry, defn: kept.map(({ text }) => text).join("") }, left };
}

function statementsOf({ defn = "" }: TocEntry): { readonly text: string; readonly setting: string | undefined }[] {
  const found = tokens(defn);
  const ends = found.flatMap((token, at) => (isKeyword(token, ";") ? [at] : []));
  return ends.map((end, index) => {
    const start = (ends[index - 1] ?? -1) + 1;
    const own = found.slice(start, end);
    const set = own.findIndex((token) => isKeyword(token, "SET"));
    const name = own[set + 1];
    const from = index === 0 ? 0 : (found[start - 1]?.at ?? 0) + 1;
    const text = defn.slice(from, (found[end]?.at ?? defn.length) + 1);
    return { text, setting: set < 0 || name === undefined ? undefined : nameOfToken(name) };
  });
}
