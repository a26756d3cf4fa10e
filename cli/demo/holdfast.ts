/**
 * The real command as a child process, as an operator would type it.
 * @module
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { Story } from "./story.ts";

const launcher = fileURLToPath(new URL("../bin/holdfast.js", import.meta.url));

export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
}

export interface Holdfast {
  /** Shows the command and what it prints; anything but the expected exit code ends the demo. */
  show(args: readonly string[], expectedExitCode?: number): Promise<string>;
  /** Asks for the `--json` object without showing it. */
  ask(args: readonly string[]): Promise<Record<string, unknown>>;
}

export function createHoldfast(story: Story, env: NodeJS.ProcessEnv): Holdfast {
  return {
    async show(args, expectedExitCode = 0) {
      const line = ["npx holdfast", ...args].join(" ");
      story.typed(line);
      const { exitCode, stdout } = await run(story, args, env);
      story.say(stdout);
      if (exitCode === expectedExitCode) return stdout;
      throw new Error(`\`${line}\` ended with ${exitCode}, expected was ${expectedExitCode}`);
    },
    async ask(args) {
      const { exitCode, stdout } = await run(story, [...args, "--json"], env);
      if (exitCode !== 0) throw new Error(`\`holdfast ${args.join(" ")}\` ended with ${exitCode}: ${stdout}`);
      return JSON.parse(stdout) as Record<string, unknown>;
    },
  };
}

/** Standard error, progress and why something failed, goes to the person: as it is to a terminal, told line by line elsewhere. */
async function run(story: Story, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> {
  const errors = process.stderr.isTTY ? "inherit" : "pipe";
  const child = spawn(process.execPath, [launcher, ...args], { env, stdio: ["ignore", "pipe", errors] });
  if (child.stderr !== null) createInterface({ input: child.stderr }).on("line", story.say);
  const output = child.stdout === null ? "" : text(child.stdout);
  const [stdout, [exitCode]] = await Promise.all([output, once(child, "close")]);
  return { exitCode: exitCode as number, stdout };
}
