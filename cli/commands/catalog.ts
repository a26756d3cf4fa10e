/** `holdfast catalog rebuild [SOURCE]`: makes the catalog say what the vault says. @module */
import type { Command } from "commander";
import type { Rebuilt } from "../../core/rebuild/judge.ts";
import { formatCount } from "../output/units.ts";
import type { CommandResult } from "../result.ts";
import { findingLines } from "../runs/findings.ts";
import { type RunCommandOptions, withRunOptions } from "../runs/options.ts";
import { reportResult } from "../runs/report.ts";
import { assertNameArgument } from "../runs/restore-point.ts";
import { startRun } from "../runs/start.ts";
import { examples, type Invoke, type Session } from "../session.ts";

type RebuildOptions = RunCommandOptions & { readonly reason?: string };

/** What a rebuild of every source is filed under; a source of that name would merely have it among its runs. */
const EVERY_SOURCE = "all";

export function addCatalog(program: Command, invoke: Invoke): void {
  const catalog = program.command("catalog").description("the index of restore points: `catalog rebuild`");
  withRunOptions(catalog.command("rebuild"))
    .description("file every restore point that the vault has; for a catalog that was emptied or is of an older day")
    .argument("[source]", "only this source's; without it of every source in the vault, configured or not")
    .option("--reason <text>", "why, for the catalog and the audit")
    .addHelpText(
      "after",
      examples(
        "holdfast catalog rebuild",
        "holdfast catalog rebuild shop --json",
        'holdfast catalog rebuild --reason "table restored to yesterday" --timeout 30m',
      ),
    )
    .action((source: string | undefined, options: RebuildOptions) =>
      invoke("catalog rebuild", options, (session) => rebuild(session, source, options)),
    );
}

async function rebuild(session: Session, source: string | undefined, options: RebuildOptions): Promise<CommandResult> {
  if (source !== undefined) assertNameArgument("source", source);
  const installation = await session.openInstallation();
  const request = {
    machine: "rebuild",
    source: source ?? EVERY_SOURCE,
    input: {
      ...(options.reason === undefined ? {} : { reason: options.reason }),
      options: { everySource: source === undefined },
    },
  } as const;
  const report = await startRun(session, installation, request, options);
  const rebuilt = report.run?.rebuilt;
  const findings = report.run?.findings ?? [];
  return reportResult(
    report,
    {
      achieved: `the catalog says what the vault says of ${source ?? "every source"}`,
      lines: [...countLines(rebuilt), ...findingLines("found", findings)],
      fields: { source, rebuilt, issues: findings },
    },
    session.style,
  );
}

function countLines(rebuilt: Rebuilt | undefined): [string, string][] {
  if (rebuilt === undefined) return [];
  const { found, filed, updated, unchanged, refused, missing } = rebuilt;
  const lines: readonly (readonly [string, number])[] = [
    ["in the vault", found],
    ["filed", filed],
    ["corrected", updated],
    ["as they were", unchanged],
    ["not readable", refused],
    ["missing", missing],
  ];
  return lines
    .filter(([, count], index) => index === 0 || count > 0)
    .map(([name, count]) => [name, formatCount(count)]);
}
