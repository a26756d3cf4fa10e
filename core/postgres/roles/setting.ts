import { quoteLiteral, quoteName } from "../sql.ts";

/** Settings whose stored value is a list of names in quotes where they need them; each is said as a literal of its own. */
const NAME_LISTS: ReadonlySet<string> = new Set([
  "local_preload_libraries",
  "search_path",
  "session_preload_libraries",
  "shared_preload_libraries",
  "temp_tablespaces",
  "unix_socket_directories",
]);

/** The name of `name=value`; the value may be a secret. */
export function settingName(setting: string): string {
  return setting.slice(0, setting.indexOf("="));
}

/** `name=value`, as the catalogs hold a setting of a role or a database, as the clause of an ALTER. */
export function setClause(setting: string): string {
  const split = setting.indexOf("=");
  const name = setting.slice(0, split);
  const value = setting.slice(split + 1);
  const values = NAME_LISTS.has(name.toLowerCase()) && value !== "" ? listedNames(value) : [value];
  return `SET ${quoteName(name)} TO ${values.map(quoteLiteral).join(", ")}`;
}

/** `"$user", public` → `$user`, `public`. */
function listedNames(list: string): string[] {
  const parts = list.match(/"(?:[^"]|"")*"|[^\s,"]+/g) ?? [];
  return parts.map((part) => (part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part));
}
