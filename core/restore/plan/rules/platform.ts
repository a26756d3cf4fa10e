import { nameOfEntry, type TocEntry } from "../../../postgres/ddl/index.ts";
import type { TargetFacts } from "../../../postgres/facts/index.ts";
import { isProviderRole } from "../../../postgres/providers/index.ts";
import { type Platform, platformEntries } from "../../../postgres/providers/platform.ts";
import type { PlanInput, Trouble } from "./types.ts";

/**
 * What the target's platform has made there itself: of the restore point it is left out, with its rows, and nothing else asks
 * about it. That is agreed to where it was a platform's in the source too; somebody's own schema of such a name is not.
 */
export function platform({ toc, manifest }: PlanInput, { platform: found }: TargetFacts): Trouble[] {
  if (found === undefined) return [];
  const groups = Map.groupBy(platformEntries(toc.entries, found), (entry) => headOf(entry, found));
  return [...groups].map(([what, entries]): Trouble => {
    const rows = manifest.tables
      .filter(({ schema }) => what === `schema ${schema}`)
      .reduce((sum, table) => sum + table.rows, 0);
    return {
      verdict: "trouble",
      what,
      code: "of-the-platform",
      reason: `is ${found.of}'s own and there already, as its platform has made it; its definitions${rows === 0 ? "" : ` and ${rows} row${rows === 1 ? "" : "s"}`} are not restored`,
      hint: "Bring rows of users and files over as the provider says; what refers to them is restored as it was.",
      leaving: { entries: entries.map(({ dumpId }) => dumpId), isReplaced: true, isBrief: true },
      isAgreed: wasOfPlatform(entries),
    };
  });
}

/** By its owner; what holds no table holds nothing to be lost. */
function wasOfPlatform(entries: readonly TocEntry[]): boolean {
  const schema = entries.find(({ desc }) => desc === "SCHEMA");
  if (schema?.owner !== undefined && isProviderRole(schema.owner)) return true;
  return entries.every(({ desc }) => desc !== "TABLE");
}

/** The schema, publication, event trigger or default privileges that it goes with. */
function headOf({ desc, namespace, tag, owner }: TocEntry, { schemas }: Platform): string {
  if (desc === "DEFAULT ACL" && !schemas.includes(namespace ?? "")) return `default privileges of ${owner}`;
  if (namespace !== undefined) return `schema ${namespace}`;
  const name = tag.replaceAll('"', "");
  const isRemark = desc === "ACL" || desc === "COMMENT" || desc === "SECURITY LABEL";
  if (!isRemark) return nameOfEntry({ desc, namespace, tag });
  const schema = schemas.find((one) => name === `SCHEMA ${one}`);
  return schema === undefined ? name.replace(/^[A-Z ]+(?= )/, (kind) => kind.toLowerCase()) : `schema ${schema}`;
}
