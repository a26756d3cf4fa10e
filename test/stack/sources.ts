/**
 * Databases behind the sources of `stack-config.ts`, and what a run of theirs has left.
 */
import { inject } from "vitest";
import { createCatalog, type Run } from "../../core/catalog/index.ts";
import { createDatabase, type TestDatabase } from "../support/postgres.ts";
import { clients, type Ended, runMachine, storeConnection, waitFor } from "../support/stack.ts";

export interface MachineOutput {
  readonly runId: string;
  readonly restorePointId: string;
  readonly status: string;
  readonly error?: { readonly name: string; readonly code: string };
}

export type Outcome = Ended & { readonly outcome: MachineOutput | undefined };

export const catalog = () =>
  createCatalog({ client: clients.dynamodb(), table: inject("stack").parameter.catalogTable, clock: () => new Date() });

/** A database of one's own behind a source; its connection is `<source>-read`. */
export async function databaseBehind(source: string, ...statements: string[]): Promise<TestDatabase> {
  const database = await createDatabase(source);
  for (const statement of statements) await database.query(statement);
  await storeConnection(`${source}-read`, database.name, "read");
  return database;
}

export async function backUp(source: string, input: object = {}): Promise<Outcome> {
  return withOutcome(await runMachine("backup", { source, ...input }));
}

export async function outcomeOf(executionArn: string): Promise<Outcome> {
  return withOutcome(await waitFor(executionArn));
}

function withOutcome(ended: Ended): Outcome {
  return { ...ended, outcome: ended.result as MachineOutput | undefined };
}

/** The newest run of a source; ids alone leave open which of one second it was. */
export async function newestRun(source: string): Promise<Run> {
  const runs = await catalog().runs.list(source, 10);
  const [run] = runs.toSorted((a, b) => b.startedAt.localeCompare(a.startedAt));
  if (run === undefined) throw new Error(`source ${source} has no run`);
  return run;
}

/** `rows` rows of about 250 bytes: some MiB give several chunks of the 1 MiB that `stack-config.ts` asks for. */
export const manyRows = (table: string, rows: number): readonly string[] => [
  `CREATE TABLE ${table} (id int PRIMARY KEY, filler text NOT NULL)`,
  `INSERT INTO ${table} SELECT n, repeat(md5(n::text), 7) FROM generate_series(1, ${rows}) n`,
  `ANALYZE ${table}`,
];

/** One page of rows that are 60 MB of text together: a COPY that cannot be cut and takes long enough to be met. */
export const wideRows = (table: string): readonly string[] => [
  `CREATE TABLE ${table} (id int PRIMARY KEY, filler text NOT NULL)`,
  `INSERT INTO ${table} SELECT n, repeat(md5(n::text), 300000) FROM generate_series(1, 6) n`,
  `ANALYZE ${table}`,
];
