/**
 * A database held against a restore point, or against another database.
 * @module
 */

import { type Choice, NOTHING_CHOSEN } from "../parts/choice.ts";
import { exactPattern } from "../parts/pattern.ts";
import {
  type ComparedTable,
  type CompareReport,
  type Difference,
  dumpLiveSchema,
  largeObjectDifferences,
  largeObjectPropertyDifferences,
  type MeasuredLargeObjects,
  type MeasuredRows,
  type MeasureOptions,
  measureLargeObjects,
  measureTable,
  rowDifferences,
  type SchemaComparison,
  schemaDifferences,
  sequenceDifferences,
  sumRows,
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
import { readingForeign } from "../postgres/load/foreign.ts";
import { listUnvalidated } from "../postgres/load/postponed.ts";
import { rowTargets } from "../postgres/load/row-target.ts";
import { listSequences } from "../postgres/plan/sequences.ts";
import { listTables } from "../postgres/plan/tables.ts";
import type { PlannedSequence, PlannedTable } from "../postgres/plan/types.ts";
import { findPlatform, type Platform, platformEntries } from "../postgres/providers/platform.ts";
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
import { inGroups } from "./work.ts";

export interface CompareOptions extends SchemaComparison {
  readonly rows: boolean;
  /** Sessions at once. */
  readonly sessions: number;
  readonly applicationName: string;
  readonly onTable?: (object: string) => void;
}

/** A table with what it should hold; partitions between which rows may have moved are one. */
export interface TableUnit {
  readonly object: string;
  readonly tables: readonly ExpectedTable[];
}

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
function filledViews(
  tables: readonly (Pick<PlannedTable, "kind" | "schema" | "name"> & { readonly populated?: boolean | undefined })[],
): ReadonlyMap<string, boolean> {
  const views = tables.filter(({ kind, schema }) => kind === "matview" && !isOfMarkerName(schema));
  return new Map(views.map((view) => [qualifiedName(view), view.populated !== false] as const));
}

const hasRows = ({ kind, schema }: Pick<PlannedTable, "kind" | "schema">): boolean =>
  kind === "table" && !isOfMarkerName(schema);

/** Of whose rows the restore point says something. */
const isCounted = (table: Manifest["tables"][number]): boolean => hasRows(table) && table.rowsLeftOut === undefined;

/** What a live database is, measured table by table. */
export async function expectationOfLive(settings: ConnectionSettings, options: CompareOptions): Promise<Expectation> {
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

/** Groups the tables for measuring in the database at hand, whose partitions may hash otherwise. */
export async function tableUnits(session: Session, tables: Expectation["tables"]): Promise<TableUnit[]> {
  const isOurs = isNotOf(await findPlatform(session));
  const ours = tables.filter(isOurs);
  const roots = await rowTargets(session, ours);
  const groups = Map.groupBy(ours, (table) => qualifiedName(roots.get(table) ?? table));
  return [...groups].map(([object, tables]) => ({ object, tables }));
}

/** Units in groups of some seconds' work. */
export function unitGroups(units: readonly TableUnit[]): TableUnit[][] {
  return inGroups(units, ({ tables }) => sumRows(tables.map(({ expected }) => expected)).rows);
}

export interface ComparedGroup {
  readonly differences: Difference[];
  /** Whether every table was hashed. */
  readonly isHashed: boolean;
}

/** Compares a group's tables; hashes what the expectation has hashes for. */
export async function compareGroup(
  session: Session,
  group: readonly TableUnit[],
  { hashRows, encoding }: Pick<Expectation, "hashRows" | "encoding">,
  rows: boolean,
): Promise<ComparedGroup> {
  const lacking = group.flatMap(({ tables }) => tables).filter(({ expected }) => expected.rowHash === undefined);
  const found = rows && lacking.length > 0 ? await hashRows?.(lacking, session) : undefined;
  const differences: Difference[] = [];
  let isHashed = rows;
  for (const unit of group) {
    const wanted = sumRows(unit.tables.map((table) => withHash(table, found?.get(qualifiedName(table)))));
    isHashed &&= wanted.rowHash !== undefined;
    differences.push(
      ...(await compareUnit(session, unit, wanted, { withHash: rows && wanted.rowHash !== undefined, encoding })),
    );
  }
  return { differences, isHashed };
}

function withHash({ expected }: ExpectedTable, rowHash: string | undefined): MeasuredRows {
  return rowHash === undefined ? expected : { ...expected, rowHash };
}

async function compareUnit(
  session: Session,
  unit: TableUnit,
  wanted: MeasuredRows,
  options: MeasureOptions,
): Promise<Difference[]> {
  const measured: MeasuredRows[] = [];
  for (const table of unit.tables) {
    const result = await measureTable(session, table, options);
    if (!("rows" in result)) return [result];
    measured.push(result);
  }
  return rowDifferences(unit.object, wanted, sumRows(measured));
}

/** Everything that is not a table's rows: tables nobody expects, views not filled, sequences, large objects, the schema. */
export async function compareRest(
  settings: ConnectionSettings,
  expected: Expectation,
  options: CompareOptions,
): Promise<Difference[]> {
  const { applicationName } = options;
  const session = await openSession(settings, { purpose: "read", applicationName });
  try {
    const known = new Set(expected.tables.map(qualifiedName));
    const { scope } = expected;
    const platform = await findPlatform(session);
    const isOurs = isNotOf(platform);
    const listed = (await listTables(session, scope?.only && choiceOf(scope.only.map(exactPattern))))
      .map(({ table }) => table)
      .filter(isOurs);
    // In a database of parts there may be more.
    const unexpected = (scope === undefined ? listed : [])
      .filter(hasRows)
      .map(qualifiedName)
      .filter((object) => !known.has(object));
    // Those that read foreign tables are never filled by a restore.
    const foreign = await readingForeign(session);
    const wanted = new Set(expected.sequences.map(qualifiedName));
    const isWithSequences = scope?.sequences === undefined || scope.sequences.length > 0;
    const sequences = (
      isWithSequences ? await listSequences(session, scope?.sequences && choiceOf(scope.sequences)) : []
    )
      .filter((sequence) => !isOfMarkerName(sequence.schema) && isOurs(sequence))
      .filter((sequence) => scope === undefined || wanted.has(qualifiedName(sequence)));
    const largeObjects =
      scope === undefined || expected.largeObjects.count > 0
        ? await measureLargeObjects(session, expected.largeObjects.md5 !== undefined)
        : expected.largeObjects;
    const properties =
      expected.largeObjectProperties === undefined
        ? []
        : largeObjectPropertyDifferences(expected.largeObjectProperties, await listLargeObjects(session), options);
    const schema =
      expected.schema === undefined
        ? []
        : schemaDifferences(
            withoutPlatform(expected.schema, platform),
            withoutPlatform(
              parseArchive(await dumpLiveSchema(settings, applicationName, expected.schema, scope?.only)),
              platform,
            ),
            {
              ...options,
              ...(expected.leftOut !== undefined && { leftOut: expected.leftOut }),
              ignoreMore: scope !== undefined,
              ignoreQuotes: scope?.only !== undefined,
              unvalidated: await listUnvalidated(session),
            },
          );
    return [
      ...unexpected.map(
        (object): Difference => ({ kind: "table", object, aspect: "presence", expected: "absent", got: "present" }),
      ),
      ...(expected.schema === undefined ? [] : orderDifferences(expected.tables, listed)),
      ...viewDifferences(expected.materializedViews, filledViews(listed)).filter(
        ({ object }) => !known.has(object) && !foreign.has(object),
      ),
      ...sequenceDifferences(expected.sequences.filter(isOurs), sequences),
      ...largeObjectDifferences(expected.largeObjects, largeObjects),
      ...properties,
      ...schema,
    ];
  } finally {
    await session.end();
  }
}

/** What the platform of the target's provider has made there is neither missing nor too much. */
function isNotOf(platform: Platform | undefined): (relation: { readonly schema: string }) => boolean {
  return ({ schema }) => platform?.schemas.includes(schema) !== true;
}

function withoutPlatform(toc: Toc, platform: Platform | undefined): Toc {
  if (platform === undefined) return toc;
  const theirs = new Set(platformEntries(toc.entries, platform));
  return { ...toc, entries: toc.entries.filter((entry) => !theirs.has(entry)) };
}

/** `SELECT *` depends on it, and a dump's definition does not say it of columns that are inherited. */
function orderDifferences(expected: readonly ComparedTable[], listed: readonly PlannedTable[]): Difference[] {
  const found = new Map(listed.map((table) => [qualifiedName(table), copiedColumns(table)]));
  return expected.flatMap((table): Difference[] => {
    const object = qualifiedName(table);
    const [want, have] = [table.columns, found.get(object) ?? []];
    // Columns that are not there, or more of them, are the schema's to tell.
    const isReordered = want.length === have.length && want.every((column) => have.includes(column));
    if (!isReordered || want.every((column, index) => column === have[index])) return [];
    return [{ kind: "table", object, aspect: "order of columns", expected: want.join(", "), got: have.join(", ") }];
  });
}

const choiceOf = (tables: readonly string[]): Choice => ({ ...NOTHING_CHOSEN, tables });

/** Views that are on one side only are the schema's to tell. */
function viewDifferences(expected: ReadonlyMap<string, boolean>, got: ReadonlyMap<string, boolean>): Difference[] {
  const written = (isFilled: boolean): string => (isFilled ? "filled" : "not filled");
  return [...expected].flatMap(([object, want]): Difference[] => {
    const have = got.get(object);
    if (have === undefined || have === want) return [];
    return [{ kind: "table", object, aspect: "populated", expected: written(want), got: written(have) }];
  });
}

/** Compares everything in this process. Differences come by kind, tables first, in the order of their names. */
export async function compareDatabase(
  settings: ConnectionSettings,
  expected: Expectation,
  options: CompareOptions,
): Promise<CompareReport> {
  const { applicationName, rows, sessions, onTable } = options;
  const open = (): Promise<Session> => openSession(settings, { purpose: "read", applicationName });
  const session = await open();
  const units = await tableUnits(session, expected.tables).finally(() => session.end());
  const differences: Difference[] = [];
  let isHashed = rows;
  const groups = unitGroups(units);
  await inParallel(
    sessions,
    groups,
    open,
    (lane) => lane.end(),
    async (lane, group) => {
      const compared = await compareGroup(lane, group, expected, rows);
      differences.push(...compared.differences);
      isHashed &&= compared.isHashed;
      for (const { object } of group) onTable?.(object);
    },
  );
  differences.sort((a, b) => a.object.localeCompare(b.object));
  differences.push(...(await compareRest(settings, expected, options)));
  const level = isHashed ? "rows" : "counts";
  return { identical: differences.length === 0, tables: expected.tables.length, level, differences };
}

/** Two live databases, the first being what the second should be. */
export async function compareLive(
  expected: ConnectionSettings,
  got: ConnectionSettings,
  options: CompareOptions,
): Promise<CompareReport> {
  return compareDatabase(got, await expectationOfLive(expected, options), options);
}
