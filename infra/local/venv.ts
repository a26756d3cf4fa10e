/**
 * Python's part of the local AWS and of tests: a virtual environment from hashed requirements, made once per version of that file.
 * @module
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { REPOSITORY } from "../bundle.ts";
import { exists } from "../files.ts";
import { isAlive, run } from "./process.ts";

const execute = promisify(execFile);
const REQUIREMENTS = path.join(import.meta.dirname, "requirements.txt");
const POLL_MILLIS = 200;
/** Shared by all local stacks of a checkout. */
const SHARED = path.join(REPOSITORY, ".local");

const made = new Map<string, Promise<string>>();

/**
 * The Python of an environment that has everything; about 15 s the first time, nothing after. Safe to call side by side.
 * @param requirements hashed. @default those of the local AWS
 */
export function ensurePython(requirements = REQUIREMENTS): Promise<string> {
  const python = made.get(requirements) ?? makePython(requirements);
  made.set(requirements, python);
  return python;
}

async function makePython(requirements: string): Promise<string> {
  const digest = createHash("sha256")
    .update(await readFile(requirements))
    .digest("hex")
    .slice(0, 12);
  const home = path.join(SHARED, `venv-${digest}`);
  const python = pythonOf(home);
  const maker = `${home}.maker`;
  await mkdir(path.join(SHARED, "logs"), { recursive: true });
  // Several at once would each download and unpack all of it, and be done much later than one.
  while (!(await exists(python)) && !(await isOursToMake(maker))) await sleep(POLL_MILLIS);
  if (await exists(python)) return python;
  try {
    await install(home, requirements);
  } finally {
    await rm(maker, { force: true });
  }
  return python;
}

/** @param maker a file that names the process which is at it; one that has died gives its turn away */
async function isOursToMake(maker: string): Promise<boolean> {
  const isOurs = await writeFile(maker, String(process.pid), { flag: "wx" }).then(
    () => true,
    () => false,
  );
  if (isOurs) return true;
  const pid = Number(await readFile(maker, "utf8").catch(() => "0"));
  if (pid > 0 && !isAlive(pid)) await rm(maker, { force: true });
  return false;
}

async function install(home: string, requirements: string): Promise<void> {
  const draft = `${home}.${process.pid}`;
  const log = path.join(SHARED, "logs", "venv.log");
  await run(await systemPython(), ["-m", "venv", draft], { log });
  const packages = ["--disable-pip-version-check", "--require-hashes", "-r", requirements];
  await run(pythonOf(draft), ["-m", "pip", "install", "--quiet", ...packages], { log });
  // A virtual environment finds itself by where its python lies, so it may be renamed.
  await rename(draft, home).catch(() => rm(draft, { recursive: true }));
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
