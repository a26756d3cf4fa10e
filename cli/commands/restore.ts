/** `holdfast restore ID|latest`: by the restore state machine, or by this process when the stack is gone. @module */
import { type Command, Option } from "commander";
import type { RestoreOptions as EngineOptions } from "../../core/restore/options.ts";
import { LIST_FINDING } from "../../core/restore/run/findings.ts";
import { UsageError } from "../errors.ts";
import type { CommandResult } from "../result.ts";
import { agreeToDrop } from "../runs/agree.ts";
import { findingLines, splitFindings, warningLines } from "../runs/findings.ts";
import { type RunCommandOptions, withRunOptions } from "../runs/options.ts";
import { planResult } from "../runs/plan.ts";
import { reportResult } from "../runs/report.ts";
import { describeLeftBehind, needed, restoreOptionsOf, withRestoreChoices } from "../runs/restore-options.ts";
import { assertNameArgument, findRestorePoint } from "../runs/restore-point.ts";
import { type RunReport, startRun } from "../runs/start.ts";
import { examples, type Invoke, type Session } from "../session.ts";
import type { DirectOptions } from "./restore-direct.ts";

type RestoreOptions = RunCommandOptions &
  DirectOptions & {
    readonly direct?: boolean;
    readonly to?: string;
  };

export function addRestore(program: Command, invoke: Invoke): void {
  withRestoreChoices(withRunOptions(program.command("restore")))
    .description("restore a restore point into a database")
    .argument("<restore-point>", "its id, or `latest`")
    .option("--source <name>", "the source the restore point is of")
    .option("--to <target>", "a target of the configuration")
    .addOption(new Option("--direct", "without the stack: this process reads the vault and loads the database"))
    .addOption(new Option("--vault <location>", "with --direct: a directory or s3://bucket"))
    .addOption(new Option("--to-connection <file>", "with --direct: a file with the connection, URL or JSON"))
    .addOption(new Option("--offline-key <file>", "with --direct: the offline recipient's private key, PEM"))
    .addOption(new Option("--kms-key <arn>", "with --direct: open what this KMS key wrapped and nothing else"))
    .addHelpText(
      "after",
      examples(
        "holdfast restore latest --source shop --to staging --database shop_copy --create",
        "holdfast restore 20261121T021500Z-7k3f9q2mxa --source shop --to staging --confirm --json",
        "holdfast restore latest --source shop --to staging --confirm-list 1a2b3c4d5e6f",
        "holdfast restore latest --source shop --to managed --database shop_copy --create --plan",
        "holdfast restore latest --source shop --to production --table public.film --into-schema recovered",
        "holdfast restore latest --source shop --to production --table public.film --as film_old",
        "holdfast restore latest --source shop --to staging --database shop_copy --create --exclude-table '*.audit_*'",
        "holdfast restore latest --source shop --to staging --table 'app.*' --data-only",
        "holdfast restore latest --direct --vault s3://my-vault --source shop --to-connection ./target.url",
        "holdfast restore latest --direct --vault ./vault-copy --source shop --to-connection ./target.url --offline-key ./key.pem",
      ),
    )
    .action((id: string, options: RestoreOptions) =>
      invoke("restore", options, async (session) => {
        if (options.direct !== true) return await restore(session, id, options);
        // Loaded when needed: the whole engine takes longer than all the other commands together.
        return await (await import("./restore-direct.ts")).restoreDirectly(session, id, options);
      }),
    );
}

async function restore(session: Session, id: string, options: RestoreOptions): Promise<CommandResult> {
  const target = assertNameArgument("target", needed("--to", options.to));
  const from = assertNameArgument("source", needed("--source", options.source));
  refuseDirectOptions(options);
  const installation = await session.openInstallation();
  const { restorePointId, source } = await findRestorePoint(installation, id, from);
  const { database } = options;
  const chosen = { restorePointId, target, ...restoreOptionsOf(options) };
  const run = (more: { readonly confirm?: string } = {}): Promise<RunReport> =>
    startRun(
      session,
      installation,
      { machine: "restore", source, input: { options: { ...chosen, ...more } } },
      options,
    );
  const first = await run();
  if (options.plan === true && first.status === "succeeded") {
    const rows = first.run?.plan ?? [];
    const what = `${restorePointId} of ${source} into ${database ?? "the database"} on ${target}`;
    const { runId, startedAt, finishedAt } = first;
    const fields = { runId, restorePointId, startedAt, finishedAt, source, target, database };
    return planResult({ rows, what, fields }, session.style);
  }
  const list = await agreedList(session, first, target, options.json === true);
  const report = list === undefined ? first : await run({ confirm: list });
  const { found, notes } = splitFindings(report);
  return reportResult(
    { ...report, restorePointId },
    {
      achieved: `restored ${report.run?.parts === undefined ? "" : "parts of "}${restorePointId} of ${source} into ${database ?? "the database"} on ${target}`,
      lines: [
        ...findingLines("failed", found),
        ...findingLines("note", notes),
        ...warningLines(report.run?.warnings),
        ...leftBehind(report, chosen),
      ],
      fields: { source, target, database, parts: report.run?.parts, notes, warnings: report.run?.warnings },
    },
    session.style,
  );
}

/** The list of what is in the way, if that is all that is wrong and the operator agrees to its end. */
async function agreedList(
  session: Session,
  { error, run }: RunReport,
  target: string,
  isJson: boolean,
): Promise<string | undefined> {
  if (error?.code !== "target-not-empty") return undefined;
  const list = run?.findings?.find(({ code }) => code === LIST_FINDING);
  if (list === undefined) return undefined;
  const names = run?.findings?.filter((finding) => finding !== list).map(({ message }) => message) ?? [];
  const inTheWay = { where: `database ${list.where} on target ${target}`, names };
  return (await agreeToDrop(session, inTheWay, isJson)) ? list.message : undefined;
}

/** A database that a restore has made and not filled looks like any other. */
function leftBehind({ status, run, error }: RunReport, options: Partial<EngineOptions>): [string, string][] {
  const isPreparing =
    run?.phase === "preparing" && (options.confirm === undefined || error?.code.startsWith("target-"));
  if (status !== "failed" || run === undefined || run.phase === "refused" || isPreparing) return [];
  return [["left behind", describeLeftBehind(options)]];
}

function refuseDirectOptions(options: RestoreOptions): void {
  const given = [
    ["--vault", options.vault],
    ["--to-connection", options.toConnection],
    ["--offline-key", options.offlineKey],
    ["--kms-key", options.kmsKey],
  ].find(([, value]) => value !== undefined);
  if (given !== undefined) throw new UsageError("direct-only", `${given[0]} is allowed with --direct only`);
}
