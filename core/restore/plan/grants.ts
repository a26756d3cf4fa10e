/**
 * Roles in the statements that pg_dump writes about privileges, policies and user mappings.
 * @module
 */
import type { TocEntry } from "../../postgres/ddl/index.ts";
import { roleTokens } from "../../postgres/roles/named-roles.ts";
import { isWord, nameOfToken, type Token, tokens } from "../../postgres/tokens.ts";

/** Roles without which an entry cannot be made as it is; its owner is not among them. */
export function rolesNamed(entry: Pick<TocEntry, "desc" | "defn">): string[] {
  return [...new Set(roleTokens(entry).map(nameOfToken))];
}

/** Roles in whose name something is granted that is another's. */
export function grantorsOf({ defn = "" }: Pick<TocEntry, "defn">): string[] {
  const sessions = statementsOf(defn).filter((statement) => isSession(tokens(statement)));
  return [...new Set(sessions.flatMap((defn) => rolesNamed({ desc: "ACL", defn })))];
}

/**
 * An entry of privileges without what is granted to, taken from or said by these roles; undefined where nothing is left.
 * @param silent in whose name nothing is granted: it is granted all the same
 */
export function grantsWithout(
  entry: TocEntry,
  missing: ReadonlySet<string>,
  silent: ReadonlySet<string> = new Set(),
): TocEntry | undefined {
  const { desc, defn = "" } = entry;
  if (!rolesNamed(entry).some((role) => missing.has(role) || silent.has(role))) return entry;
  let isActing = false;
  const kept = statementsOf(defn).filter((statement) => {
    const words = tokens(statement);
    const named = rolesNamed({ desc, defn: statement });
    const isNamed = named.some((role) => missing.has(role) || (isSession(words) && silent.has(role)));
    if (!isSession(words)) return !isNamed;
    // SET by somebody who is not there goes with its RESET: the connecting role grants then.
    const isReset = isWord(words[0], "RESET");
    const isKept = isReset ? isActing : !isNamed;
    isActing = isKept && !isReset;
    return isKept;
  });
  const isEmpty = kept.every((statement) => isSession(tokens(statement)));
  return isEmpty ? undefined : { ...entry, defn: kept.join("") };
}

/** Each with its end; a semicolon in a name ends nothing. */
function statementsOf(defn: string): string[] {
  const ends = tokens(defn).flatMap(({ kind, text, at }) => (kind === "other" && text === ";" ? [at + 1] : []));
  return ends.map((end, index) => `${defn.slice(ends[index - 1] ?? 0, end).trim()}\n`);
}

/** SET and RESET SESSION AUTHORIZATION, around what was granted by another than the owner. */
function isSession(words: readonly Token[]): boolean {
  return isWord(words[1], "SESSION") && isWord(words[2], "AUTHORIZATION");
}
