/**
 * The real world of a command: this process's streams, signals and files.
 * @module
 */
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { PreconditionError } from "../core/errors.ts";
import { askHidden } from "./output/prompt.ts";
import type { World } from "./world.ts";

export function createWorld(): World {
  const clock = () => new Date();
  const interrupted = new AbortController();
  // The first one ends the following in good order; the second finds no listener and ends the process.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupted.abort());
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    clock,
    random: randomBytes,
    interrupted: interrupted.signal,
    pause: (millis) => pause(millis, interrupted.signal),
    readSecret: (question) =>
      process.stdin.isTTY ? askHidden(question, process.stdin, process.stderr) : text(process.stdin),
    readFile: readTextFile,
    // Loaded when needed: the AWS clients take longer than all of `--help`.
    openConnections: async (name) => (await import("./installation/connections.ts")).openConnections(name),
    openInstallation: async (name) => (await import("./installation/open.ts")).openInstallation(name, clock),
  };
}

function readTextFile(path: string): Promise<string> {
  return readFile(path, "utf8").catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PreconditionError("file-unreadable", `${path} cannot be read: ${reason}`, { cause: error });
  });
}

function pause(millis: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, millis);
    signal.addEventListener("abort", done);
  });
}
