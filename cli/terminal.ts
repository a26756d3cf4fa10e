/**
 * The real world of a command: this process's streams, signals and files.
 * @module
 */
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { PreconditionError } from "../core/errors.ts";
import { exitCodes } from "./output/exit-codes.ts";
import { ask, askHidden } from "./output/prompt.ts";
import type { World } from "./world.ts";

export function createWorld(): World {
  const clock = () => new Date();
  const interrupted = listenForInterruption();
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    clock,
    random: randomBytes,
    interrupted,
    pause: (millis) => pause(millis, interrupted),
    readSecret: (question) =>
      process.stdin.isTTY ? askHidden(question, process.stdin, process.stderr) : text(process.stdin),
    ...(process.stdin.isTTY &&
      process.stderr.isTTY && { ask: (question: string) => ask(question, process.stdin, process.stderr) }),
    readFile: readTextFile,
    // Loaded when needed: the AWS clients take longer than all of `--help`.
    openConnections: async (name) => (await import("./installation/connections.ts")).openConnections(name),
    openInstallation: async (name) => (await import("./installation/open.ts")).openInstallation(name, clock),
  };
}

/** One Ctrl-C may arrive twice, from the terminal and from the launcher; a second one on purpose takes longer. */
const IMPATIENCE_MILLIS = 500;

/** The first signal ends the following in good order, a later one the process. */
function listenForInterruption(): AbortSignal {
  const interrupted = new AbortController();
  let firstAt = Number.POSITIVE_INFINITY;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (performance.now() - firstAt > IMPATIENCE_MILLIS) process.exit(exitCodes.interrupted);
      firstAt = Math.min(firstAt, performance.now());
      interrupted.abort();
    });
  }
  return interrupted.signal;
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
