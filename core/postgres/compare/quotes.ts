/**
 * Definitions without quotes that no name needs: what was renamed on its way has them everywhere, what a server writes where it
 * thinks them due.
 * @module
 */
import type { Toc, TocEntry } from "../ddl/index.ts";
import { edited, endOf, type Token, tokens } from "../tokens.ts";

const PLAIN = /^"([a-z_][a-z0-9_$]*)"$/;
/** The text of a regclass, or of anything that looks like one. */
const LITERAL = /^'(?:"(?:[^"]|"")+"|[^'".]+)\.(?:"(?:[^"]|"")+"|[^'".]+)'$/;

export function withoutNeedlessQuotes(toc: Toc): Toc {
  return { ...toc, entries: toc.entries.map(plain) };
}

function plain(entry: TocEntry): TocEntry {
  const isRemark = /^(ACL|COMMENT|SECURITY LABEL)$/.test(entry.desc);
  return {
    ...entry,
    ...(entry.defn !== undefined && { defn: unquoted(entry.defn) }),
    ...(isRemark && { tag: unquoted(entry.tag) }),
  };
}

function unquoted(sql: string): string {
  return edited(
    sql,
    tokens(sql).map((token) => ({ from: token.at, to: endOf(token), text: shortest(token) })),
  );
}

function shortest({ kind, text }: Token): string {
  if (kind === "name") return PLAIN.exec(text)?.[1] ?? text;
  if (kind !== "string" || !LITERAL.test(text)) return text;
  return text.replaceAll(/"([a-z_][a-z0-9_$]*)"/g, "$1");
}
