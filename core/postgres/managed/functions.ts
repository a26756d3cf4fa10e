/**
 * What of a function's definition takes a superuser: its language, its promises to the planner, its settings.
 * @module
 */
import type { TocEntry } from "../ddl/index.ts";
import type { TargetFacts } from "../facts/types.ts";
import { isWord, nameOfToken, type Token, tokens } from "../tokens.ts";
import { settingDenied } from "./settings.ts";

/** Of a FUNCTION or PROCEDURE as pg_dump writes it: `CREATE … name(arguments) RETURNS … LANGUAGE … AS …`. */
export function functionNeeds({ defn = "" }: Pick<TocEntry, "defn">, facts: TargetFacts): string | undefined {
  const found = clauses(tokens(defn));
  const after = (word: string): Token | undefined => found[found.findIndex((token) => isWord(token, word)) + 1];
  const has = (word: string): boolean => found.some((token) => isWord(token, word));
  const language = after("LANGUAGE");
  const name = language === undefined ? undefined : nameOfToken(language);
  if (name !== undefined && isKept(name, facts)) return `only a superuser may make functions in language ${name}`;
  if (has("LEAKPROOF")) return "only a superuser may call a function leakproof";
  if (has("SUPPORT")) return "only a superuser may give a function a planner support function";
  const denied = found
    .flatMap((token, at) => (isWord(token, "SET") ? (found[at + 1] ?? []) : []))
    .map(nameOfToken)
    .find((setting) => settingDenied(setting, facts));
  return denied === undefined ? undefined : `no right to set ${denied}, which the function does`;
}

/** There and not for us: one that is missing may come with an extension. */
function isKept(language: string, { languages }: TargetFacts): boolean {
  return languages.some(({ name, canUse }) => name === language && !canUse);
}

/** The words outside brackets, up to the body; what follows a dot is a name. A setting's name may hold dots itself. */
function clauses(all: readonly Token[]): Token[] {
  const found: Token[] = [];
  let depth = 0;
  for (const [at, token] of all.entries()) {
    if (token.text === "(") depth += 1;
    else if (token.text === ")") depth -= 1;
    else if (depth === 0) {
      const isBody = (isWord(token, "AS") && all[at + 1]?.kind === "string") || isWord(token, "BEGIN");
      if (isBody || isWord(token, "RETURN")) break;
      const isQualified = all[at - 1]?.text === "." || all[at + 1]?.text === ".";
      if (!isQualified) found.push(token);
    }
  }
  return found;
}
