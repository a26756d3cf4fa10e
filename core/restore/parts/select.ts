/**
 * Which entries of an archive a choice of schemas and tables means: the chosen relations, what hangs on them, what they need.
 * Pure, and the same in every call of one restore.
 * @module
 */
import { PreconditionError } from "../../errors.ts";
import {
  type Choice,
  isExcluded,
  isIncluded,
  isNarrow,
  matchesSchema,
  matchesTable,
  type Named,
  similarTo,
  unmatched,
} from "../../parts/choice.ts";
import { isExact, tablePattern } from "../../parts/pattern.ts";
import { nameOfEntry, type Toc, type TocEntry } from "../../postgres/ddl/index.ts";
import { isOfMarkerName } from "../../postgres/load/entries.ts";
import { listNames } from "../../postgres/load/target.ts";
import { qualifiedName } from "../../postgres/sql.ts";
import type { Manifest } from "../../vault/manifest/schema.ts";
import { ArchiveGraph } from "./graph.ts";
import { keyOf } from "./names.ts";

/** Something chosen, or of something chosen, that is not restored all the same, and why. */
export interface PartLeftOut {
  readonly dumpId: number;
  /** As in steps' messages: `fk constraint public.rental rental_film_id_fkey`. */
  readonly what: string;
  readonly reason: string;
}

export interface Selected {
  readonly dumpIds: ReadonlySet<number>;
  /** Relations that are restored, by `keyOf`; also an extension's configuration tables, which no entry makes. */
  readonly relations: ReadonlySet<string>;
  /** Of these, those that nobody chose and something chosen needs: sequences of defaults. */
  readonly fetched: ReadonlySet<string>;
  readonly leftOut: readonly PartLeftOut[];
}

export interface SelectInput {
  readonly toc: Toc;
  readonly manifest: Manifest;
  readonly choice: Choice;
}

/**
 * @throws PreconditionError `parts-unmatched` naming the patterns that mean nothing in this restore point, `parts-need-more`
 *   naming a chosen table and what it cannot be without
 */
export function selectEntries({ toc, manifest, choice }: SelectInput): Selected {
  assertMatched(toc, manifest, choice);
  const graph = new ArchiveGraph(toc, manifest);
  const chosen = chosenRelations(graph, choice);
  const blocked = blockedEntries(graph, choice, chosen);
  const dumpIds = new Set<number>();
  const pull = (entry: TocEntry): void => {
    if (dumpIds.has(entry.dumpId) || blocked.has(entry.dumpId)) return;
    dumpIds.add(entry.dumpId);
    for (const needed of graph.needs(entry)) pull(needed);
  };
  for (const entry of toc.entries) if (isSeed(entry, graph, choice, chosen)) pull(entry);
  // Twice is enough for what hangs on what hangs; the archive's order does the rest. Until nothing is added, to be sure.
  for (let before = -1; before !== dumpIds.size; ) {
    before = dumpIds.size;
    for (const entry of toc.entries) {
      if (!dumpIds.has(entry.dumpId) && graph.hangsOn(entry, dumpIds)) pull(entry);
    }
  }
  const isKept = ({ dumpId }: TocEntry): boolean => dumpIds.has(dumpId);
  const relations = new Set(graph.relations.filter(isKept).map((entry) => keyOf(graph.nameOf(entry))));
  for (const table of configuration(graph, manifest, choice)) relations.add(keyOf(table));
  const fetched = graph.relations.filter((entry) => isKept(entry) && !chosen.has(entry.dumpId));
  const leftOut = tellLeftOut(graph, choice, chosen, blocked, dumpIds);
  assertComplete(graph, chosen, blocked, dumpIds, choice);
  return { dumpIds, relations, fetched: new Set(fetched.map((entry) => keyOf(graph.nameOf(entry)))), leftOut };
}

function assertMatched(toc: Toc, manifest: Manifest, choice: Choice): void {
  const tables = manifest.tables.filter(({ schema }) => !isOfMarkerName(schema));
  const named = toc.entries.flatMap(({ namespace: schema, tag: name, desc }): Named[] =>
    schema === undefined || !ArchiveGraph.isRelationKind(desc) || isOfMarkerName(schema) ? [] : [{ schema, name }],
  );
  const relations: Named[] = [...tables, ...named];
  const schemas = [
    ...toc.entries.flatMap(({ desc, tag, namespace }) => (desc === "SCHEMA" ? [tag] : (namespace ?? []))),
    ...relations.map(({ schema }) => schema),
  ];
  const missing = unmatched(choice, schemas, relations);
  if (missing.length === 0) return;
  const similar = [...choice.tables, ...choice.excludeTables].flatMap((pattern) =>
    missing.includes(`table ${pattern}`) ? similarTo(pattern, relations) : [],
  );
  const alike = similar.length === 0 ? "" : ` There are ${similar.join(", ")}.`;
  throw new PreconditionError(
    "parts-unmatched",
    `restore point ${manifest.id} has nothing that is meant by ${listNames(missing)}`,
    {
      hint: `Names are matched exactly, upper and lower case too; * stands for any characters.${alike}`,
    },
  );
}

