/**
 * Privileges in the words of older servers.
 * @module
 */
import type { TocEntry } from "../ddl/index.ts";
import { nameOfToken, type Token, tokens } from "../tokens.ts";
import { FUNCTIONS, type Lifetime, RELATIONS } from "./builtins.ts";
import type { Rewrite } from "./types.ts";
import { isKeyword } from "./words.ts";

const MAINTAIN_SINCE = 17;
/** All that a server before 17 knows on a table. */
const ON_TABLES: readonly string[] = ["DELETE", "INSERT", "REFERENCES", "SELECT", "TRIGGER", "TRUNCATE", "UPDATE"];

/** MAINTAIN goes; what is then all there is on a table is called so, as the server will write it back. */
export const withoutMaintain: Rewrite = (entry, { major }) => {
  const { desc, defn = "" } = entry;
  if (major >= MAINTAIN_SINCE || (desc !== "ACL" && desc !== "DEFAULT ACL")) return undefined;
  const isOnTables = desc === "DEFAULT ACL" ? /\bON TABLES\b/.test(defn) : /\bON TABLE\b/.test(defn);
  if (!isOnTables || !tokens(defn).some((token) => isKeyword(token, "MAINTAIN") || isKeyword(token, "TRUNCATE")))
    return undefined;
  const statements = statementsOf(defn);
  const rewritten = statements.flatMap((statement) => withoutPrivilege(statement, "MAINTAIN"));
  const left = withoutIdle(rewritten, entry);
  if (left.join("") === statements.join("")) return undefined;
  const hadIt = statements.some((statement) => privilegesOf(statement).includes("MAINTAIN"));
  const told = hadIt
    ? { reason: "has MAINTAIN, which PostgreSQL has since 17: there, only owners and superusers may maintain" }
    : {};
  if (left.every((statement) => /^(RE)?SET /.test(statement))) return told;
  return { entry: { ...entry, defn: left.join("") }, ...told };
};

/** The statement for the other privileges, all of a table's in one word; none where no other is in it. */
function withoutPrivilege(statement: string, privilege: string): string[] {
  const listed = privilegesOf(statement);
  const left = listed.filter((one) => one !== privilege);
  if (listed.length === 0) return [statement];
  if (left.length === 0) return [];
  const isAll = ON_TABLES.every((one) => left.includes(one));
  if (left.length === listed.length && !isAll) return [statement];
  return [statement.replace(listed.join(","), isAll ? "ALL" : left.join(","))];
}

/** `SELECT,INSERT` of a GRANT or REVOKE on a table; privileges on columns have brackets and are none of these. */
function privilegesOf(statement: string): string[] {
  return (
    /(?:GRANT|REVOKE)(?: GRANT OPTION FOR)? ([A-Z]+(?:,[A-Z]+)*) ON TABLES? /
      .exec(onlyWords(statement))?.[1]
      ?.split(",") ?? []
  );
}

/** Names may hold anything. */
function onlyWords(statement: string): string {
  return statement.replaceAll(/"(?:[^"]|"")*"/g, (name) => "x".repeat(name.length));
}

/** Taking everything from the owner and giving it back again: nothing else is left of an owner's lost MAINTAIN. */
function withoutIdle(statements: readonly string[], { owner }: TocEntry): string[] {
  const role = (statement: string): string | undefined => {
    const found = tokens(statement);
    const word = found.findLastIndex((token) => isKeyword(token, "TO") || isKeyword(token, "FROM"));
    const name = found[word + 1];
    return word < 0 || name === undefined ? undefined : nameOfToken(name);
  };
  const takes = (statement: string): boolean => /^REVOKE ALL ON TABLE /.test(statement) && role(statement) === owner;
  const gives = (statement: string): boolean =>
    /^GRANT ALL ON TABLE [^;]*;$/m.test(statement) && role(statement) === owner;
  const isIdle = statements.some(takes) && statements.some(gives);
  return statements.filter((statement) => !isIdle || !(takes(statement) || gives(statement)));
}

function statementsOf(defn: string): string[] {
  const ends = tokens(defn).flatMap((token) => (isKeyword(token, ";") ? [token.at + 1] : []));
  return [0, ...ends].flatMap((start, index, starts) => {
    const statement = defn.slice(start, starts[index + 1] ?? defn.length).trim();
    return statement === "" ? [] : [`${statement}\n`];
  });
}

/** Privileges on what is the server's own, where this server has no such thing. */
export const onSystemObjects: Rewrite = (entry, { major }) => {
  if (entry.desc !== "ACL" || entry.namespace !== "pg_catalog") return undefined;
  const { name, lifetime } = systemObject(tokens(entry.tag));
  const { since, until } = lifetime ?? {};
  if (since !== undefined && since > major) return { reason: `is about ${name}, which is of PostgreSQL ${since}` };
  if (until !== undefined && until <= major)
    return { reason: `is about ${name}, which PostgreSQL has no more since ${until}` };
  return undefined;
};

/** Of a tag such as `FUNCTION pg_ls_dir(text)`, `TABLE pg_stat_io`, `COLUMN pg_stat_io.reads`. */
function systemObject(tag: readonly Token[]): { readonly name: string; readonly lifetime: Lifetime | undefined } {
  const [kind, object] = tag;
  const name = object === undefined ? "" : nameOfToken(object);
  return { name, lifetime: (isKeyword(kind, "FUNCTION") ? FUNCTIONS : RELATIONS).get(name) };
}
