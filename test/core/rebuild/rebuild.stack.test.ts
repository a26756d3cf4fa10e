/** The catalog in DynamoDB, the vault in memory: so that hundreds of restore points, and any damage to them, cost nothing. */
import { randomBytes } from "node:crypto";
import { DeleteCommand, GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import { beforeEach, describe, expect, inject, it } from "vitest";
import { restorePointOf } from "../../../core/backup/commit/restore-point.ts";
import { type Catalog, createCatalog, type RestorePoint } from "../../../core/catalog/index.ts";
import { newRestorePointId, newRunId } from "../../../core/ids.ts";
import { fileGroup } from "../../../core/rebuild/file.ts";
import { judgeRebuild, type Rebuilt } from "../../../core/rebuild/judge.ts";
import { planRebuild } from "../../../core/rebuild/plan.ts";
import { prepareRebuild } from "../../../core/rebuild/prepare.ts";
import { commitManifest } from "../../../core/vault/commit.ts";
import { createEnvelope } from "../../../core/vault/envelope/create.ts";
import { type RestorePointRef, vaultKeys } from "../../../core/vault/keys.ts";
import { listRestorePoints } from "../../../core/vault/list.ts";
import { fileVerification } from "../../../core/vault/verification.ts";
import { type MemoryStore, memoryStore } from "../../support/memory-store.ts";
import { newRsaRecipient, type TestRecipient } from "../../support/recipients.ts";
import { clients } from "../../support/stack.ts";
import { writeSampleObjects } from "../../support/vault.ts";

const recipient: TestRecipient = newRsaRecipient();
let source: string;
let other: string;
let vault: MemoryStore;
let catalog: Catalog;
let table: string;

beforeEach(() => {
  source = `s${randomBytes(6).toString("hex")}`;
  other = `o${randomBytes(6).toString("hex")}`;
  vault = memoryStore();
  table = inject("stack").parameter.catalogTable;
  catalog = createCatalog({ client: clients.dynamodb(), table, clock: () => new Date() });
});

/** A restore point as a backup leaves it, in the vault and in the catalog; `minute` keeps them in order. */
async function backUp(of: string, minute: number): Promise<RestorePoint> {
  const at = new Date(Date.UTC(2026, 10, 21, 2, minute));
  const ref: RestorePointRef = { source: of, kind: "full", restorePointId: newRestorePointId(at, randomBytes) };
  const { envelope, manifest } = await writeSampleObjects(vault, { recipients: [recipient.recipient], ref });
  const run = { id: newRunId(of, at, randomBytes), startedAt: at.toISOString(), committedAt: at.toISOString() };
  const committed = await commitManifest(vault, envelope, ref, { ...manifest, run });
  const point = restorePointOf({ manifest: committed.stored, written: committed.manifest });
  await catalog.restorePoints.put(point);
  return point;
}

/** As a verification leaves it. */
async function verify(point: RestorePoint, isValid: boolean, at: string): Promise<void> {
  const verified = { level: "full" as const, at, isValid };
  const runId = newRunId(point.source, new Date(at), randomBytes);
  await fileVerification(vault, refOf(point), { runId, ...verified, findings: [] });
  const known = (await catalog.restorePoints.get(point.restorePointId, point.source)) ?? point;
  await catalog.restorePoints.markVerified(known, verified);
}

const refOf = ({ source: of, restorePointId }: RestorePoint): RestorePointRef => ({
  source: of,
  kind: "full",
  restorePointId,
});

/** The item with its keys, as the table has it. */
async function itemOf(point: RestorePoint): Promise<unknown> {
  const Key = { pk: `SOURCE#${point.source}`, sk: `RP#${point.restorePointId}` };
  return (await clients.dynamodb().send(new GetCommand({ TableName: table, Key, ConsistentRead: true }))).Item;
}

async function forget(...points: readonly RestorePoint[]): Promise<void> {
  for (const point of points) {
    const Key = { pk: `SOURCE#${point.source}`, sk: `RP#${point.restorePointId}` };
    await clients.dynamodb().send(new DeleteCommand({ TableName: table, Key }));
  }
}

async function begin(options: object = {}): Promise<string> {
  const runId = newRunId(source, new Date(), randomBytes);
  const { settings } = prepareRebuild({ source, options: { ...options } });
  await catalog.runs.begin({ runId, kind: "rebuild", phase: "preparing", executionArn: "arn", settings });
  return runId;
}

/** As the state machine does it, in one process. */
async function rebuild(
  options: object = {},
  before: (runId: string) => Promise<void> = async () => {},
): Promise<Rebuilt> {
  const runId = await begin(options);
  const work = memoryStore();
  const { epoch, items } = await planRebuild(runId, { catalog, vault, work });
  await before(runId);
  for (let n = 1; n <= items; n += 1) {
    await fileGroup({ runId, epoch, n }, { catalog, vault, unwrappers: [recipient.unwrapper] });
  }
  return (await judgeRebuild(runId, catalog)).rebuilt;
}

const nothing = { found: 0, filed: 0, updated: 0, unchanged: 0, refused: 0, missing: 0 };

describe("a rebuild", () => {
  it("of an emptied table makes every item what it was, verdicts included", async () => {
    const good = await backUp(source, 0);
    const damaged = await backUp(source, 1);
    const doubted = await backUp(source, 2);
    await verify(good, true, "2026-11-22T00:00:00.000Z");
    await verify(damaged, false, "2026-11-22T00:00:00.000Z");
    await verify(doubted, false, "2026-11-22T00:00:00.000Z");
    await verify(doubted, true, "2026-11-23T00:00:00.000Z");
    const before = await Promise.all([good, damaged, doubted].map(itemOf));
    expect(before).toMatchObject([{ status: "available" }, { status: "quarantined" }, { status: "quarantined" }]);
    await forget(good, damaged, doubted);
    expect(await rebuild()).toEqual({ ...nothing, found: 3, filed: 3 });
    expect(await Promise.all([good, damaged, doubted].map(itemOf))).toEqual(before);
    expect(await rebuild()).toEqual({ ...nothing, found: 3, unchanged: 3 });
  });

  it("of a table of an older day corrects what is old, and keeps what only the table knows", async () => {
    const [older, newer, accused] = [await backUp(source, 0), await backUp(source, 1), await backUp(source, 2)];
    const before = await itemOf(older);
    await verify(older, false, "2026-11-22T00:00:00.000Z");
    const after = await itemOf(older);
    await forget(older, newer);
    await clients.dynamodb().send(new PutCommand({ TableName: table, Item: before as object }));
    await catalog.restorePoints.markVerified(accused, {
      level: "quick",
      at: "2026-11-22T00:00:00.000Z",
      isValid: false,
    });
    expect(await rebuild()).toEqual({ ...nothing, found: 3, filed: 1, updated: 1, unchanged: 1 });
    expect(await itemOf(older)).toEqual(after);
    expect(await itemOf(accused)).toMatchObject({ status: "quarantined" });
  });

  it("names what the catalog has and the vault has not, once, and takes it back when it is there again", async () => {
    const [kept, gone] = [await backUp(source, 0), await backUp(source, 1)];
    const manifest = vault.objects.get(vaultKeys.manifestKey(refOf(gone))) ?? Buffer.alloc(0);
    vault.objects.delete(vaultKeys.manifestKey(refOf(gone)));
    await expect(rebuild()).rejects.toMatchObject({
      name: "IntegrityError",
      code: "restore-point-missing",
      message: expect.stringContaining(gone.restorePointId),
    });
    expect(await itemOf(gone)).toMatchObject({ status: "missing", gsi1pk: "STATUS#missing" });
    expect(await itemOf(kept)).toMatchObject({ status: "available" });
    expect(await rebuild()).toEqual({ ...nothing, found: 1, unchanged: 1 });
    vault.objects.set(vaultKeys.manifestKey(refOf(gone)), manifest);
    expect(await rebuild()).toEqual({ ...nothing, found: 2, updated: 1, unchanged: 1 });
    expect(await itemOf(gone)).toMatchObject({ status: "available" });
  });

  it("takes nothing for missing that a listing has left out", async () => {
    const point = await backUp(source, 0);
    const list = vault.list;
    vault.list = async function* () {};
    expect(await rebuild()).toEqual(nothing);
    vault.list = list;
    expect(await itemOf(point)).toMatchObject({ status: "available" });
  });

  it("files all but those that do not open, and is not green", async () => {
    const [good, damaged, foreign] = [await backUp(source, 0), await backUp(source, 1), await backUp(source, 2)];
    const key = vaultKeys.manifestKey(refOf(damaged));
    vault.objects.set(key, Buffer.from("not what was written"));
    const stranger = newRsaRecipient();
    vault.objects.delete(vaultKeys.envelopeKey(refOf(foreign), 1));
    const others = { recipients: [stranger.recipient], unwrappers: [stranger.unwrapper], random: randomBytes };
    await createEnvelope(vault, refOf(foreign), others);
    await forget(good, damaged, foreign);
    const runs: string[] = [];
    await expect(rebuild({}, async (runId) => void runs.push(runId))).rejects.toMatchObject({
      name: "IntegrityError",
      message: expect.stringContaining(key),
    });
    const run = await catalog.runs.get(runs[0] ?? "");
    expect(run?.findings?.map(({ where }) => where)).toEqual([key, vaultKeys.manifestKey(refOf(foreign))]);
    expect(run?.findings?.[1]).toMatchObject({ code: "envelope-no-recipient" });
    expect(run?.notes?.rebuilt).toEqual({ ...nothing, found: 3, filed: 1, refused: 2 });
    expect((await catalog.restorePoints.list(source)).map(({ restorePointId }) => restorePointId)).toEqual([
      good.restorePointId,
    ]);
  });

  it("takes a restore point for damaged whose report cannot be read, and says so", async () => {
    const point = await backUp(source, 0);
    await verify(point, true, "2026-11-22T00:00:00.000Z");
    const [report = ""] = [...vault.objects.keys()].filter((key) => key.startsWith("v1/reports/"));
    vault.objects.set(report, Buffer.from("{}"));
    await forget(point);
    await expect(rebuild()).rejects.toMatchObject({ code: "report-invalid", message: expect.stringContaining(report) });
    expect(await itemOf(point)).toMatchObject({ status: "quarantined" });
  });

  it("never asks the summary", async () => {
    const point = await backUp(source, 0);
    const before = await itemOf(point);
    vault.objects.set(vaultKeys.summaryKey(refOf(point)), Buffer.from('{"rows": 1e9}'));
    await forget(point);
    await rebuild();
    expect(await itemOf(point)).toEqual(before);
  });

  it("of every source files all that the vault knows, of one source only its own", async () => {
    const [mine, theirs] = [await backUp(source, 0), await backUp(other, 1)];
    await forget(mine, theirs);
    expect(await rebuild()).toEqual({ ...nothing, found: 1, filed: 1 });
    expect(await itemOf(theirs)).toBeUndefined();
    // Restore points of other tests are in this catalog and not in this vault: they are not to be told missing.
    const { list } = catalog.restorePoints;
    const ours = async () => (await Promise.all([source, other].map((one) => list(one)))).flat();
    catalog = { ...catalog, restorePoints: { ...catalog.restorePoints, list: ours } };
    expect(await rebuild({ everySource: true })).toEqual({ ...nothing, found: 2, filed: 1, unchanged: 1 });
    expect(await itemOf(theirs)).toMatchObject({ source: other });
  });

  it("is none the worse for a backup that commits meanwhile", async () => {
    await backUp(source, 0);
    const late: RestorePoint[] = [];
    const commit = async () => void late.push(await backUp(source, 1));
    expect(await rebuild({}, commit)).toMatchObject({ found: 1, missing: 0 });
    expect(await Promise.all(late.map(itemOf))).toMatchObject([{ status: "available" }]);
  });

  it("of hundreds is cut into groups, and a group, a plan or a judge called twice changes nothing", async () => {
    const points: RestorePoint[] = [];
    for (let minute = 0; minute < 60; minute += 1) points.push(await backUp(source, minute));
    await forget(...points);
    const runId = await begin();
    const context = { catalog, vault, work: memoryStore(), unwrappers: [recipient.unwrapper] };
    const planned = await planRebuild(runId, context);
    expect(planned.items).toBe(2);
    await expect(judgeRebuild(runId, catalog)).rejects.toMatchObject({ code: "rebuild-incomplete" });
    await fileGroup({ runId, epoch: 1, n: 1 }, context);
    await backUp(source, 61);
    expect(await planRebuild(runId, context)).toEqual(planned);
    for (const n of [1, 2, 2]) await fileGroup({ runId, epoch: 1, n }, context);
    const judged = await judgeRebuild(runId, catalog);
    expect(judged.rebuilt).toEqual({ ...nothing, found: 60, filed: 60 });
    expect(await judgeRebuild(runId, catalog)).toEqual(judged);
    const ids = [];
    for await (const { restorePointId } of listRestorePoints(vault, source)) ids.push(restorePointId);
    expect((await catalog.restorePoints.list(source)).map((point) => point.restorePointId).toReversed()).toEqual(ids);
  });
});
