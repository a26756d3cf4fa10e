/**
 * The composition root of the command: real terminal, clock, random and AWS.
 * @module
 */
import { runCommandLine } from "./program.ts";
import { createWorld } from "./terminal.ts";

process.exitCode = await runCommandLine(process.argv.slice(2), createWorld());
