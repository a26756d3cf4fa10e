/** The command as it is installed, against the deployed stack. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { text } from "node:stream/consumers";
import { inject } from "vitest";

const launcher = path.resolve(import.meta.dirname, "../../cli/bin/holdfast.js");

export interface Told {
  readonly exitCode: number;
  readonly json: Readonly<Record<string, unknown>>;
  readonly stderr: string;
}

/** Always with `--json`; `env` comes over the stack's own. */
export async function holdfast(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Told> {
  const options = { env: { ...process.env, ...inject("stack").env, ...env } };
  const child = spawn(process.execPath, [launcher, ...args, "--json"], options);
  child.stdin.end();
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  return { exitCode: exitCode as number, json: JSON.parse(stdout) as Told["json"], stderr };
}
