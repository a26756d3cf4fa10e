/**
 * What of a restore point is restored, and under which names: a pure function of archive, manifest and options, so that every
 * step of a restore, in whatever process, has the same.
 * @module
 */
import { PreconditionError } from "../../errors.ts";
import { isNarrow } from "../../parts/choice.ts";
import type { Toc } from "../../postgres/ddl/index.ts";
import { isOfMarkerName } from "../../postgres/load/entries.ts";
import type { Manifest, ManifestTable } from "../../vault/manifest/schema.ts";
import { isIntoUse, type Parts } from "../options.ts";
import { type BroughtBack, bringBack } from "./bring-back.ts";
import { keyOf } from "./names.ts";
import { type PartLeftOut, selectEntries } from "./select.ts";

export type { BroughtBack } from "./bring-back.ts";
export type { PartLeftOut } from "./select.ts";

/** `empty`: into a database of its own; `rows`: into tables that are there; `beside`: tables beside what is there. */
export type PartMode = "empty" | "rows" | "beside";

export interface ChosenParts {
  readonly mode: PartMode;
  /** What is made, under the names it gets. */
  readonly toc: Toc;
  /** What is loaded and counted, likewise. */
  readonly manifest: Manifest;
  /** What was chosen, or hangs on it, and is not restored all the same. */
  readonly leftOut: readonly PartLeftOut[];
  /** Tables in the restore point, chosen or not. */
  readonly ofTables: number;
  /** With `beside`. */
  readonly broughtBack?: BroughtBack;
}

/** @throws PreconditionError as `selectEntries` and `bringBack` */
export function choosePartsOf(toc: Toc, manifest: Manifest, options: Parts): ChosenParts {
  const selected = selectEntries({ toc, manifest, choice: options });
  const ofTables = manifest.tables.filter(isOfUser).length;
  const chosen = { ...toc, entries: toc.entries.filter(({ dumpId }) => selected.dumpIds.has(dumpId)) };
  if (isIntoUse(options)) {
    const back = bringBack(chosen, manifest, options);
    const part = narrowed(manifest, back.relations, options);
    return {
      mode: "beside",
      toc: back.toc,
      manifest: back.rename(part),
      leftOut: [...selected.leftOut, ...back.leftOut],
      ofTables,
      broughtBack: back.broughtBack,
    };
  }
  if (!options.dataOnly) {
    const part = narrowed(manifest, selected.relations, options);
    return { mode: "empty", toc: chosen, manifest: part, leftOut: selected.leftOut, ofTables };
  }
  // A sequence that others use as well keeps the value that it has there.
  const own = [...selected.relations].filter((relation) => !selected.fetched.has(relation));
  const part = narrowed(manifest, new Set(own), options);
  const filled = { ...part, tables: part.tables.filter(({ kind }) => kind === "table") };
  assertRows(filled);
  return { mode: "rows", toc: { ...toc, entries: [] }, manifest: filled, leftOut: [], ofTables };
}

const isOfUser = ({ schema }: ManifestTable): boolean => !isOfMarkerName(schema);

/** The manifest of what is chosen. Slices of other tables in the same objects stay, to be read past. */
function narrowed(manifest: Manifest, relations: ReadonlySet<string>, options: Parts): Manifest {
  const { schemaOnly } = options;
  const isChosen = (relation: { readonly schema: string; readonly name: string }): boolean =>
    relations.has(keyOf(relation));
  const tables = manifest.tables.filter(isChosen).map((table) => (schemaOnly ? withoutRows(table) : table));
  const withLargeObjects = !schemaOnly && !isNarrow(options);
  const largeObjects = withLargeObjects ? manifest.largeObjects : { count: 0, bytes: 0, chunks: [] };
  const kept = [...tables.flatMap(({ chunks }) => chunks), ...largeObjects.chunks];
  const objects = new Set(kept.map(({ n }) => n));
  const passedBy = manifest.tables
    .filter((table) => !isChosen(table))
    .flatMap(({ chunks }) => chunks.filter(({ n }) => objects.has(n)));
  return {
    ...manifest,
    tables,
    largeObjects,
    sequences: schemaOnly ? [] : manifest.sequences.filter(isChosen),
    passedBy,
  };
}

/** As a restore of definitions leaves it: there, and empty. */
function withoutRows({ rowHash, ...table }: ManifestTable): ManifestTable {
  return { ...table, rows: 0, chunks: [], ...(table.kind === "matview" && { populated: false }) };
}

function assertRows({ id, tables, largeObjects }: Manifest): void {
  if (tables.some(({ kind }) => kind === "table") || largeObjects.count > 0) return;
  throw new PreconditionError("nothing-to-restore", `restore point ${id} has no rows of what was chosen`);
}
