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
const CONSTRAINT = new RegExp(`^ALTER TABLE ONLY (${QUALIFIED})\n    ADD CONSTRAINT (${NAME}) `);
/** The end of the statement; or a literal or a name, which may hold one. */
const END = /;\n|'(?:[^']|'')*'|"(?:[^"]|"")*"/g;

interface Attached {
  readonly parentIndex: string;
  readonly parentId: number;
}

export function withPartitionedExclusions(entries: readonly TocEntry[]): TocEntry[] {
  const constraints = new Map(entries.filter(isExclusion).map((entry) => [entry.dumpId, entry]));
  const attached = new Map<number, Attached>();
  const attachments = new Set<number>();
  for (const { dumpId, desc, defn, dependencies } of entries) {
    const [own = 0] = dependencies;
    const child = desc === "INDEX ATTACH" ? constraints.get(own) : undefined;
    const parentId = child?.dependencies.find((id) => constraints.has(id));
    const parentIndex = ATTACHMENT.exec(defn ?? "")?.[1];
    if (parentId === undefined || parentIndex === undefined) continue;
    attached.set(own, { parentIndex, parentId });
    attachments.add(dumpId);
  }
  if (attached.size === 0) return [...entries];
  const roots = new Map([...attached.values()].map(({ parentId, parentIndex }) => [parentId, parentIndex]));
  return entries.map((entry) => {
    const { dumpId, defn = "" } = entry;
    if (attachments.has(dumpId)) return { ...entry, defn: undefined };
    const parent = attached.get(dumpId);
    if (parent !== undefined) return { ...entry, defn: `${named(defn, parent.parentIndex)}${defn.slice(endOf(defn))}` };
    const index = roots.get(dumpId);
    if (index === undefined) return entry;
    const end = endOf(defn);
    const forAll = defn.slice(0, end).replace("ALTER TABLE ONLY ", "ALTER TABLE ");
    return { ...entry, defn: `${forAll}${unnamed(index)}${defn.slice(end)}` };
  });
}

function isExclusion({ desc, defn = "" }: TocEntry): boolean {
  if (desc !== "CONSTRAINT") return false;
  const rest = defn.slice(CONSTRAINT.exec(defn)?.[0].length ?? defn.length);
  return rest.startsWith("EXCLUDE USING ") || /^(?:PRIMARY KEY|UNIQUE) \(.* WITHOUT OVERLAPS\)/.test(rest);
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
  const [, table = "", name = ""] = CONSTRAINT.exec(defn) ?? [];
  return `DO ${quoteLiteral(`
BEGIN
  EXECUTE pg_catalog.format('ALTER INDEX %s RENAME TO %s', (
    SELECT i.inhrelid::pg_catalog.regclass FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_index x ON x.indexrelid = i.inhrelid
     WHERE i.inhparent = ${quoteLiteral(parentIndex)}::pg_catalog.regclass AND x.indrelid = ${quoteLiteral(table)}::pg_catalog.regclass), ${quoteLiteral(name)});
END`)};\n`;
}
