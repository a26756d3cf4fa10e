/**
 * What a database should be: as a restore point says it, its manifest alone, or another database.
 * @module
 */
import { exactPattern } from "../parts/pattern.ts";
import {
  type ComparedTable,
  dumpLiveSchema,
  type MeasuredLargeObjects,
  type MeasuredRows,
  measureLargeObjects,
  measureTable,
} from "../postgres/compare/index.ts";
import type { ConnectionSettings } from "../postgres/connection.ts";
import {
  type LargeObjectMetadata,
  listLargeObjects,
  parseArchive,
  type Toc,
  type TocEntry,
} from "../postgres/ddl/index.ts";
import { isOfMarkerName } from "../postgres/load/entries.ts";
import { listSequences } from "../postgres/plan/sequences.ts";
import { listTables } from "../postgres/plan/tables.ts";
import type { PlannedSequence, PlannedTable } from "../postgres/plan/types.ts";
import { spacesOf } from "../postgres/row-text/index.ts";
import { openSession, type Session } from "../postgres/session.ts";
import { qualifiedName } from "../postgres/sql.ts";
import type { Manifest } from "../vault/manifest/schema.ts";
import { copiedColumns } from "./data.ts";
import { largeObjectsOf } from "./described.ts";
import { largeObjectsMd5 } from "./large-object-md5.ts";
import { inParallel } from "./parallel.ts";
import type { ChosenParts } from "./parts/index.ts";
import { type Agreed, type OpenRestorePoint, readToc } from "./restore-point.ts";
import { vaultRowHashes } from "./vault-row-hash.ts";

export type ExpectedTable = ComparedTable & { readonly expected: MeasuredRows };

/** What a database should be. */
export interface Expectation {
  readonly tables: readonly ExpectedTable[];
  /** Finds hashes for some of the tables, by quoted name, as the session's database has them; absent where none are wanted, or all are there. */
  readonly hashRows?: (tables: readonly ExpectedTable[], session: Session) => Promise<ReadonlyMap<string, string>>;
  /** In whose bytes rows were hashed. */
  readonly encoding: string;
  readonly sequences: readonly PlannedSequence[];
  readonly largeObjects: MeasuredLargeObjects;
  /** Whether each was filled, by quoted name. */
  readonly materializedViews: ReadonlyMap<string, boolean>;
  readonly largeObjectProperties?: LargeObjectMetadata;
  readonly schema?: Toc;
  /** Agreed to be missing: whether it is there, and what, is not looked at. */
  readonly leftOut?: readonly TocEntry[];
  /** Absent where the whole database is meant: what is there besides is another's then. */
  readonly scope?: Scope;
}

interface Scope {
  /** Nothing but these tables is looked at. */
  readonly only?: readonly { readonly schema: string; readonly name: string }[];
  /** Patterns of the sequences that are looked at: others may not be this role's to read. */
  readonly sequences?: readonly string[];
}

/**
 * What a restore point says a database should be, its schema included. With `rows` also what hashes of rows it lacks, and its
 * large objects' contents: both are read from the vault byte by byte.
 */
export async function expectationOf(
  point: OpenRestorePoint,
  { rows }: { readonly rows: boolean },
): Promise<Expectation> {
  const { parts, manifest, agreed } = point;
  const properties = parts === undefined || manifest.largeObjects.count > 0 ? await largeObjectsOf(point) : undefined;
  const described = {
    // Tables that were there before have definitions of their own.
    ...(parts?.mode !== "rows" && { schema: seenByTable(await readToc(point), parts) }),
    ...(agreed !== undefined && { leftOut: leftOutOf(agreed) }),
    ...(properties !== undefined && { largeObjectProperties: properties }),
    ...(parts !== undefined && { scope: scopeOf(parts) }),
  };
  if (!rows) return { ...expectedRows(point.manifest), ...described };
  const expected = { ...expectedRowHashes(point), ...described };
  const { largeObjects } = expected;
  if (largeObjects.count === 0) return expected;
  return { ...expected, largeObjects: { ...largeObjects, md5: await largeObjectsMd5(point) } };
}

function leftOutOf({ whole, toc }: Agreed): TocEntry[] {
  const made = new Set(toc.entries.map(({ dumpId }) => dumpId));
  return whole.entries.filter(({ dumpId }) => !made.has(dumpId));
}

/** Of single tables pg_dump says all but their extended statistics; that they were made, the marker says. */
function seenByTable(toc: Toc, parts: ChosenParts | undefined): Toc {
  if (parts?.mode !== "beside") return toc;
  const isSeen = ({ desc, tag }: TocEntry): boolean =>
    desc !== "STATISTICS" && !(desc === "COMMENT" && tag.startsWith("STATISTICS "));
  return { ...toc, entries: toc.entries.filter(isSeen) };
}

