/**
 * What a source's configuration leaves out of its restore points, in words.
 * @module
 */
import { nameOfEntry, type TocEntry } from "../postgres/ddl/index.ts";
import type { LeftOut } from "../postgres/parts/index.ts";
import type { ManifestParts } from "../vault/manifest/schema.ts";
import type { BackupSettings } from "./settings.ts";

/** `only schemas app; without tables *.audit_log; without rows of public.session; 12 relations left out` */
export function describeManifestParts({ include, exclude, excludeData, relationCount }: ManifestParts): string {
  const named = (words: string, { schemas = [], tables = [] }: { schemas?: string[]; tables?: string[] }): string[] => [
    ...(schemas.length === 0 ? [] : [`${words} schemas ${schemas.join(" ")}`]),
    ...(tables.length === 0 ? [] : [`${words} tables ${tables.join(" ")}`]),
  ];
  return [
    ...named("only", include),
    ...named("without", exclude),
    ...named("without rows of", excludeData),
    `${relationCount} relations left out`,
  ].join("; ");
}

/** Names are for people; beyond these only their number is told. */
const MOST_RELATIONS = 10_000;

/** What the manifest says of it. */
export function manifestParts(
  { include, exclude, excludeData }: Pick<BackupSettings, "include" | "exclude" | "excludeData">,
  { relations }: LeftOut,
  left: readonly TocEntry[],
): ManifestParts {
  return {
    include,
    exclude,
    excludeData,
    relations: relations.slice(0, MOST_RELATIONS).map(({ kind, schema, name }) => ({ kind, schema, name })),
    relationCount: relations.length,
    leftOut: left.map((entry) => ({ catalogOid: entry.catalogOid, oid: entry.oid, what: nameOfEntry(entry) })),
  };
}