/** By name or through what they belong to: partitions go with their root, sequences with the table whose column owns them. */
function chosenRelations(graph: ArchiveGraph, choice: Choice): ReadonlySet<number> {
  const state = new Map<number, boolean>();
  const isOut = (entry: TocEntry): boolean => {
    const above = graph.belongsTo(entry);
    return isExcluded(choice, graph.nameOf(entry)) || (above !== undefined && isOut(above));
  };
  const isIn = (entry: TocEntry): boolean => {
    const known = state.get(entry.dumpId);
    if (known !== undefined) return known;
    const above = graph.belongsTo(entry);
    const found = isIncluded(choice, graph.nameOf(entry)) || (above !== undefined && isIn(above));
    state.set(entry.dumpId, found);
    return found;
  };
  return new Set(graph.relations.filter((entry) => isIn(entry) && !isOut(entry)).map(({ dumpId }) => dumpId));
}

/** Entries that cannot be made, each with what it lacks first: what is not chosen, and all that depends on it. */
function blockedEntries(
  graph: ArchiveGraph,
  choice: Choice,
  chosen: ReadonlySet<number>,
): ReadonlyMap<number, TocEntry> {
  const blocked = new Map<number, TocEntry>();
  for (const entry of graph.entries) {
    if (isBarred(entry, graph, choice, chosen)) {
      blocked.set(entry.dumpId, entry);
      continue;
    }
    const lacking = graph.needs(entry).find(({ dumpId }) => blocked.has(dumpId));
    const why = lacking && blocked.get(lacking.dumpId);
    if (why !== undefined) blocked.set(entry.dumpId, why);
  }
  return blocked;
}

/** Of itself. A sequence that nobody chose may be needed by a chosen default. */
function isBarred(entry: TocEntry, graph: ArchiveGraph, choice: Choice, chosen: ReadonlySet<number>): boolean {
  if (graph.wasLeftOut(entry)) return true;
  const schema = entry.desc === "SCHEMA" ? entry.tag : entry.namespace;
  if (schema !== undefined && matchesSchema(choice.excludeSchemas, schema)) return true;
  if (!graph.isRelation(entry) || chosen.has(entry.dumpId)) return false;
  return entry.desc !== "SEQUENCE" || !graph.isSequenceAlone(entry) || isExcluded(choice, graph.nameOf(entry));
}

function isSeed(entry: TocEntry, graph: ArchiveGraph, choice: Choice, chosen: ReadonlySet<number>): boolean {
  if (graph.isAboutDatabase(entry)) return true;
  if (graph.isRelation(entry)) return chosen.has(entry.dumpId);
  if (graph.isHanging(entry)) return false;
  if (!isNarrow(choice)) return true;
  const schema = entry.desc === "SCHEMA" ? entry.tag : entry.namespace;
  return schema !== undefined && matchesSchema(choice.schemas, schema);
}

/** Tables of extensions whose rows are the user's: with everything else, or where the operator says exactly so. */
function configuration(graph: ArchiveGraph, { tables }: Manifest, choice: Choice): Named[] {
  return tables
    .filter((table) => !graph.hasRelation(table) && !isOfMarkerName(table.schema))
    .filter((table) => (isNarrow(choice) ? matchesTable(choice.tables, table) : true) && !isExcluded(choice, table));
}

/** What was chosen, or hangs on what was, and could not be made. */
function tellLeftOut(
  graph: ArchiveGraph,
  choice: Choice,
  chosen: ReadonlySet<number>,
  blocked: ReadonlyMap<number, TocEntry>,
  dumpIds: ReadonlySet<number>,
): PartLeftOut[] {
  return graph.entries.flatMap((entry): PartLeftOut[] => {
    if (dumpIds.has(entry.dumpId) || graph.isRemark(entry)) return [];
    const why = blocked.get(entry.dumpId);
    const isWanted = graph.isRelation(entry)
      ? chosen.has(entry.dumpId)
      : graph.isHanging(entry)
        ? isThere(graph.mainOf(entry), dumpIds)
        : isSeed(entry, graph, choice, chosen) && (why !== entry || graph.wasLeftOut(entry));
    if (!isWanted) return [];
    const lacking = why ?? graph.needs(entry).find(({ dumpId }) => !dumpIds.has(dumpId));
    const reason =
      why === entry || lacking === undefined
        ? "it needs what the backup was told to leave out"
        : `it needs ${nameOfEntry(lacking)}, which is not restored`;
    return [{ dumpId: entry.dumpId, what: nameOfEntry(entry), reason }];
  });
}

function isThere(entry: TocEntry | undefined, dumpIds: ReadonlySet<number>): boolean {
  return entry !== undefined && dumpIds.has(entry.dumpId);
}

/** A table cannot be had by halves, and what was named exactly is not passed over. @throws PreconditionError `parts-need-more` */
function assertComplete(
  graph: ArchiveGraph,
  chosen: ReadonlySet<number>,
  blocked: ReadonlyMap<number, TocEntry>,
  dumpIds: ReadonlySet<number>,
  choice: Choice,
): void {
  for (const entry of graph.relations) {
    if (!chosen.has(entry.dumpId) || dumpIds.has(entry.dumpId)) continue;
    const isNamed = choice.tables.some((text) => {
      const { schema, name } = tablePattern(text);
      const exact = isExact(schema) && isExact(name);
      return (
        exact && qualifiedName({ schema: schema.join(""), name: name.join("") }) === qualifiedName(graph.nameOf(entry))
      );
    });
    if (entry.desc !== "TABLE" && !isNamed) continue;
    const why = blocked.get(entry.dumpId);
    if (why === undefined || graph.wasLeftOut(why)) continue;
    throw new PreconditionError(
      "parts-need-more",
      `${nameOfEntry(entry)} cannot be restored without ${nameOfEntry(why)}, which is not chosen`,
      { hint: `Choose that too, with --table or --schema, or leave out both.` },
    );
  }
}
