/** `holdfast verify ID|latest`: reads a restore point back. @module */
import { type Command, Option } from "commander";
import type { CommandResult } from "../result.ts";
import { findingLines, splitFindings } from "../runs/findings.ts";
import { type RunCommandOptions, withRunOptions } from "../runs/options.ts";
import { reportResult } from "../runs/report.ts";
import { findRestorePoint } from "../runs/restore-point.ts";
import { startRun } from "../runs/start.ts";
import { examples, type Invoke, type Session } from "../session.ts";

type VerifyOptions = RunCommandOptions & { readonly source?: string; readonly level: "quick" | "full" };

export function addVerify(program: Command, invoke: Invoke): void {
  withRunOptions(program.command("verify"))
    .description("read a restore point back and compare it with its manifest")
    .argument("<restore-point>", "its id, or `latest`")
    .option("--source <name>", "the source, needed with `latest` when there are several")
    .addOption(
      new Option("--level <level>", "quick: keys, manifest, sizes, first frames; full: every byte")
        .choices(["quick", "full"])
        .default("full"),
    )
    .addHelpText(
      "after",
      examples(
        "holdfast verify latest --source shop",
        "holdfast verify 20261121T021500Z-7k3f9q2mxa --level quick --json",
      ),
    )
    .action((id: string, options: VerifyOptions) =>
      invoke("verify", options, (session) => verify(session, id, options)),
    );
}

async function verify(session: Session, id: string, options: VerifyOptions): Promise<CommandResult> {
  const installation = await session.openInstallation();
  const point = await findRestorePoint(installation, id, options.source);
  const input = { options: { restorePointId: point.restorePointId, level: options.level } };
  const report = await startRun(session, installation, { machine: "verify", source: point.source, input }, options);
  const { restorePointId, source } = point;
  const { found: issues, notes } = splitFindings(report);
  return reportResult(
    { ...report, restorePointId },
    {
      achieved: `restore point ${restorePointId} is whole (${options.level} verification)`,
      lines: [["parts", point.parts], ...findingLines("damaged", issues), ...findingLines("note", notes)],
      fields: {
        source,
        level: options.level,
        parts: point.parts,
        isValid: report.status === "running" ? undefined : report.status === "succeeded",
        issues,
        notes,
      },
    },
    session.style,
  );
}
