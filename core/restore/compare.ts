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
import { listLargeObjects, parseArchive, type Toc } from "../postgres/ddl/index.ts";
import { isOfMarkerName } from "../postgres/load/entries.ts";
import { readingForeign } from "../postgres/load/foreign.ts";
import { listUnvalidated } from "../postgres/load/postponed.ts";
import { rowTargets } from "../postgres/load/row-target.ts";
import { listSequences } from "../postgres/plan/sequences.ts";
import { listTables } from "../postgres/plan/tables.ts";
import type { PlannedTable } from "../postgres/plan/types.ts";
import { findPlatform, type Platform, platformEntries } from "../postgres/providers/platform.ts";
import { openSession, type Session } from "../postgres/session.ts";
import { qualifiedName } from "../postgres/sql.ts";
import { copiedColumns } from "./data.ts";
import { type Expectation, type ExpectedTable, expectationOfLive, filledViews, hasRows } from "./expectation.ts";
import { inParallel } from "./parallel.ts";
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
