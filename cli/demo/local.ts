/**
 * The demo's own local AWS and PostgreSQL, through the same scripts as `npm run local`, in a folder of its own.
 * @module
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { HoldfastConfigInput } from "../../core/config/index.ts";
import type { Server } from "./database.ts";

const checkout = fileURLToPath(new URL("../../", import.meta.url));
const POLL_MILLIS = 100;

interface ScriptOptions {
  /** Told what happens, a line at a time. */
  readonly say?: (line: string) => void;
  /** Ends the script; what it has started by then is ended by `stop`. */
  readonly signal?: AbortSignal;
}

export interface LocalStack {
  readonly postgres: Server;
  /** What commands need to reach it. */
  readonly env: Readonly<Record<string, string>>;
  readonly parameter?: { readonly vaultBucket: string };
}

/** A folder of its own for each demo, so that a developer's running stack is not touched. */
export function demoFolder(): string {
  return path.join(tmpdir(), `holdfast-demo-${process.pid}`);
}

/** Starts what does not run in the folder yet and deploys the configuration. @throws Error when that fails. */
export async function deploy(dir: string, config: HoldfastConfigInput, options: ScriptOptions): Promise<LocalStack> {
  await mkdir(dir, { recursive: true });
  const file = path.join(dir, "holdfast.config.mjs");
  await writeFile(file, `export default ${JSON.stringify(config, undefined, 2)};\n`);
  await runScript("up.ts", ["--dir", dir, "--config", file], options);
  const stack = await readStack(dir);
  if (stack === undefined) throw new Error(`${dir} has no stack`);
  return stack;
}

/** The PostgreSQL server as soon as it runs, which is well before the deployment is done. */
export async function serverOf(dir: string, signal: AbortSignal): Promise<Server> {
  for (;;) {
    const stack = await readStack(dir);
    if (stack !== undefined) {
      const { host, port, user, password } = stack.postgres;
      return { host, port, user, password };
    }
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLIS));
  }
}

export async function stop(dir: string): Promise<void> {
  await runScript("down.ts", ["--dir", dir], {});
}

async function readStack(dir: string): Promise<LocalStack | undefined> {
  const text = await readFile(path.join(dir, "state.json"), "utf8").catch(() => "");
  try {
    return JSON.parse(text) as LocalStack;
  } catch {
    // Not there yet, or being written just now.
    return undefined;
  }
}

/** Runs a script of infra/local; its lines are told up to the first empty one, after which it explains itself. */
async function runScript(script: string, args: readonly string[], { say, signal }: ScriptOptions): Promise<void> {
  // Detached: Ctrl-C is for the demo, which then stops what has been started.
  const child = spawn(process.execPath, [path.join(checkout, "infra/local", script), ...args], {
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
  });
  const end = () => child.pid !== undefined && process.kill(-child.pid, "SIGTERM");
  signal?.addEventListener("abort", end);
  const ended = once(child, "close");
  const lines: string[] = [];
  let isTelling = true;
  for await (const line of createInterface({ input: child.stderr })) {
    lines.push(line);
    isTelling &&= line !== "" && !line.startsWith("Ready");
    if (isTelling) say?.(line);
  }
  const [code] = (await ended) as [number | null];
  signal?.removeEventListener("abort", end);
  if (code !== 0) throw new Error(`infra/local/${script} ended with ${code}:\n${lines.slice(-30).join("\n")}`);
}
