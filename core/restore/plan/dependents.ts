/**
 * What goes along when something is left out.
 * @module
 */
import type { TocEntry } from "../../postgres/ddl/index.ts";

/** Entries that depend on one of these, themselves excepted, in the archive's order. */
export function dependentsOf(entries: readonly TocEntry[], left: ReadonlySet<number>): TocEntry[] {
  const gone = new Set(left);
  const servers = new Map(
    entries.flatMap(({ desc, tag, dumpId }) => (desc === "SERVER" ? [[tag, dumpId] as const] : [])),
  );
  const found = new Map<number, TocEntry>();
  // An archive's order respects dependencies but for those of views' rules: again until nothing is added.
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const entry of entries) {
      const needed = [...entry.dependencies, ...serverOf(entry, servers)];
      if (gone.has(entry.dumpId) || !needed.some((dumpId) => gone.has(dumpId))) continue;
      gone.add(entry.dumpId);
      found.set(entry.dumpId, entry);
    }
  }
  return entries.filter(({ dumpId }) => found.has(dumpId));
}

/** Of user mappings pg_dump says it in the tag only: `USER MAPPING role SERVER server`. */
function serverOf({ desc, tag }: TocEntry, servers: ReadonlyMap<string, number>): number[] {
  if (desc !== "USER MAPPING") return [];
  return [...servers].flatMap(([name, dumpId]) => (tag.endsWith(` SERVER ${name}`) ? [dumpId] : []));
}

const REMARKS: ReadonlySet<string> = new Set(["ACL", "COMMENT", "SECURITY LABEL"]);

/** What is only said about another object; it is not named when that is left out. */
export function isRemark({ desc }: Pick<TocEntry, "desc">): boolean {
  return REMARKS.has(desc);
}