function scopeOf({ mode, manifest, toc }: ChosenParts): Scope {
  if (mode === "empty") return {};
  const sequences = manifest.sequences.map(exactPattern);
  if (mode === "rows") return { sequences };
  const tables = toc.entries.flatMap(({ desc, namespace, tag }) =>
    desc === "TABLE" && namespace !== undefined ? [{ schema: namespace, name: tag }] : [],
  );
  return { only: tables, sequences };
}

/** What the manifest says of rows, with the hashes it lacks to be had from the vault's bytes. */
export function expectedRowHashes(point: OpenRestorePoint): Expectation {
  const byName = new Map(point.manifest.tables.map((table) => [qualifiedName(table), table]));
  const hashRows: Expectation["hashRows"] = async (tables, session) => {
    const listed = tables.flatMap((table) => byName.get(qualifiedName(table)) ?? []);
    const isSameEncoding = session.encoding === point.manifest.server.encoding;
    const hashes = await vaultRowHashes(point, listed, isSameEncoding ? await spacesOf(session) : []);
    return new Map(
      listed.flatMap((table) => {
        const hash = hashes.get(table.oid);
        return hash === undefined ? [] : [[qualifiedName(table), hash] as const];
      }),
    );
  };
  return { ...expectedRows(point.manifest), hashRows };
}

/** What the manifest alone says. */
export function expectedRows(manifest: Manifest): Expectation {
  const tables = manifest.tables.filter(isCounted).map((table) => ({
    schema: table.schema,
    name: table.name,
    columns: copiedColumns(table),
    expected: { rows: table.rows, ...(table.rowHash !== undefined && { rowHash: table.rowHash }) },
  }));
  const { count, bytes } = manifest.largeObjects;
  const sequences = manifest.sequences.filter(({ schema }) => !isOfMarkerName(schema));
  const { encoding } = manifest.server;
  const materializedViews = filledViews(manifest.tables);
  return { tables, sequences, largeObjects: { count, bytes }, materializedViews, encoding };
}

/** Of each materialized view whether it was filled; where nobody noted it, it is filled by a restore. */
export function filledViews(
  tables: readonly (Pick<PlannedTable, "kind" | "schema" | "name"> & { readonly populated?: boolean | undefined })[],
): ReadonlyMap<string, boolean> {
  const views = tables.filter(({ kind, schema }) => kind === "matview" && !isOfMarkerName(schema));
  return new Map(views.map((view) => [qualifiedName(view), view.populated !== false] as const));
}

export const hasRows = ({ kind, schema }: Pick<PlannedTable, "kind" | "schema">): boolean =>
  kind === "table" && !isOfMarkerName(schema);

/** Of whose rows the restore point says something. */
const isCounted = (table: Manifest["tables"][number]): boolean => hasRows(table) && table.rowsLeftOut === undefined;

interface LiveOptions {
  readonly rows: boolean;
  /** Sessions at once. */
  readonly sessions: number;
  readonly applicationName: string;
}

/** What a live database is, measured table by table. */
export async function expectationOfLive(settings: ConnectionSettings, options: LiveOptions): Promise<Expectation> {
  const { applicationName, rows, sessions } = options;
  const open = (): Promise<Session> => openSession(settings, { purpose: "read", applicationName });
  const session = await open();
  try {
    const all = (await listTables(session)).map(({ table }) => table);
    const listed = all.filter(isMeasurable);
    const tables = new Map<string, ComparedTable & { expected: MeasuredRows }>();
    await inParallel(
      sessions,
      listed,
      open,
      (lane) => lane.end(),
      async (lane, listedTable) => {
        const table = { schema: listedTable.schema, name: listedTable.name, columns: copiedColumns(listedTable) };
        const measured = await measureTable(lane, table, { withHash: rows });
        if ("rows" in measured) tables.set(qualifiedName(table), { ...table, expected: measured });
      },
    );
    return {
      tables: listed.flatMap((table) => tables.get(qualifiedName(table)) ?? []),
      sequences: (await listSequences(session)).filter(({ schema }) => !isOfMarkerName(schema)),
      materializedViews: filledViews(all),
      largeObjects: await measureLargeObjects(session, rows),
      largeObjectProperties: await listLargeObjects(session),
      schema: parseArchive(await dumpLiveSchema(settings, applicationName)),
      encoding: session.encoding,
    };
  } finally {
    await session.end();
  }
}

/** Materialized views have rows of their own; restore points do not record how many. */
const isMeasurable = (table: PlannedTable): boolean =>
  hasRows(table) || (table.kind === "matview" && table.populated === true);
