/**
 * One audit record: a fact about a run, of names, ids and times. Nothing that the vault keeps secret (names of tables, messages that quote
 * a server) and nothing that a caller could have put a password into, but for the reason and the author they gave.
 * @module
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { Run } from "../catalog/index.ts";
import type { ErrorRecord } from "../errors.ts";
import type { Execution } from "../runs/identity.ts";

/** Options of runs as their kinds have checked them; what is not listed is not recorded. */
const optionsSchema = z.object({
  target: z.string().optional(),
  database: z.string().optional(),
  create: z.boolean().optional(),
  /** True, or the id of the list of what was to be dropped. */
  confirm: z.union([z.boolean(), z.string()]).optional(),
  noOwner: z.boolean().optional(),
  noPrivileges: z.boolean().optional(),
  skipRoles: z.boolean().optional(),
  compare: z.string().optional(),
  level: z.string().optional(),
  /** Of a rebuild: not of the run's source alone. */
  everySource: z.boolean().optional(),
});

export const auditRecordSchema = z.object({
  schema: z.literal(1),
  installation: z.string(),
  event: z.enum(["started", "ended"]),
  /** The state machine's: `backup`, `restore`, … */
  kind: z.string(),
  /** ISO 8601 in UTC: of the start or the end of the run, not of the writing. */
  at: z.string(),
  /** As whoever started it said; CloudTrail's StartExecution is the proof. */
  author: z.string(),
  execution: z.string(),
  runId: z.string().optional(),
  source: z.string().optional(),
  restorePointId: z.string().optional(),
  reason: z.string().optional(),
  scheduledAt: z.string().optional(),
  options: optionsSchema.optional(),
  result: z
    .object({
      status: z.enum(["succeeded", "failed", "skipped"]),
      error: z.object({ name: z.string(), code: z.string() }).optional(),
      /** How many things were found that are not as they should be. */
      findings: z.int(),
    })
    .optional(),
});
export type AuditRecord = z.output<typeof auditRecordSchema>;

const UNKNOWN_AUTHOR = "unknown";

/** @param run as it was begun: called again it gives the same record. */
export function startOfRun(run: Run, installation: string): AuditRecord {
  return { ...ofRun(run, installation), event: "started", at: run.startedAt };
}

/**
 * The end of a run, or of an execution that came to none.
 * @param run as it has ended; absent: its input named no source that could be one.
 */
export function endOfRun(
  end: {
    readonly kind: AuditRecord["kind"];
    readonly execution: Execution;
    readonly status: NonNullable<AuditRecord["result"]>["status"];
    readonly error?: ErrorRecord;
  },
  run: Run | undefined,
  installation: string,
): AuditRecord {
  const { kind, execution, status, error } = end;
  const subject = run === undefined ? ofExecution(kind, execution, installation) : ofRun(run, installation);
  return {
    ...subject,
    event: "ended",
    // Of the run's end where there is one, else of the only moment that every call knows.
    at: run?.finishedAt ?? execution.startedAt,
    result: {
      status,
      ...(error === undefined ? {} : { error: { name: error.name, code: error.code } }),
      findings: run?.findings?.length ?? 0,
    },
  };
}

/**
 * `v1/audit/<yyyy>/<mm>/<dd>/<hhmmss.mmm>Z-<run>-<event>.json`: the same fact has the same key, so that writing it twice makes one object.
 */
export function auditKey({ at, runId, execution, event }: AuditRecord): string {
  const [date = "", time = ""] = new Date(at).toISOString().split("T");
  const name = runId ?? `none-${createHash("sha256").update(execution).digest("hex").slice(0, 16)}`;
  return `${auditDayPrefix(date)}${time.replaceAll(":", "")}-${name}-${event}.json`;
}

/** @param date `2026-11-21` */
export const auditDayPrefix = (date: string): string => `v1/audit/${date.replaceAll("-", "/")}/`;

function ofRun(run: Run, installation: string): Omit<AuditRecord, "event" | "at"> {
  const { kind, runId, source, restorePointId, reason, scheduledAt, settings } = run;
  // Those of a restore or a comparison lie one level deeper than those of the other kinds.
  const options = optionsSchema.safeParse({ ...settings, ...(settings.options as object | undefined) }).data ?? {};
  return {
    schema: 1,
    installation,
    kind,
    author: run.author ?? (scheduledAt === undefined ? UNKNOWN_AUTHOR : "schedule"),
    execution: run.executionArn,
    runId,
    source,
    ...(restorePointId === undefined ? {} : { restorePointId }),
    ...(reason === undefined ? {} : { reason }),
    ...(scheduledAt === undefined ? {} : { scheduledAt }),
    ...(kind === "backup" || Object.keys(options).length === 0 ? {} : { options }),
  };
}

function ofExecution(
  kind: AuditRecord["kind"],
  execution: Execution,
  installation: string,
): Omit<AuditRecord, "event" | "at"> {
  return { schema: 1, installation, kind, author: UNKNOWN_AUTHOR, execution: execution.arn };
}
