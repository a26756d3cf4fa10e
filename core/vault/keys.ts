/**
 * Where things lie in a vault (docs/FORMAT.md, "Layout"). Keys are part of the format and never change.
 * @module
 */
import { dayOfId, NAME_PATTERN, RESTORE_POINT_ID_PATTERN } from "../ids.ts";

/** What a restore point holds; a folder of its own in the vault. */
export type RestorePointKind = "full";
const KINDS: readonly RestorePointKind[] = ["full"];

/** Names one restore point; everything it owns lies under prefixes made of these three. */
export interface RestorePointRef {
  readonly source: string;
  readonly kind: RestorePointKind;
  readonly restorePointId: string;
}

const refPath = ({ source, kind, restorePointId }: RestorePointRef): string =>
  `${source}/${kind}/${dayOfId(restorePointId)}/${restorePointId}/`;

const padded = (n: number, digits: number): string => String(n).padStart(digits, "0");

export const vaultKeys = {
  /** Says which format the vault is in; the first object a stranger reads. */
  marker: "v1/vault.json",
  metaRoot: "v1/meta/",
  /** Small, never aged: envelope, manifest, schema, summary. */
  metaPrefix: (ref: RestorePointRef): string => `v1/meta/${refPath(ref)}`,
  /** Large, aged by lifecycle: chunks. */
  dataPrefix: (ref: RestorePointRef): string => `v1/data/${refPath(ref)}`,
  manifestKey: (ref: RestorePointRef): string => `${vaultKeys.metaPrefix(ref)}manifest`,
  /** Part `n` from 1 of a manifest too long for one object. */
  manifestPartKey: (ref: RestorePointRef, n: number, attempt: number): string =>
    `${vaultKeys.metaPrefix(ref)}manifest-parts/${padded(n, 4)}.${attempt}`,
  summaryKey: (ref: RestorePointRef): string => `${vaultKeys.metaPrefix(ref)}summary.json`,
  envelopePrefix: (ref: RestorePointRef): string => `${vaultKeys.metaPrefix(ref)}keys/`,
  envelopeKey: (ref: RestorePointRef, generation: number): string =>
    `${vaultKeys.envelopePrefix(ref)}${padded(generation, 4)}.json`,
  /** Reports of verifications: written once each, read to rebuild a catalog. */
  reportPrefix: (ref: RestorePointRef): string => `v1/reports/${refPath(ref)}`,
  reportKey: (ref: RestorePointRef, runId: string): string => `${vaultKeys.reportPrefix(ref)}${runId}.json`,
  /** `name` as in `archive` or `pre-data.sql`; later attempts carry their number. */
  schemaKey: (ref: RestorePointRef, name: string, attempt = 1): string =>
    `${vaultKeys.metaPrefix(ref)}schema/${name}${attempt === 1 ? "" : `.${attempt}`}`,
  /** Chunk `n` from 1; every attempt writes a name of its own, so nothing is ever overwritten. */
  chunkKey: (ref: RestorePointRef, n: number, attempt: number): string =>
    `${vaultKeys.dataPrefix(ref)}${padded(n, 5)}.${attempt}`,
} as const;

/** The id of the data key of a restore point: enough to find its envelope from an object's header alone. */
export const keyIdOf = ({ source, kind, restorePointId }: RestorePointRef): string =>
  `${source}/${kind}/${restorePointId}`;

/** The restore point under whose meta prefix `key` lies, with the rest of the key; undefined for anything else. */
export function parseMetaKey(key: string): { ref: RestorePointRef; name: string } | undefined {
  const [version, area, source, kind, day, restorePointId, ...rest] = key.split("/");
  if (version !== "v1" || area !== "meta" || source === undefined || !NAME_PATTERN.test(source)) return undefined;
  const known = KINDS.find((candidate) => candidate === kind);
  if (known === undefined || restorePointId === undefined || !RESTORE_POINT_ID_PATTERN.test(restorePointId)) {
    return undefined;
  }
  if (day !== dayOfId(restorePointId) || rest.length === 0) return undefined;
  return { ref: { source, kind: known, restorePointId }, name: rest.join("/") };
}
