import type { TocEntry } from "../archive/toc.ts";

const RELATION_KINDS: ReadonlySet<string> = new Set(["TABLE", "MATERIALIZED VIEW", "FOREIGN TABLE", "VIEW"]);
/** Tagged `table name`; the table and what hangs on it share a schema. */
const TABLE_FIRST: ReadonlySet<string> = new Set([
  "CHECK CONSTRAINT",
  "CONSTRAINT",
  "FK CONSTRAINT",
  "POLICY",
  "RULE",
  "TRIGGER",
]);

/** The relation that a post-data entry works on, found among its dependencies; undefined for other entries. */
export function tableOf(
  entry: TocEntry,
  byDumpId: ReadonlyMap<number, TocEntry>,
): { schema: string; name: string } | undefined {
  if (entry.section !== "post-data") return undefined;
  const isTable = (name: string) =>
    TABLE_FIRST.has(entry.desc)
      ? entry.tag.startsWith(`${name} `)
      : entry.desc === "INDEX" || (entry.desc === "ROW SECURITY" && entry.tag === name);
  const relation = entry.dependencies
    .map((dumpId) => byDumpId.get(dumpId))
    .filter((found) => found !== undefined && RELATION_KINDS.has(found.desc) && found.namespace === entry.namespace)
    .find((found) => found !== undefined && isTable(found.tag));
  return relation && { schema: relation.namespace ?? "", name: relation.tag };
}
