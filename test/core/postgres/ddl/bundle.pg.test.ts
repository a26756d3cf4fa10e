import { execFile } from "node:child_process";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { databasesOfThisFile } from "./support/databases.ts";

const { fresh, dropAll } = databasesOfThisFile();
const ddl = fileURLToPath(new URL("../../../../core/postgres/ddl/", import.meta.url));
const wasm = fileURLToPath(
  new URL("../../../../node_modules/@electric-sql/pglite-tools/dist/pg_dump.wasm", import.meta.url),
);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "holdfast-bundle-"));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await dropAll();
});

const program = `
import { parseConnection } from "../connection.ts";
import { openSession } from "../session.ts";
import { dumpSchema, parseArchive } from "./index.ts";
const settings = parseConnection(process.argv[2]);
const open = () => openSession(settings, { purpose: "read", applicationName: "bundle test" });
const base = await open();
await base.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
const [row] = await base.query("SELECT pg_catalog.pg_export_snapshot() AS id");
const session = await open();
try {
  const { archive } = await dumpSchema(session, { snapshotId: row.id });
  process.stdout.write(parseArchive(archive).entries.map(({ tag }) => tag).join());
} catch (error) {
  process.exitCode = 1;
  process.stderr.write(error.code);
}
await session.end();
await base.end();
`;

const run = (url: string) => promisify(execFile)(process.execPath, [path.join(folder, "index.mjs"), url], { cwd: "/" });

/** Built as functions are: one minified module, the thread's entry and the program beside it. */
async function bundle(): Promise<void> {
  const common = { bundle: true, minify: true, platform: "node", format: "esm", target: "node24" } as const;
  // What CommonJS dependencies ask for in an ESM bundle.
  const banner = { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" };
  const stdin = { contents: program, resolveDir: ddl, loader: "ts" } as const;
  await build({ ...common, banner, stdin, outfile: path.join(folder, "index.mjs") });
  const entryPoints = [path.join(ddl, "pg-dump/worker.ts")];
  await build({ ...common, entryPoints, outfile: path.join(folder, "pg-dump-worker.mjs") });
  await copyFile(wasm, path.join(folder, "pg_dump.wasm"));
}

describe("a dump bundled as functions are", () => {
  it("finds its thread and its program beside it", async () => {
    const database = await fresh();
    await database.query("CREATE TABLE bundled (a int)");
    await bundle();
    expect((await run(database.url)).stdout.split(",")).toContain("bundled");
  });

  it.each(["pg_dump.wasm", "pg-dump-worker.mjs"])("fails by name when %s is missing", async (file) => {
    const database = await fresh();
    await bundle();
    await rm(path.join(folder, file));
    await expect(run(database.url)).rejects.toMatchObject({ stderr: expect.stringContaining("pg-dump-crashed") });
  });
});
