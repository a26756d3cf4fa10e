import type { Toc } from "../ddl/index.ts";
import type { Needs } from "./types.ts";

const EXTENSION_SCHEMA = /^CREATE EXTENSION IF NOT EXISTS (?:"(?:[^"]|"")*"|\S+) WITH SCHEMA ("(?:[^"]|"")*"|[^\s;]+);/;
/** pg_dump qualifies what it writes itself, and writes queries as the server does: names of pg_catalog alone. */
const COLLATE = /\bCOLLATE (?:pg_catalog\.)?("(?:[^"]|"")*"|[a-z_][a-z0-9_]*)(?![a-z0-9_.])/g;
/** Of every server and every version. */
const KNOWN_EVERYWHERE: ReadonlySet<string> = new Set(["default", "C", "POSIX", "ucs_basic"]);

/** What a restore point without `needs.json` says by its archive: no versions, no sizes, and perhaps a collation too few. */
export function needsOfArchive({ entries }: Toc): Needs {
  const extensions = entries.flatMap(({ desc, tag, defn = "" }) =>
    desc === "EXTENSION" ? [{ name: tag, schema: unquoted(EXTENSION_SCHEMA.exec(defn)?.[1] ?? "public") }] : [],
  );
  const own = new Set(entries.filter(({ desc }) => desc === "COLLATION").map(({ tag }) => tag));
  const named = new Set(
    entries
      .filter(({ desc }) => desc !== "COMMENT" && desc !== "FUNCTION" && desc !== "PROCEDURE")
      .flatMap(({ defn = "" }) => [...defn.matchAll(COLLATE)].map(([, name = ""]) => unquoted(name))),
  );
  const collations = [...named].filter((name) => !own.has(name) && !KNOWN_EVERYWHERE.has(name)).toSorted();
  return { version: 1, extensions, collations: collations.map((name) => ({ name })), accessMethods: [] };
}

function unquoted(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}
