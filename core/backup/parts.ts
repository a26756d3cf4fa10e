/**
 * What a source's configuration leaves out of its restore points, in words.
 * @module
 */
import type { ManifestParts } from "../vault/manifest/schema.ts";

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
