/**
 * Constraints that a restore has left NOT VALID, for its source's own rows violate them. It has told of each by name; its own
 * comparison passes over them, and over nothing else of what they are on.
 * @module
 */
import type { TocEntry } from "../ddl/index.ts";
import type { Unvalidated } from "../load/postponed.ts";
import { quoteName } from "../sql.ts";

/** Pieces of their own after the rows, where they are not valid, and of CREATE where they are. */
const APART: ReadonlySet<string> = new Set(["CHECK CONSTRAINT", "FK CONSTRAINT"]);

/** The entry's definition without what is said of these constraints; undefined where it says nothing else. */
export function withoutUnvalidated(
  { desc, namespace, tag }: Pick<TocEntry, "desc" | "namespace" | "tag">,
  definition: string,
  unvalidated: readonly Unvalidated[],
): string | undefined {
  const here = unvalidated.filter(({ schema }) => schema === namespace);
  if (APART.has(desc)) {
    if (!here.some(({ relation, name }) => tag === `${relation} ${name}`)) return definition;
    return desc === "CHECK CONSTRAINT" ? undefined : definition.replace(/ NOT VALID;\s*$/, ";");
  }
  if (desc !== "TABLE" && desc !== "DOMAIN") return definition;
  return here.filter(({ relation }) => relation === tag).reduce(withoutCheck, definition);
}

/** As pg_dump writes them: after a table's columns on lines of their own, after a domain's type likewise. */
function withoutCheck(definition: string, { name }: Unvalidated): string {
  const named = [name, quoteName(name)].map((text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
  const found = new RegExp(`,?\\n(?: {4}|\\t)CONSTRAINT (?:${named}) CHECK (?=\\()`).exec(definition);
  if (found === null) return definition;
  const rest = definition.slice(found.index + found[0].length);
  const after = rest.slice(lengthInParentheses(rest)).replace(/^ NO INHERIT/, "");
  return `${definition.slice(0, found.index)}${after}`.replace("(,\n", "(\n");
}

/** Of what stands in the first parentheses, with them; those in literals and quoted names are none. */
function lengthInParentheses(text: string): number {
  let depth = 0;
  for (const { 0: token, index } of text.matchAll(/'[^']*'|"[^"]*"|[()]/g)) {
    if (token === "(") depth += 1;
    if (token === ")") depth -= 1;
    if (depth === 0) return index + token.length;
  }
  return text.length;
}
