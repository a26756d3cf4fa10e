/**
 * Where roles are named in the statements that pg_dump writes: at known places, never in strings, bodies or names of other things.
 * @module
 */
import { isWord, type Token, tokens } from "../tokens.ts";

/** The tokens that name roles in an entry's definition, in its order; PUBLIC is none. Its owner is not said there. */
export function roleTokens({
  desc,
  defn = "",
}: {
  readonly desc: string;
  readonly defn?: string | undefined;
}): Token[] {
  const found = FINDERS[desc]?.(tokens(defn)) ?? [];
  return found.filter((token) => !isWord(token, "PUBLIC"));
}

/** The same with several roles that are named in no order put into one: a policy's come as the server has them listed. */
export function inOneOrder(desc: string, defn: string): string {
  if (desc !== "POLICY") return defn;
  const found = roleTokens({ desc, defn });
  const ordered = found.map(({ text }) => text).toSorted();
  return found.reduceRight((text, { at, text: old }, index) => {
    return `${text.slice(0, at)}${ordered[index] ?? old}${text.slice(at + old.length)}`;
  }, defn);
}

const FINDERS: Readonly<Record<string, (words: readonly Token[]) => Token[]>> = {
  ACL: grants,
  "DEFAULT ACL": grants,
  "DATABASE PROPERTIES": settings,
  POLICY: policy,
  // CREATE USER MAPPING FOR role
  "USER MAPPING": (words) => words.slice(4, 5),
};

function grants(words: readonly Token[]): Token[] {
  return statements(words).flatMap((statement) => {
    if (isWord(statement[1], "SESSION")) return isWord(statement[0], "SET") ? statement.slice(3, 4) : [];
    // The last one: a column or a table is called so in quotes only.
    const before = statement.findLastIndex((word) => isWord(word, "TO") || isWord(word, "FROM"));
    const whose = statement.findIndex((word, at) => isWord(word, "ROLE") && isWord(statement[at - 1], "FOR"));
    return [
      ...(whose < 0 ? [] : statement.slice(whose + 1, whose + 2)),
      ...(before < 0 ? [] : statement.slice(before + 1, before + 2)),
    ];
  });
}

/** `ALTER ROLE role IN DATABASE …`; ALTER DATABASE names none. */
function settings(words: readonly Token[]): Token[] {
  return statements(words).flatMap((statement) => (isWord(statement[1], "ROLE") ? statement.slice(2, 3) : []));
}

/** `CREATE POLICY name ON table … TO role, role USING (…)`: what stands behind the first bracket is an expression. */
function policy(words: readonly Token[]): Token[] {
  const end = words.findIndex(({ kind, text }) => kind === "other" && text === "(");
  const head = end < 0 ? words : words.slice(0, end);
  const to = head.findIndex((word) => isWord(word, "TO"));
  if (to < 0) return [];
  const listed = head.slice(to + 1);
  const stop = listed.findIndex((word) => isWord(word, "USING") || isWord(word, "WITH") || word.text === ";");
  return listed.slice(0, stop < 0 ? undefined : stop).filter(({ kind }) => kind !== "other");
}

/** A semicolon in a name or a string ends nothing. */
function statements(words: readonly Token[]): Token[][] {
  const found: Token[][] = [[]];
  for (const word of words) {
    if (word.kind === "other" && word.text === ";") found.push([]);
    else found.at(-1)?.push(word);
  }
  return found.filter((statement) => statement.length > 0);
}
