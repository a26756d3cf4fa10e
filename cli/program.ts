/**
 * The command line: its commands, its help, and what a wrong one gets to hear.
 * @module
 */
import { Command, CommanderError } from "commander";
import manifest from "../package.json" with { type: "json" };
import { addAudit } from "./commands/audit.ts";
import { addBackup } from "./commands/backup.ts";
import { addCatalog } from "./commands/catalog.ts";
import { addCompare } from "./commands/compare.ts";
import { addConnect } from "./commands/connect.ts";
import { addList } from "./commands/list.ts";
import { addLogs } from "./commands/logs.ts";
import { addRestore } from "./commands/restore.ts";
import { addRuns } from "./commands/runs.ts";
import { addShow } from "./commands/show.ts";
import { addVerify } from "./commands/verify.ts";
import { UsageError } from "./errors.ts";
import { type ExitCode, exitCodes } from "./output/exit-codes.ts";
import { failed } from "./result.ts";
import { createInvoke, type Invoke, tell } from "./session.ts";
import type { World } from "./world.ts";

const EXIT_CODES_HELP = `
Exit codes: 0 done, 1 failed, 2 usage, 3 refused, 4 integrity, 5 skipped, 6 timed out waiting, 130 interrupted (the run goes on)
`;

const commands: readonly ((program: Command, invoke: Invoke) => void)[] = [
  addBackup,
  addList,
  addShow,
  addVerify,
  addRestore,
  addCompare,
  addRuns,
  addLogs,
  addCatalog,
  addConnect,
  addAudit,
];

/** Runs one command line (without node and script) and gives its exit code; never throws, never ends the process. */
export async function runCommandLine(argv: readonly string[], world: World): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.done;
  const invoke = createInvoke(world, (code) => {
    exitCode = code;
  });
  try {
    await buildProgram(world, invoke).parseAsync(jsonLast(argv), { from: "user" });
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return exitCodes.done;
    const error = thrown instanceof CommanderError ? usageErrorOf(thrown) : thrown;
    const result = failed(error);
    tell(world, commandOf(argv), argv.includes("--json"), result);
    exitCode = result.exitCode;
  }
  return exitCode;
}

/** @param invoke tests of the help pass one that does nothing. */
export function buildProgram(world: World, invoke: Invoke): Command {
  const program = new Command("holdfast")
    .description("Backup and disaster recovery for PostgreSQL in your own AWS account.")
    .version(manifest.version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => world.stdout.write(text),
      writeErr: (text) => world.stderr.write(text),
      // An error is told once, in our own form, by runCommandLine.
      outputError: () => {},
      getOutHelpWidth: () => 100,
      getErrHelpWidth: () => 100,
    })
    .showSuggestionAfterError()
    .addHelpText("after", EXIT_CODES_HELP);
  for (const add of commands) add(program, invoke);
  return program;
}

function usageErrorOf(error: CommanderError): UsageError {
  if (error.code === "commander.help") {
    return new UsageError("no-command", "no command is given", "`holdfast --help` lists them.");
  }
  const [message = "", ...rest] = error.message.replace(/^error: /, "").split("\n");
  const suggestion = rest
    .join(" ")
    .trim()
    .replace(/^\((.*)\)$/, "$1");
  return new UsageError(
    error.code.replace("commander.", "").replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    message,
    suggestion || "`holdfast --help` and `holdfast COMMAND --help` have examples.",
  );
}

/** `--json` is an option of every command; written ahead of the command it means the same. */
function jsonLast(argv: readonly string[]): readonly string[] {
  return argv[0] === "--json" ? [...argv.slice(1), "--json"] : argv;
}

/** The first word that is no option: what `--json` names although it was not understood. */
function commandOf(argv: readonly string[]): string {
  return argv.find((word) => !word.startsWith("-")) ?? "holdfast";
}
