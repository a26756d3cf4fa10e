/**
 * Python's part of the local AWS and of tests: a virtual environment from hashed requirements, made once per version of that file.
 * @module
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { REPOSITORY } from "../bundle.ts";
import { exists } from "../files.ts";
import { run } from "./process.ts";

const execute = promisify(execFile);
const REQUIREMENTS = path.join(import.meta.dirname, "requirements.txt");
/** Shared by all local stacks of a checkout. */
const SHARED = path.join(REPOSITORY, ".local");

/**
 * The Python of an environment that has everything; about 15 s the first time, nothing after. Safe to call side by side.
 * @param requirements hashed. @default those of the local AWS
 */
export async function ensurePython(requirements = REQUIREMENTS): Promise<string> {
  const digest = createHash("sha256")
    .update(await readFile(requirements))
    .digest("hex")
    .slice(0, 12);
  const home = path.join(SHARED, `venv-${digest}`);
  const python = pythonOf(home);
  if (await exists(python)) return python;
  await mkdir(path.join(SHARED, "logs"), { recursive: true });
  const draft = `${home}.${process.pid}`;
  const log = path.join(SHARED, "logs", "venv.log");
  await run(await systemPython(), ["-m", "venv", draft], { log });
  const install = [
    "-m",
    "pip",
    "install",
    "--quiet",
    "--disable-pip-version-check",
    "--require-hashes",
    "-r",
    requirements,
  ];
  await run(pythonOf(draft), install, { log });
  // Whoever is first wins; a virtual environment finds itself by where its python lies, so it may be renamed.
  await rename(draft, home).catch(() => rm(draft, { recursive: true }));
  return python;
}

function pythonOf(home: string): string {
  return path.join(home, "bin", "python");
}

/** @throws Error saying what was found, when no Python of 3.10 or newer is on the path. */
async function systemPython(): Promise<string> {
  const names = ["python3", "python3.13", "python3.12", "python3.11", "python3.10", "python3.14", "python"];
  const found: string[] = [];
  for (const name of names) {
    const version = await execute(name, ["-c", "import sys; print('%d.%d' % sys.version_info[:2])"]).then(
      ({ stdout }) => stdout.trim(),
      () => "",
    );
    const [major = 0, minor = 0] = version.split(".").map(Number);
    if (major === 3 && minor >= 10) return name;
    if (version !== "") found.push(`${name} ${version}`);
  }
  throw new Error(`the local AWS needs Python 3.10 or newer on the path, found ${found.join(", ") || "none"}`);
}
