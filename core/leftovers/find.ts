/**
 * Looks what earlier runs of a source have left. Whole restore points that the catalog does not know are filed here; what can be
 * cleared is only listed, for a function that may delete and cannot decrypt.
 * @module
 */
import { createHash } from "node:crypto";
import type { Catalog, Finding, RestorePoint, Run } from "../catalog/index.ts";
import { toErrorRecord } from "../errors.ts";
import type { Clock } from "../ids.ts";
import { fileRestorePoint } from "../rebuild/file.ts";
import { MISSING, markMissing, missingFinding, withoutManifest } from "../rebuild/missing.ts";
import type { Unwrapper } from "../vault/envelope/recipient.ts";
import { parseMetaKey, type RestorePointRef, vaultKeys } from "../vault/keys.ts";
import { objectsNamedIn } from "../vault/manifest/read.ts";
import { openManifest } from "../vault/open.ts";
import type { Store } from "../vault/store/port.ts";
import { hasRivals, leftoversOfCommitted, leftoversOfUncommitted } from "./keys.ts";
import { type LeftoverPoint, type Leftovers, writeLeftovers } from "./list.ts";
import { MOST_OBJECTS, pastOf } from "./past.ts";

export interface FindContext {
  readonly catalog: Catalog;
  readonly vault: Store;
  readonly work: Store;
  readonly unwrappers: readonly Unwrapper[];
  readonly clock: Clock;
}

export interface FoundLeftovers {
  readonly runId: string;
  readonly epoch: number;
  /** How many objects are to be cleared. */
  readonly objects: number;
  readonly leftoversKey: string;
}

const MOST_FILED = 20;
/** More are not named. */
const MOST_HIDDEN = 20;
const MOST_COMMITTED = 20;
/** A hundred pages, one after the other: some ten seconds. A restore point that was begun is listed to its end. */
const MOST_LISTED = 100_000;
/** Twenty restore points may each have any number of reports. */
const MOST_FINDINGS = 50;

interface PointInVault {
  readonly ref: RestorePointRef;
  readonly keys: string[];
}

/** Never throws for what is wrong with one restore point: that becomes a finding, which the run shows as a note. */
export async function findLeftovers(runId: string, context: FindContext): Promise<FoundLeftovers> {
  const { catalog, vault, work } = context;
  const run = await catalog.runs.beat(runId);
  const known = new Map((await catalog.restorePoints.list(run.source)).map((point) => [point.restorePointId, point]));
  const points = (await pointsInVault(vault, run.source)).filter(
    (one) => one.ref.restorePointId !== run.restorePointId,
  );
  const committed = points.filter(isCommitted);
  await tellMissing(run, [...known.values()], committed, context);
  const isUnknown = ({ ref }: PointInVault) => (known.get(ref.restorePointId)?.status ?? "missing") === "missing";
  const findings: Finding[] = [];
  let filed = 0;
  for (const { ref } of fromTurn(runId, committed.filter(isUnknown)).slice(0, MOST_FILED)) {
    const one = await fileRestorePoint(ref, context);
    findings.push(...one.findings.map(({ where, code, message }) => ({ where, code, message })));
    if (one.result !== "refused") filed += 1;
  }
  const { isOver, hasSucceeded, isSettled } = await pastOf(run, context);
  const half = points.filter((one) => !isCommitted(one) && isOver(one.ref));
  const isHidden = (point: PointInVault) =>
    hasSummary(point) || known.has(point.ref.restorePointId) || hasSucceeded(point.ref);
  // What the catalog knows has been told of, once.
  const forgotten = half.filter((one) => isHidden(one) && !known.has(one.ref.restorePointId));
  // First, for people have to see them.
  findings.unshift(...forgotten.slice(0, MOST_HIDDEN).map(hidden));
  const found: LeftoverPoint[] = [];
  let room = MOST_OBJECTS;
  const add = (point: LeftoverPoint) => {
    if (point.keys.length > 0) found.push({ ...point, keys: point.keys.slice(0, room) });
    room -= Math.min(room, point.keys.length);
  };
  for (const point of half.filter((one) => !isHidden(one))) {
    if (room === 0) break;
    add(await uncommitted(point, vault, room));
  }
  const due = committed.filter(({ ref }) => isOver(ref) && !isSettled(ref));
  let listed = 0;
  for (const point of fromTurn(runId, due).slice(0, MOST_COMMITTED)) {
    if (room === 0 || listed >= MOST_LISTED) break;
    try {
      const data = await keysBelow(vault, vaultKeys.dataPrefix(point.ref));
      listed += data.length;
      add(await losers(point, data, known.get(point.ref.restorePointId), context));
    } catch (error) {
      const { code, message } = toErrorRecord(error);
      findings.push({ where: vaultKeys.manifestKey(point.ref), code, message });
    }
  }
  const leftoversKey = await writeLeftovers(work, runId, { points: found });
  const objects = found.reduce((sum, { keys }) => sum + keys.length, 0);
  await catalog.runs.advance(runId, { epoch: run.epoch, notes: { leftovers: { filed, found: objects } } });
  await catalog.runs.addFindings(runId, findings.slice(0, MOST_FINDINGS));
  return { runId, epoch: run.epoch, objects, leftoversKey };
}

