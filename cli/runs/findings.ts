/**
 * What a verification or a comparison has found, for people.
 * @module
 */
import type { Finding } from "../../core/catalog/index.ts";
import { printable } from "../../core/text.ts";
import type { RunReport } from "./start.ts";

/** More than these are told by `--json`. */
const SHOWN = 20;

/** What a run that has succeeded notes is to be known, not to be mended. */
export function splitFindings({ status, run }: RunReport): { found: readonly Finding[]; notes: readonly Finding[] } {
  const findings = run?.findings ?? [];
  return status === "succeeded" ? { found: [], notes: findings } : { found: findings, notes: [] };
}

export function findingLines(name: string, findings: readonly Finding[]): [string, string][] {
  const lines = findings
    .slice(0, SHOWN)
    .map(({ where, code, message }): [string, string] => [
      name,
      printable(`${message.includes(where) ? message : `${where}: ${message}`} (${code})`),
    ]);
  const more = findings.length - lines.length;
  return more > 0 ? [...lines, [name, `and ${more} more; --json lists them all`]] : lines;
}

/** What a backup or a restore has left out, or made otherwise, though it has succeeded. */
export function warningLines(warnings: readonly string[] = [], shown = SHOWN): [string, string][] {
  const lines = warnings.slice(0, shown).map((warning): [string, string] => ["warning", printable(warning)]);
  const more = warnings.length - lines.length;
  return more > 0 ? [...lines, ["warning", `and ${more} more; --json lists them all`]] : lines;
}
