/**
 * The database that PostgreSQL's own regression tests leave behind, made by its scripts from a tree of its sources.
 * @module
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { access, mkdir, open, readFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import type { LocalPostgres } from "../../infra/local/postgres.ts";
import { nativeTools } from "../support/native.ts";

const execute = promisify(execFile);

export interface Building {
  readonly server: LocalPostgres;
  readonly database: string;
  /** Of PostgreSQL's sources; the server has to be able to read it. */
  readonly tree: string;
  /** Where logs and the library of C functions go; likewise. */
  readonly work: string;
  readonly tell: (line: string) => void;
}

/** Runs the scripts in the order of the schedule, one after the other, past their errors: most of them are meant. */
export async function buildRegressionDatabase({ server, database, tree, work, tell }: Building): Promise<void> {
  const regress = path.join(tree, "src/test/regress");
  await access(path.join(regress, "parallel_schedule"));
  await mkdir(path.join(work, "results"), { recursive: true });
  if (!(await compileLibrary(regress, work))) tell("without functions in C: no compiler, or no headers");
  const env = {
    ...{ PATH: process.env.PATH, LANG: "C", PGAPPNAME: "pg_regress", PGTZ: "America/Los_Angeles" },
    ...{ PGDATESTYLE: "Postgres, MDY", PGOPTIONS: "-c intervalstyle=postgres_verbose" },
    ...{ PG_ABS_SRCDIR: regress, PG_ABS_BUILDDIR: work, PG_LIBDIR: work, PG_DLSUFFIX: ".so" },
    ...{ PGHOST: server.host, PGPORT: String(server.port), PGUSER: server.user, PGPASSWORD: server.password },
    PGDATABASE: database,
  };
  const psql = path.join(await nativeTools(), "psql");
  const quiet = ["-X", "-q", "-v", "HIDE_TABLEAM=on", "-v", "HIDE_TOAST_COMPRESSION=on"];
  for (const name of await scheduled(regress)) {
    const script = await open(path.join(regress, "sql", `${name}.sql`));
    const log = createWriteStream(path.join(work, `${name}.out`));
    await once(log, "open");
    const child = spawn(psql, quiet, { cwd: work, env, stdio: [script.fd, log, log] });
    const [code] = (await once(child, "close")) as [number | null];
    await script.close();
    log.end();
    if (code !== 0) tell(`${name}.sql ended with ${code}`);
  }
  await execute(psql, ["-X", "-q", "-c", REFRESH], { env });
}

/** Some are left stale, and a restore computes all of them anew. */
const REFRESH = `DO $$DECLARE view regclass; BEGIN
  FOR view IN SELECT oid FROM pg_class WHERE relkind = 'm' AND relispopulated ORDER BY oid LOOP
    EXECUTE format('REFRESH MATERIALIZED VIEW %s', view);
  END LOOP; END$$`;

async function scheduled(regress: string): Promise<string[]> {
  const lines = (await readFile(path.join(regress, "parallel_schedule"), "utf8")).split("\n");
  return lines.flatMap((line) => /^test: (.*)$/.exec(line)?.[1]?.trim().split(/\s+/) ?? []);
}

async function compileLibrary(regress: string, work: string): Promise<boolean> {
  const headers = path.join(await nativeTools(), "../include/postgresql/server");
  const flags = ["-shared", "-fPIC", "-O1", "-w", `-I${headers}`, `-I${regress}`, '-DDLSUFFIX=".so"'];
  const files = [path.join(regress, "regress.c"), "-o", path.join(work, "regress.so")];
  return execute("cc", [...flags, ...files]).then(
    () => true,
    () => false,
  );
}
