/**
 * A restore's plan, for people.
 * @module
 */
import type { PlanRow, Verdict } from "../../core/restore/plan/rows.ts";
import { type ExitCode, exitCodes } from "../output/exit-codes.ts";
import type { Style } from "../output/style.ts";
import { formatTable } from "../output/table.ts";
import { plural } from "../output/units.ts";
import type { CommandResult } from "../result.ts";

export interface PlannedRestore {
  readonly rows: readonly PlanRow[];
  /** `20261121T… of shop into database shop_copy on staging` */
  readonly what: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** More fills the screen several times over; `--json` and the report have them all. */
const SHOWN = 200;

/** Exit code 3 where the target cannot take it: the restore would be refused. */
export function planResult({ rows, what, fields }: PlannedRestore, style: Style): CommandResult {
  const refused = rows.filter(({ verdict }) => verdict === "refused").length;
  const exitCode: ExitCode = refused === 0 ? exitCodes.done : exitCodes.refused;
  const headline =
    refused === 0
      ? style.good(`plan of restoring ${what}: nothing is in the way; nothing was touched`)
      : style.bad(`plan of restoring ${what}: refused for ${plural(refused, "reason")}; nothing was touched`);
  return {
    exitCode,
    status: "succeeded",
    fields: { ...fields, refused, plan: rows },
    text: `${headline}\n${planTable(rows, style)}`,
  };
}

export function planTable(rows: readonly PlanRow[], style: Style): string {
  const table = formatTable(
    [
      { heading: "WHAT", cell: (row: PlanRow) => row.what },
      { heading: "VERDICT", cell: ({ verdict }) => painted(verdict, style) },
      { heading: "WHY", cell: ({ why, code, sql }) => [why, code && `(${code})`, sql].filter(Boolean).join(" ") },
    ],
    rows.slice(0, SHOWN),
  );
  return rows.length > SHOWN ? `${table}\nand ${rows.length - SHOWN} more; --json lists them` : table;
}

function painted(verdict: Verdict, style: Style): string {
  if (verdict === "refused") return style.bad(verdict);
  return verdict === "as it is" ? style.faint(verdict) : style.warn(verdict);
}
