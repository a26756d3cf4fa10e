/**
 * Options of every command that starts a run.
 * @module
 */
import { type Command, Option } from "commander";
import { type CommonOptions, withCommonOptions } from "../session.ts";
import type { RunOptions } from "./start.ts";

export type RunCommandOptions = CommonOptions & RunOptions;

export function withRunOptions(command: Command): Command {
  return withCommonOptions(command)
    .addOption(new Option("--timeout <duration>", "wait no longer than this, e.g. 90s, 30m, 2h; the run goes on"))
    .option("--no-wait", "start the run and return at once");
}
