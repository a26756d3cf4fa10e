/**
 * Child processes: run to the end with a log, or started so that they outlive us.
 * @module
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, open, readFile } from "node:fs/promises";
import path from "node:path";

export interface RunOptions {
  readonly log: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

/** Runs a command to its end. @throws Error with the end of its log. */
export async function run(command: string, args: readonly string[], options: RunOptions): Promise<void> {
  const child = await spawnLogged(command, args, options, false);
  const [code] = (await once(child, "close")) as [number | null];
  if (code === 0) return;
  const text = await readFile(options.log, "utf8");
  throw new Error(
    `${path.basename(command)} ${args.slice(0, 3).join(" ")} ended with ${code}, its log ${options.log} ends:\n${text.slice(-4000)}`,
  );
}

/** Starts a command in a session of its own; it goes on when we end. Gives its process id. */
export async function startDetached(command: string, args: readonly string[], options: RunOptions): Promise<number> {
  const child = await spawnLogged(command, args, options, true);
  child.unref();
  if (child.pid === undefined) throw new Error(`${command} did not start`);
  return child.pid;
}

async function spawnLogged(command: string, args: readonly string[], options: RunOptions, detached: boolean) {
  await mkdir(path.dirname(options.log), { recursive: true });
  const log = await open(options.log, "a");
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env,
    detached,
    stdio: ["ignore", log.fd, log.fd],
  });
  await new Promise<void>((resolve, reject) => child.once("spawn", resolve).once("error", reject));
  await log.close();
  return child;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Waits until a check passes. @throws Error with `what` when it has not after `seconds`. */
export async function until(what: string, seconds: number, check: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  while (!(await check())) {
    if (performance.now() > deadline) throw new Error(`${what} is not so after ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
