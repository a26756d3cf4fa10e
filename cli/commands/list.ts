/** `holdfast list [SOURCE]`: the restore points there are. @module */
import type { Command } from "commander";
import type { RestorePoint } from "../../core/catalog/index.ts";
import { listVault, openVault } from "../direct/vault.ts";
import type { Style } from "../output/style.ts";
import { formatTable } from "../output/table.ts";
import { formatBytes, formatCount, formatTime, UNKNOWN } from "../output/units.ts";
import { type CommandResult, succeeded } from "../result.ts";
import { assertNameArgument } from "../runs/restore-point.ts";
import { type CommonOptions, examples, type Invoke, type Session, withCommonOptions } from "../session.ts";

type ListOptions = CommonOptions & { readonly vault?: string };

export function addList(program: Command, invoke: Invoke): void {
  withCommonOptions(program.command("list"))
    .description("list the restore points, newest first")
    .argument("[source]", "only those of this source")
    .option("--vault <location>", "read this vault itself, s3://bucket or a directory: no installation, no key")
    .addHelpText(
      "after",
      examples("holdfast list", "holdfast list shop --json", "holdfast list shop --vault s3://my-vault"),
    )
    .action((source: string | undefined, options: ListOptions) =>
      invoke("list", options, (session) => list(session, source, options)),
    );
}

async function list(session: Session, source: string | undefined, { vault }: ListOptions): Promise<CommandResult> {
  if (source !== undefined) assertNameArgument("source", source);
  if (vault !== undefined) return await listDirectly(session, source, vault);
  const installation = await session.openInstallation();
  const restorePoints = await installation.catalog.restorePoints(source);
  const text =
    restorePoints.length > 0
      ? formatRestorePoints(restorePoints, session.style)
      : `no restore points yet; \`holdfast backup ${source ?? "SOURCE"}\` makes one`;
  return succeeded(text, { installation: installation.parameter.installation, restorePoints });
}

async function listDirectly({ world }: Session, source: string | undefined, location: string): Promise<CommandResult> {
  const store = openVault(location, world.env);
  const restorePoints = await listVault(store, source);
  const text = formatTable(
    [
      { heading: "RESTORE POINT", cell: (point) => point.restorePointId },
      { heading: "SOURCE", cell: (point) => point.source },
      { heading: "STATUS", cell: (point) => point.status },
    ],
    restorePoints,
  );
  const empty = `there is no restore point in ${store.location}`;
  return succeeded(restorePoints.length > 0 ? text : empty, { vault: store.location, restorePoints });
}

function formatRestorePoints(points: readonly RestorePoint[], style: Style): string {
  return formatTable(
    [
      { heading: "RESTORE POINT", cell: (point) => point.restorePointId },
      { heading: "SOURCE", cell: (point) => point.source },
      { heading: "STARTED (UTC)", cell: (point) => formatTime(point.startedAt) },
      { heading: "ROWS", align: "right", cell: (point) => formatCount(point.rows) },
      { heading: "DATA", align: "right", cell: (point) => formatBytes(point.plainBytes) },
      { heading: "STORED", align: "right", cell: (point) => formatBytes(point.storedBytes) },
      {
        heading: "STATUS",
        cell: ({ status, parts }) => (parts === undefined ? status : `${status} (${style.warn("parts")})`),
      },
      { heading: "VERIFIED", cell: (point) => verdictOf(point, style) },
    ],
    points,
  );
}

export function verdictOf({ verified }: RestorePoint, style: Style): string {
  if (verified === undefined) return UNKNOWN;
  return verified.isValid ? style.good(verified.level) : style.bad(`${verified.level}: damaged`);
}