/**
 * Marks what the catalog has and the vault has not, or a green run would leave it to be found by a restore. Told before it is
 * marked: afterwards it is not found again.
 */
async function tellMissing(
  run: Run,
  known: readonly RestorePoint[],
  committed: readonly PointInVault[],
  { catalog, vault }: FindContext,
): Promise<void> {
  const inVault = new Set([run.restorePointId, ...committed.map(({ ref }) => ref.restorePointId)]);
  const absent = known.filter((one) => one.status !== "missing" && !inVault.has(one.restorePointId));
  const gone = await withoutManifest(absent, vault);
  await catalog.runs.addFindings(run.runId, missingFindings(gone));
  await markMissing(gone, catalog);
}

function missingFindings(gone: readonly RestorePoint[]): Finding[] {
  const named = gone.slice(0, MOST_HIDDEN).map(missingFinding);
  if (gone.length === named.length) return named;
  const more = `the vault has no manifest of ${gone.length - named.length} more restore points that the catalog has`;
  return [...named, { where: "", code: MISSING, message: more }];
}

/** By their small objects, oldest first: the envelope is written first and cleared last, so nothing is there without one. */
async function pointsInVault(vault: Store, source: string): Promise<PointInVault[]> {
  const points = new Map<string, PointInVault>();
  for await (const { key } of vault.list(`${vaultKeys.metaRoot}${source}/`)) {
    const ref = parseMetaKey(key)?.ref;
    if (ref === undefined) continue;
    const point = points.get(ref.restorePointId) ?? { ref, keys: [] };
    point.keys.push(key);
    points.set(ref.restorePointId, point);
  }
  return [...points.values()];
}

const isCommitted = ({ ref, keys }: PointInVault): boolean => keys.includes(vaultKeys.manifestKey(ref));

/** Written after the manifest alone: it tells of one also when the catalog has forgotten. */
const hasSummary = ({ ref, keys }: PointInVault): boolean => keys.includes(vaultKeys.summaryKey(ref));

/** It was whole once: its manifest was deleted, and may be brought back for as long as the rest of it is there. */
function hidden({ ref }: PointInVault): Finding {
  const where = vaultKeys.manifestKey(ref);
  const message = `${ref.restorePointId} was committed and has no ${where} any more; nothing of it is cleared`;
  return { where, code: "manifest-missing", message };
}

async function uncommitted({ ref, keys }: PointInVault, vault: Store, room: number): Promise<LeftoverPoint> {
  const data = await keysBelow(vault, vaultKeys.dataPrefix(ref), room);
  return { ref, manifest: null, keys: leftoversOfUncommitted(ref, [...data, ...keys]) };
}

/** The manifest is opened only for what has more objects than it needs, and counts only as the one that was committed. */
async function losers(
  { ref, keys }: PointInVault,
  data: readonly string[],
  point: RestorePoint | undefined,
  { vault, unwrappers }: FindContext,
): Promise<LeftoverPoint> {
  const manifest = (await vault.head(vaultKeys.manifestKey(ref))) ?? null;
  const nothing = { ref, manifest, keys: [] };
  if (manifest === null || (data.length === point?.chunks && !hasRivals(ref, keys))) return nothing;
  const { envelope } = await openManifest(vault, ref, unwrappers, { committedSha256: point?.manifestSha256 });
  const named = await objectsNamedIn(vault, envelope, ref);
  return { ref, manifest, keys: leftoversOfCommitted(ref, [...data, ...keys], named) };
}

/** Begins elsewhere in each run, and at the same place when it is repeated: what is refused every time keeps nothing from its turn. */
function fromTurn<T>(runId: string, all: readonly T[]): T[] {
  const at = createHash("sha256").update(runId).digest().readUInt32BE() % Math.max(1, all.length);
  return [...all.slice(at), ...all.slice(0, at)];
}

async function keysBelow(vault: Store, prefix: string, most = Number.POSITIVE_INFINITY): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of vault.list(prefix)) {
    if (keys.length >= most) break;
    keys.push(key);
  }
  return keys;
}

export type { Leftovers };
