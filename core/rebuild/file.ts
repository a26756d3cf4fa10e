/**
 * Files restore points from the vault: envelope, manifest and the reports of verifications; never the summary, which anybody
 * could have written.
 * @module
 */
import pLimit from "p-limit";
import { restorePointOf } from "../backup/commit/restore-point.ts";
import type { Catalog, Finding } from "../catalog/index.ts";
import type { Reconciled } from "../catalog/restore-points.ts";
import { type HoldfastError, IntegrityError, PreconditionError } from "../errors.ts";
import type { Unwrapper } from "../vault/envelope/recipient.ts";
import { type RestorePointRef, vaultKeys } from "../vault/keys.ts";
import { openManifest } from "../vault/open.ts";
import type { Store } from "../vault/store/port.ts";
import { readVerifications } from "../vault/verification.ts";
import { MOST_FINDINGS } from "./plan.ts";

export interface FileContext {
  readonly catalog: Catalog;
  readonly vault: Store;
  readonly unwrappers: readonly Unwrapper[];
}

/** What became of one restore point: filed or not, and what is wrong with it. */
export interface Filed {
  readonly result: Reconciled | "refused";
  readonly findings: readonly Named[];
}

/** A finding that still knows its error's name. */
export type Named = Finding & { readonly name: string };

/** What became of a group, as its chunk item keeps it. */
export interface GroupFiled extends Readonly<Record<Filed["result"], number>> {
  /** How many findings there were. */
  readonly found: number;
  /** The first of them, damage before all else. */
  readonly findings: readonly Named[];
}

/** A manifest of a hundred thousand chunks takes some 200 MB of memory. */
const AT_ONCE = 4;

/** Once however often it is called: a group that was filed before is left as it is. */
export async function fileGroup(
  request: { readonly runId: string; readonly epoch: number; readonly n: number },
  context: FileContext,
): Promise<{ n: number }> {
  const { runId, epoch, n } = request;
  const { catalog } = context;
  await catalog.runs.beat(runId);
  const chunk = await catalog.chunks.attempt(runId, epoch, n);
  if (chunk.winner !== undefined) return { n };
  const limit = pLimit(AT_ONCE);
  const refs = chunk.body.refs as readonly RestorePointRef[];
  const filed = await Promise.all(refs.map((ref) => limit(() => fileRestorePoint(ref, context))));
  const count = (result: Filed["result"]) => filed.filter((one) => one.result === result).length;
  const findings = filed.flatMap((one) => one.findings);
  const [damage, rest] = [findings.filter(isDamage), findings.filter((one) => !isDamage(one))];
  const winner: GroupFiled = {
    filed: count("filed"),
    updated: count("updated"),
    unchanged: count("unchanged"),
    refused: count("refused"),
    found: findings.length,
    findings: [...damage, ...rest].slice(0, MOST_FINDINGS),
  };
  await catalog.chunks.win(runId, epoch, n, { winner: { ...winner }, plainBytes: 0, storedBytes: 0, rows: 0 });
  return { n };
}

export const isDamage = ({ name }: Named): boolean => name === "IntegrityError";

/**
 * Damage, or a key that is not given, is a finding and keeps no other restore point from being filed.
 * @throws StoreThrottledError and what else is no fault of this restore point
 */
export async function fileRestorePoint(
  ref: RestorePointRef,
  { catalog, vault, unwrappers }: FileContext,
): Promise<Filed> {
  try {
    const known = await catalog.restorePoints.get(ref.restorePointId, ref.source);
    const opened = await openManifest(vault, ref, unwrappers, { committedSha256: known?.manifestSha256 });
    const { verifications, damaged } = await readVerifications(vault, ref);
    const result = await catalog.restorePoints.reconcile(restorePointOf(opened, verifications, damaged.length > 0));
    return { result, findings: damaged.map((error) => finding(vaultKeys.reportPrefix(ref), error)) };
  } catch (error) {
    if (!(error instanceof IntegrityError) && !(error instanceof PreconditionError)) throw error;
    return { result: "refused", findings: [finding(vaultKeys.manifestKey(ref), error)] };
  }
}

const finding = (where: string, { name, code, message }: HoldfastError): Named => ({ where, name, code, message });
