import type { Toc } from "../ddl/index.ts";
import { collationsNamed } from "./collations.ts";
import type { Needs } from "./types.ts";

const EXTENSION_SCHEMA = /^CREATE EXTENSION IF NOT EXISTS (?:"(?:[^"]|"")*"|\S+) WITH SCHEMA ("(?:[^"]|"")*"|[^\s;]+);/;
/** Of every server and every version. */
const KNOWN_EVERYWHERE: ReadonlySet<string> = new Set(["default", "C", "POSIX", "ucs_basic"]);

/** What a restore point without `needs.json` says by its archive: no versions, no sizes, and perhaps a collation too few. */
export function needsOfArchive({ entries }: Toc): Needs {
  const extensions = entries.flatMap(({ desc, tag, defn = "" }) =>
    desc === "EXTENSION" ? [{ name: tag, schema: unquoted(EXTENSION_SCHEMA.exec(defn)?.[1] ?? "public") }] : [],
  );
  const own = new Set(entries.filter(({ desc }) => desc === "COLLATION").map(({ tag }) => tag));
  const named = new Set(entries.flatMap(({ defn = "" }) => collationsNamed(defn)));
  const collations = [...named].filter((name) => !own.has(name) && !KNOWN_EVERYWHERE.has(name)).toSorted();
  return { version: 1, extensions, collations: collations.map((name) => ({ name })), accessMethods: [] };
}

function unquoted(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}
