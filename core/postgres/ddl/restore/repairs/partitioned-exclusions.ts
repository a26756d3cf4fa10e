/**
 * Exclusion constraints and keys WITHOUT OVERLAPS of partitioned tables (PostgreSQL 17 and 18). pg_dump writes one for each table
 * and ties them together, which the server refuses: it never takes two such indexes for alike. So the partitioned table's is made
 * for all of its partitions, and theirs get their names.
 * @module
 */

import { quoteLiteral } from "../../../sql.ts";
import type { TocEntry } from "../../archive/toc.ts";

const NAME = String.raw`(?:"(?:[^"]|"")*"|[^\s".;]+)`;
const QUALIFIED = `${NAME}\\.${NAME}`;
const ATTACHMENT = new RegExp(`^ALTER INDEX (${QUALIFIED}) ATTACH PARTITION (${QUALIFIED});\n$`);
const CONSTRAINT = new RegExp(`^ALTER TABLE ONLY ((${NAME})\\.${NAME})\n    ADD CONSTRAINT (${NAME}) `);
/** The end of the statement; or a literal or a name, which may hold one. */
const END = /;\n|'(?:[^']|'')*'|"(?:[^"]|"")*"/g;

interface Attached {
  readonly parentIndex: string;
  readonly parentId: number;
}

export function withPartitionedExclusions(entries: readonly TocEntry[]): TocEntry[] {
  const constraints = new Map(entries.flatMap((entry) => exclusionOf(entry) ?? []));
  if (constraints.size === 0) return [...entries];
  const attached = new Map<number, Attached>();
  const attachments = new Set<number>();
  for (const { dumpId, desc, defn } of entries) {
    if (desc !== "INDEX ATTACH") continue;
    const [, parentIndex = "", childIndex = ""] = ATTACHMENT.exec(defn ?? "") ?? [];
    const [parentId, childId] = [constraints.get(parentIndex), constraints.get(childIndex)];
    if (parentId === undefined || childId === undefined) continue;
    attached.set(childId, { parentIndex, parentId });
    attachments.add(dumpId);
  }
  const roots = new Map([...attached.values()].map(({ parentId, parentIndex }) => [parentId, parentIndex]));
  return entries.map((entry) => {
    const { dumpId, defn = "", dependencies } = entry;
    if (attachments.has(dumpId)) return { ...entry, defn: undefined };
    const end = endOf(defn);
    const child = attached.get(dumpId);
    if (child !== undefined) {
      const { parentIndex, parentId } = child;
      return {
        ...entry,
        defn: `${named(defn, parentIndex)}${defn.slice(end)}`,
        dependencies: [...dependencies, parentId],
      };
    }
    const index = roots.get(dumpId);
    if (index === undefined) return entry;
    const forAll = defn.slice(0, end).replace("ALTER TABLE ONLY ", "ALTER TABLE ");
    return { ...entry, defn: `${forAll}${unnamed(index)}${defn.slice(end)}` };
  });
}

/** Its index as SQL names it, and its dump id. */
function exclusionOf({ dumpId, desc, defn = "" }: TocEntry): [string, number][] | undefined {
  const [start, , schema, name] = (desc === "CONSTRAINT" && CONSTRAINT.exec(defn)) || [];
  if (start === undefined) return undefined;
  const rest = defn.slice(start.length);
  const isExclusion = rest.startsWith("EXCLUDE USING ") || /^(?:PRIMARY KEY|UNIQUE) \(.* WITHOUT OVERLAPS\)/.test(rest);
  return isExclusion ? [[`${schema}.${name}`, dumpId]] : undefined;
}

/** Behind the first statement; what follows is about the same constraint. */
function endOf(defn: string): number {
  const end = [...defn.matchAll(END)].find(([text]) => text === ";\n");
  return end === undefined ? defn.length : end.index + end[0].length;
}

/** The names that the server has chosen may be those which others are to have. */
function unnamed(index: string): string {
  return `DO ${quoteLiteral(`
DECLARE one pg_catalog.regclass;
BEGIN
  FOR one IN SELECT relid FROM pg_catalog.pg_partition_tree(${quoteLiteral(index)}::pg_catalog.regclass) WHERE level > 0 LOOP
    EXECUTE pg_catalog.format('ALTER INDEX %s RENAME TO %I', one, 'holdfast_restore ' || one::pg_catalog.oid);
  END LOOP;
END`)};\n`;
}

function named(defn: string, parentIndex: string): string {
  const [, table = "", , name = ""] = CONSTRAINT.exec(defn) ?? [];
  return `DO ${quoteLiteral(`
BEGIN
  EXECUTE pg_catalog.format('ALTER INDEX %s RENAME TO %s', (
    SELECT i.inhrelid::pg_catalog.regclass FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_index x ON x.indexrelid = i.inhrelid
     WHERE i.inhparent = ${quoteLiteral(parentIndex)}::pg_catalog.regclass AND x.indrelid = ${quoteLiteral(table)}::pg_catalog.regclass), ${quoteLiteral(name)});
END`)};\n`;
}
