/**
 * What one invocation of a command works with, and how its end is told.
 * @module
 */
import type { Command } from "commander";
import { InterruptedError } from "./errors.ts";
import type { ConnectionStore, Installation } from "./installation/port.ts";
import type { ExitCode } from "./output/exit-codes.ts";
import { createProgressLine, type ProgressLine } from "./output/progress.ts";
import { createStyle, type Style, styledLines } from "./output/style.ts";
import { type CommandResult, failed, formatError, formatLine, toJson } from "./result.ts";
import { assertNameArgument } from "./runs/restore-point.ts";
import type { World } from "./world.ts";

export interface Session {
  readonly world: World;
  /** For text on standard output. */
  readonly style: Style;
  readonly progress: ProgressLine;
  openInstallation(): Promise<Installation>;
  openConnections(): Promise<ConnectionStore>;
}

export interface CommonOptions {
  readonly installation?: string;
  readonly json?: boolean;
}

/** Runs the body of a command and tells its result; what the body throws is a result too. */
export type Invoke = (
  command: string,
  options: CommonOptions,
  body: (session: Session) => Promise<CommandResult>,
) => Promise<void>;

export function createInvoke(world: World, onExit: (code: ExitCode) => void): Invoke {
  return async (command, options, body) => {
    const progress = createProgressLine(world.stderr, world.clock);
    const name = options.installation ?? world.env.HOLDFAST_INSTALLATION;
    const session: Session = {
      world,
      style: createStyle(world.stdout.isTTY === true, world.env),
      progress,
      openInstallation: async () => world.openInstallation(checked(name)),
      openConnections: async () => world.openConnections(checked(name)),
    };
    const result = await Promise.race([body(session), lostPatience(world)]).catch(failed);
    progress.end();
    tell(world, command, options.json === true, result);
    onExit(result.exitCode);
  };
}

/** It becomes part of the names of parameters and secrets. @throws UsageError `invalid-name` */
function checked(installation: string | undefined): string | undefined {
  return installation === undefined ? undefined : assertNameArgument("installation", installation);
}

/** What follows a run ends by itself within a second; what else is under way is not waited for. */
const GRACE_MILLIS = 3_000;

function lostPatience({ interrupted }: World): Promise<never> {
  return new Promise((_, reject) => {
    const leave = () => reject(new InterruptedError("interrupted", "stopped"));
    interrupted.addEventListener("abort", () => setTimeout(leave, GRACE_MILLIS).unref());
  });
}

/** Standard output gets the object or the text, standard error the error for people in either case. */
export function tell(world: World, command: string, isJson: boolean, result: CommandResult): void {
  if (isJson) world.stdout.write(`${toJson(command, result)}\n`);
  else if (result.text !== "") world.stdout.write(`${styledLines(result.text)}\n`);
  if (result.error === undefined) return;
  const style = createStyle(world.stderr.isTTY === true, world.env);
  const told = result.line === undefined ? formatError(result.error, style) : formatLine(result.line, style);
  world.stderr.write(`${styledLines(told)}\n`);
}

/** `--installation` and `--json`, which every command has. */
export function withCommonOptions(command: Command): Command {
  return command
    .option("--installation <name>", "the installation to work with (default: HOLDFAST_INSTALLATION, or the only one)")
    .option("--json", "print one JSON object on standard output");
}

/** The examples below a command's help. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join("\n")}\n`;
}
