/** `holdfast audit [SOURCE]`: who had what done, when, with what result. @module */
import type { Command } from "commander";
import type { AuditRecord } from "../../core/audit/index.ts";
import type { Style } from "../output/style.ts";
import { formatTable } from "../output/table.ts";
import { formatTime, UNKNOWN } from "../output/units.ts";
import { type CommandResult, succeeded } from "../result.ts";
import { assertNameArgument } from "../runs/restore-point.ts";
import { readSince } from "../runs/since.ts";
import { type CommonOptions, examples, type Invoke, type Session, withCommonOptions } from "../session.ts";

type AuditOptions = CommonOptions & { readonly since: string };

export function addAudit(program: Command, invoke: Invoke): void {
  withCommonOptions(program.command("audit"))
    .description("list who had what done, when and with what result, oldest first")
    .argument("[source]", "only what was done with this source")
    .option("--since <duration>", "only what is not older than this, e.g. 12h, 30d", "7d")
    .addHelpText(
      "after",
      examples("holdfast audit", "holdfast audit shop --since 30d", "holdfast audit --since 400d --json"),
    )
    .action((source: string | undefined, options: AuditOptions) =>
      invoke("audit", options, (session) => audit(session, source, options)),
    );
}

async function audit(session: Session, source: string | undefined, options: AuditOptions): Promise<CommandResult> {
  if (source !== undefined) assertNameArgument("source", source);
  const until = session.world.clock();
  const since = readSince(options.since, session) ?? until;
  const installation = await session.openInstallation();
  const entries = await installation.audit({ since, until, ...(source === undefined ? {} : { source }) });
  const records = entries.flatMap(({ record }) => (record === undefined ? [] : [record]));
  const unreadable = entries.filter(({ record }) => record === undefined).map(({ key }) => key);
  const lines = [
    records.length > 0
      ? formatRecords(records, session.style)
      : `nothing on record since ${formatTime(since.toISOString())}`,
    ...unreadable.map((key) => session.style.bad(`not an audit record: ${key}`)),
  ];
  return succeeded(lines.join("\n"), { installation: installation.parameter.installation, records, unreadable });
}

function formatRecords(records: readonly AuditRecord[], style: Style): string {
  return formatTable<AuditRecord>(
    [
      { heading: "AT (UTC)", cell: ({ at }) => formatTime(at) },
      { heading: "WHAT", cell: ({ kind, event }) => `${kind} ${event}` },
      { heading: "SOURCE", cell: ({ source }) => source ?? UNKNOWN },
      { heading: "RUN", cell: ({ runId }) => runId ?? UNKNOWN },
      { heading: "INTO", cell: intoOf },
      { heading: "WHO", cell: ({ author }) => author },
      { heading: "RESULT", cell: (record) => resultOf(record, style) },
    ],
    records,
  );
}

/** What was written to, and what for. */
function intoOf({ options }: AuditRecord): string {
  const { target, database, confirm } = options ?? {};
  if (target === undefined) return UNKNOWN;
  const place = database === undefined ? target : `${target}/${database}`;
  return confirm === undefined || confirm === false ? place : `${place} (confirmed)`;
}

function resultOf({ result }: AuditRecord, style: Style): string {
  if (result === undefined) return UNKNOWN;
  const text = result.error === undefined ? result.status : `${result.status}: ${result.error.code}`;
  return result.status === "failed" ? style.bad(text) : text;
}
