/**
 * Which objects of a restore point nobody needs. Only names that backups write are ever among them: what else lies there belongs
 * to somebody else.
 * @module
 */
import { type RestorePointRef, vaultKeys } from "../vault/keys.ts";

/** Chunks, schema objects and parts of manifests: what several attempts may write. */
const ATTEMPTED = /^(?:\d{5,}\.\d+|schema\/[a-z][a-z0-9.-]*|manifest-parts\/\d{4,}\.\d+)$/;
/** What else a run leaves that has never come to its commit: a summary is written after it. */
const SINGLE = /^keys\/\d{4}\.json$/;

/** What a point has below its two prefixes, without them. */
function nameIn(ref: RestorePointRef, key: string): string | undefined {
  const prefix = [vaultKeys.metaPrefix(ref), vaultKeys.dataPrefix(ref)].find((one) => key.startsWith(one));
  return prefix === undefined ? undefined : key.slice(prefix.length);
}

/** Of a restore point that was never committed: all of it, its envelope last, so that what is left of it is found again. */
export function leftoversOfUncommitted(ref: RestorePointRef, keys: readonly string[]): string[] {
  const isOurs = (pattern: RegExp) => keys.filter((key) => pattern.test(nameIn(ref, key) ?? ""));
  return [...isOurs(ATTEMPTED), ...isOurs(SINGLE)];
}

/** Of one that is committed: what attempts have written that lost. @param named every object that the manifest names */
export function leftoversOfCommitted(
  ref: RestorePointRef,
  keys: readonly string[],
  named: ReadonlySet<string>,
): string[] {
  return keys.filter((key) => !named.has(key) && ATTEMPTED.test(nameIn(ref, key) ?? ""));
}

/** Whether several attempts have written one schema object or one part: `schema/archive` and `schema/archive.2`. */
export function hasRivals(ref: RestorePointRef, keys: readonly string[]): boolean {
  const names = keys.flatMap((key) => nameIn(ref, key) ?? []).filter((name) => ATTEMPTED.test(name));
  return new Set(names.map((name) => name.replace(/\.\d+$/, ""))).size < names.length;
}
