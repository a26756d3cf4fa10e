/**
 * The composition root of the command: real terminal, clock, random and AWS.
 * @module
 */
import { runCommandLine } from "./program.ts";
import { createWorld } from "./terminal.ts";

const world = createWorld();
process.exitCode = await runCommandLine(process.argv.slice(2), world);
// What was left behind, a hanging request for example, would keep the process.
if (world.interrupted.aborted) process.exit();
