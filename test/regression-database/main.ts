/**
 * `npm run test:regression-database -- PATH`: PostgreSQL's own regression database, from a tree of its sources (release 18),
 * backed up, restored onto another server, restored again over itself, and each time held against the first by PostgreSQL's own
 * programs. Ends with 1 when anything differs. Nothing of the sources is kept.
 */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startPostgres } from "../../infra/local/postgres.ts";
import { createVault } from "../core/restore/support.ts";
import { differences } from "../support/identical.ts";
import { buildRegressionDatabase } from "./build.ts";

const [tree] = process.argv.slice(2);
if (tree === undefined) throw new Error("usage: npm run test:regression-database -- PATH_TO_POSTGRESQL_SOURCES");

const started = performance.now();
const tell = (line: string): void => {
  const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(6);
  process.stdout.write(`${seconds} s  ${line}\n`);
};

const work = await mkdtemp(path.join(tmpdir(), "holdfast-regression-"));
await chmod(work, 0o777);
const vault = await createVault();
const settings = { max_prepared_transactions: "10" };
const [first, second] = await Promise.all([startPostgres({ settings }), startPostgres({ settings })]);
const urlOf = ({ host, port, user, password }: typeof first): string =>
  `postgres://${user}:${password}@${host}:${port}/postgres?sslmode=disable`;
let found: string[] = [];
try {
  await buildRegressionDatabase({ server: first, database: "postgres", tree: path.resolve(tree), work, tell });
  tell("database built");
  const ref = await vault.backUp(urlOf(first));
  tell("backed up");
  for (const options of [{}, { confirm: true }]) {
    const { tables, rows, warnings, report } = await vault.restore(ref, urlOf(second), { options });
    tell(`restored: ${tables} tables, ${rows} rows; compared by Holdfast: identical is ${report?.identical}`);
    for (const warning of warnings) tell(`warning: ${warning}`);
    found = [...found, ...(await differences(urlOf(first), urlOf(second), { database: false }))];
    tell(`compared by pg_dump and SQL: ${found.length} differences`);
  }
  for (const line of found) process.stdout.write(`${line}\n`);
} finally {
  await Promise.all([first.stop(), second.stop(), vault.remove(), rm(work, { recursive: true, force: true })]);
}
process.exitCode = found.length === 0 ? 0 : 1;
