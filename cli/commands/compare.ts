/** `holdfast compare ID|latest`: a restored database against its restore point, row by row. @module */
import type { Command } from "commander";
import type { CommandResult } from "../result.ts";
import { findingLines, splitFindings } from "../runs/findings.ts";
import { type MappedRoles, withMappedRoles } from "../runs/map-role.ts";
import { type RunCommandOptions, withRunOptions } from "../runs/options.ts";
import { type PartChoices, partOptionsOf, withPartChoices } from "../runs/parts.ts";
import { reportResult } from "../runs/report.ts";
import { assertNameArgument, findRestorePoint } from "../runs/restore-point.ts";
import { startRun } from "../runs/start.ts";
import { examples, type Invoke, type Session } from "../session.ts";

type CompareOptions = RunCommandOptions & {
  readonly source: string;
  readonly to: string;
  readonly database?: string;
  /** As commander reads them: `--no-owner` makes it false. */
  readonly owner?: boolean;
  readonly privileges?: boolean;
  readonly mapRole?: MappedRoles;
} & PartChoices;

export function addCompare(program: Command, invoke: Invoke): void {
  withPartChoices(withMappedRoles(withRunOptions(program.command("compare"))))
    .description("compare a database with a restore point: rows, sequences, large objects, definitions")
    .argument("<restore-point>", "its id, or `latest`")
    .requiredOption("--source <name>", "the source the restore point is of")
    .requiredOption("--to <target>", "a target of the configuration")
    .option("--database <name>", "the database on the target (default: the one of the target's connection)")
    .option("--no-owner", "owners may differ: the restore left them out")
    .option("--no-privileges", "privileges may differ: the restore left them out")
    .addHelpText(
      "after",
      examples(
        "holdfast compare latest --source shop --to staging --database shop_copy",
        "holdfast compare latest --source shop --to staging --no-owner --no-privileges",
        "holdfast compare latest --source shop --to production --table public.film --into-schema recovered",
        "holdfast compare 20261121T021500Z-7k3f9q2mxa --source shop --to staging --json",
      ),
    )
    .action((id: string, options: CompareOptions) =>
      invoke("compare", options, (session) => compare(session, id, options)),
    );
}

async function compare(session: Session, id: string, options: CompareOptions): Promise<CommandResult> {
  const target = assertNameArgument("target", options.to);
  const installation = await session.openInstallation();
  const { restorePointId, source } = await findRestorePoint(installation, id, options.source);
  const { database, owner, privileges, mapRole } = options;
  const left = { ...(owner === false && { noOwner: true }), ...(privileges === false && { noPrivileges: true }) };
  const mapped = mapRole && { roles: mapRole };
  const input = { options: { restorePointId, target, database, ...left, ...mapped, ...partOptionsOf(options) } };
  const report = await startRun(session, installation, { machine: "compare", source, input }, options);
  const { found: differences, notes } = splitFindings(report);
  return reportResult(
    { ...report, restorePointId },
    {
      achieved: `identical: ${database ?? "the database"} on ${target} and restore point ${restorePointId}`,
      lines: [...findingLines("differs", differences), ...findingLines("note", notes)],
      fields: {
        source,
        target,
        database,
        isIdentical: report.status === "running" ? undefined : report.status === "succeeded",
        differences,
        notes,
      },
    },
    session.style,
  );
}
