/**
 * A database held against a restore point, or against another database.
 * @module
 */
import {
  type ComparedTable,
  type CompareReport,
  type Difference,
  dumpLiveSchema,
  largeObjectDifferences,
  type MeasuredLargeObjects,
  type MeasuredRows,
  measureLargeObjects,
  measureTable,
  rowDifferences,
  type SchemaComparison,
  schemaDifferences,
  sequenceDifferences,
  sumRows,
} from "../postgres/compare/index.ts";
import type { ConnectionSettings } from "../postgres/connection.ts";
import { parseArchive, type Toc } from "../postgres/ddl/index.ts";
import { isOfMarkerName } from "../postgres/load/entries.ts";
import { rowTargets } from "../postgres/load/row-target.ts";
import { listSequences } from "../postgres/plan/sequences.ts";
import { listTables } from "../postgres/plan/tables.ts";
import type { PlannedSequence, PlannedTable } from "../postgres/plan/types.ts";
import { openSession, type Session } from "../postgres/session.ts";
import { qualifiedName } from "../postgres/sql.ts";
import type { Manifest } from "../vault/manifest/schema.ts";
import { copiedColumns } from "./data.ts";
import { largeObjectsMd5 } from "./large-object-md5.ts";
import { inParallel } from "./parallel.ts";
import { type OpenRestorePoint, readSchemaObject, schemaObjects } from "./restore-point.ts";

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
  readonly tables: readonly ComparedTable[];
  readonly expected: MeasuredRows;
}

/** What a database should be. */
export interface Expectation {
  readonly tables: readonly (ComparedTable & { readonly expected: MeasuredRows })[];
  readonly sequences: readonly PlannedSequence[];
  readonly largeObjects: MeasuredLargeObjects;
  readonly schema?: Toc;
}

/**
 * What a restore point says a database should be. With `rows` also its schema, and its large objects' contents, every byte of
 * which is read from the vault.
 */
export async function expectationOf(
  point: OpenRestorePoint,
  { rows }: { readonly rows: boolean },
): Promise<Expectation> {
  const expected = expectedRows(point.manifest);
  if (!rows) return expected;
  const schema = parseArchive(await readSchemaObject(point, schemaObjects.archive));
  const { largeObjects } = expected;
  if (largeObjects.count === 0) return { ...expected, schema };
  return { ...expected, schema, largeObjects: { ...largeObjects, md5: await largeObjectsMd5(point) } };
}

/** What the manifest alone says. */
export function expectedRows(manifest: Manifest): Expectation {
  const tables = manifest.tables.filter(hasRows).map((table) => ({
    schema: table.schema,
    name: table.name,
    columns: copiedColumns(table),
    expected: { rows: table.rows, ...(table.rowHash !== undefined && { rowHash: table.rowHash }) },
  }));
  const { count, bytes } = manifest.largeObjects;
  const sequences = manifest.sequences.filter(({ schema }) => !isOfMarkerName(schema));
  return { tables, sequences, largeObjects: { count, bytes } };
}

const hasRows = ({ kind, schema }: Pick<PlannedTable, "kind" | "schema">): boolean =>
  kind === "table" && !isOfMarkerName(schema);

/** What a live database is, measured table by table. */
export async function expectationOfLive(settings: ConnectionSettings, options: CompareOptions): Promise<Expectation> {
  const { applicationName, rows, sessions } = options;
  const open = (): Promise<Session> => openSession(settings, { purpose: "read", applicationName });
  const session = await open();
  try {
    const listed = (await listTables(session)).map(({ table }) => table).filter(isMeasurable);
    const tables = new Map<string, ComparedTable & { expected: MeasuredRows }>();
    await inParallel(
      sessions,
      listed,
      open,
      (lane) => lane.end(),
      async (lane, listedTable) => {
        const table = { schema: listedTable.schema, name: listedTable.name, columns: copiedColumns(listedTable) };
        const measured = await measureTable(lane, table, rows);
        if ("rows" in measured) tables.set(qualifiedName(table), { ...table, expected: measured });
      },
    );
    return {
      tables: listed.flatMap((table) => tables.get(qualifiedName(table)) ?? []),
      sequences: (await listSequences(session)).filter(({ schema }) => !isOfMarkerName(schema)),
      largeObjects: await measureLargeObjects(session, rows),
      schema: parseArchive(await dumpLiveSchema(settings, applicationName)),
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
  const roots = await rowTargets(session, tables);
  const groups = Map.groupBy(tables, (table) => qualifiedName(roots.get(table) ?? table));
  return [...groups].map(([object, members]) => ({
    object,
    tables: members,
    expected: sumRows(members.map(({ expected }) => expected)),
  }));
}

export async function compareUnit(session: Session, unit: TableUnit, rows: boolean): Promise<Difference[]> {
  const withHash = rows && unit.expected.rowHash !== undefined;
  const measured: MeasuredRows[] = [];
  for (const table of unit.tables) {
    const result = await measureTable(session, table, withHash);
    if (!("rows" in result)) return [result];
    measured.push(result);
  }
  return rowDifferences(unit.object, unit.expected, sumRows(measured));
}

/** Everything that is not a table's rows: tables nobody expects, sequences, large objects, the schema. */
export async function compareRest(
  settings: ConnectionSettings,
  expected: Expectation,
  options: CompareOptions,
): Promise<Difference[]> {
  const { applicationName } = options;
  const session = await openSession(settings, { purpose: "read", applicationName });
  try {
    const known = new Set(expected.tables.map(qualifiedName));
    const listed = (await listTables(session)).map(({ table }) => table).filter(hasRows);
    const unexpected = listed.map(qualifiedName).filter((object) => !known.has(object));
    const sequences = (await listSequences(session)).filter(({ schema }) => !isOfMarkerName(schema));
    const largeObjects = await measureLargeObjects(session, expected.largeObjects.md5 !== undefined);
    const schema =
      expected.schema === undefined
        ? []
        : schemaDifferences(expected.schema, parseArchive(await dumpLiveSchema(settings, applicationName)), options);
    return [
      ...unexpected.map(
        (object): Difference => ({ kind: "table", object, aspect: "presence", expected: "absent", got: "present" }),
      ),
      ...sequenceDifferences(expected.sequences, sequences),
      ...largeObjectDifferences(expected.largeObjects, largeObjects),
      ...schema,
    ];
  } finally {
    await session.end();
  }
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
  await inParallel(
    sessions,
    units,
    open,
    (lane) => lane.end(),
    async (lane, unit) => {
      differences.push(...(await compareUnit(lane, unit, rows)));
      onTable?.(unit.object);
    },
  );
  differences.sort((a, b) => a.object.localeCompare(b.object));
  differences.push(...(await compareRest(settings, expected, options)));
  const hasHashes = rows && expected.tables.every((table) => table.expected.rowHash !== undefined);
  const level = hasHashes ? "rows" : "counts";
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
