import { DeleteCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { refOf } from "../../core/backup/settings.ts";
import { LEASE_SECONDS } from "../../core/catalog/index.ts";
import { vaultKeys } from "../../core/vault/keys.ts";
import type { Manifest } from "../../core/vault/manifest/schema.ts";
import { createDatabase, type TestDatabase } from "../support/postgres.ts";
import { clients } from "../support/stack.ts";
import { Backup, gated } from "./steps.ts";

const ROWS = 1_800;
let database: TestDatabase;
let backup: Backup;

beforeAll(async () => {
  database = await createDatabase("twice");
  await database.query("CREATE TABLE ledger (id int PRIMARY KEY, filler text NOT NULL)");
  await database.query(`INSERT INTO ledger SELECT n, repeat(md5(n::text), 7) FROM generate_series(1, ${ROWS}) n`);
  await database.query("ANALYZE ledger");
});
afterAll(() => database.drop());
beforeEach(() => {
  backup = new Backup(database);
});

const runOf = (runId: string) => backup.catalog.runs.expect(runId);
const twice = <Result>(work: () => Promise<Result>) => Promise.all([work(), work()]);

/** Every chunk's object, each once. */
function objectsOf({ tables }: Manifest): string[] {
  const objects = tables.flatMap(({ chunks }) => chunks.map(({ object }) => object));
  expect(new Set(objects).size).toBe(objects.length);
  return objects;
}

async function isCommitted(runId: string): Promise<boolean> {
  return backup.vault.objects.has(vaultKeys.manifestKey(refOf(await runOf(runId))));
}

describe("every function of a backup called twice at once", () => {
  it("makes one restore point with one copy of each chunk", async () => {
    const execution = backup.execution();
    const [begun, again] = await twice(() => backup.resolve(execution));
    expect(again).toEqual(begun);
    const { runId } = begun;
    await twice(() => backup.preflight(runId));
    await twice(() => backup.encrypt(runId));
    const holders = Promise.allSettled([backup.hold(runId), backup.hold(runId), backup.hold(runId)]);
    const plans = await Promise.all([1, 2, 3].map(() => backup.plan(runId)));
    expect(new Set(plans.map((plan) => JSON.stringify(plan))).size).toBe(1);
    const first = backup.items(plans[0]?.itemsKey ?? "");
    expect(first).toEqual([1, 2, 3]);
    await Promise.all(first.map((n) => twice(() => backup.lane(runId, n))));
    await twice(() => backup.judge(runId));
    const committed = await twice(() => backup.upload(runId));
    expect(committed[1]).toEqual(committed[0]);
    await twice(() => backup.record(execution, "succeeded"));
    expect(await runOf(runId)).toMatchObject({ status: "succeeded", epoch: 1 });
    const manifest = await backup.restorePoint(await runOf(runId));
    expect(manifest.tables.map(({ rows }) => rows)).toEqual([ROWS]);
    const chunks = await backup.catalog.chunks.list(runId);
    expect(objectsOf(manifest)).toHaveLength(chunks.length);
    expect(chunks.some(({ attempts }) => attempts > 1)).toBe(true);
    const ends = (await holders).map((end) => (end.status === "fulfilled" ? end.value.isDone : end.reason.code));
    expect(ends.toSorted()).toEqual(["holder-restarted", "holder-restarted", true].toSorted());
    expect(await backup.catalog.leases.get(`SOURCE#${backup.source}`)).toBeUndefined();
  });
});

describe("a function that is called late", () => {
  it("plans nothing into a run that has started over, though it had read the source before", async () => {
    const { runId } = await backup.resolve();
    await backup.prepare(runId);
    const holder = backup.hold(runId);
    const late = gated(backup.work, "putIfAbsent", "/plan.1.");
    const latePlan = backup.plan(runId, 1, { work: late.store });
    await late.reached;
    await backup.startOver(runId, 1);
    expect(await holder).toMatchObject({ isDone: true });
    await database.query("INSERT INTO ledger VALUES (0, 'since then')");
    await backup.prepare(runId, 2);
    await backup.dumpAll(runId, 2);
    const before = await backup.catalog.chunks.list(runId);
    late.open();
    expect(await latePlan).toMatchObject({ chunks: 0 });
    expect(await backup.catalog.chunks.list(runId)).toEqual(before);
    await backup.upload(runId);
    const manifest = await backup.restorePoint(await runOf(runId));
    expect(manifest.tables.map(({ rows }) => rows)).toEqual([ROWS + 1]);
    await database.query("DELETE FROM ledger WHERE id = 0");
  });

  it("copies nothing for a run that has started over", async () => {
    const { runId } = await backup.resolve();
    await backup.prepare(runId);
    const holder = backup.hold(runId);
    await backup.plan(runId);
    const late = gated(backup.vault, "upload", "00002.1");
    const lateDump = backup.dump(runId, 2, 1, { vault: late.store });
    await late.reached;
    await backup.startOver(runId, 1);
    await holder;
    late.open();
    expect(await lateDump).toEqual({ next: 0 });
    for (const chunk of await backup.catalog.chunks.list(runId)) expect(chunk.winner).toBeUndefined();
    for (const call of [() => backup.encrypt(runId), () => backup.judge(runId)]) {
      await expect(call()).rejects.toMatchObject({ name: "CancelledError", code: "run-moved-on" });
    }
    expect(await backup.hold(runId)).toMatchObject({ isDone: true });
    expect(await backup.plan(runId)).toMatchObject({ chunks: 0 });
    expect(await backup.startOver(runId, 1)).toMatchObject({ epoch: 2 });
    expect(await runOf(runId)).toMatchObject({ phase: "preparing", epoch: 2 });
  });

  it("neither takes the lease of a run that has ended nor records it as a success", async () => {
    const execution = backup.execution();
    const { runId } = await backup.resolve(execution);
    await backup.record(execution, "failed");
    await expect(backup.resolve(execution)).rejects.toMatchObject({ code: "run-ended" });
    expect(await backup.catalog.leases.get(`SOURCE#${backup.source}`)).toBeUndefined();
    await expect(backup.record(execution, "succeeded")).rejects.toMatchObject({ code: "run-ended" });
    expect(await runOf(runId)).toMatchObject({ status: "failed" });
    expect(backup.told.events).toEqual([`holdfast.backup.failed ${runId}`]);
  });

  it("leaves alone what another execution of the same name has begun", async () => {
    const execution = backup.execution();
    const { runId } = await backup.resolve(execution);
    const other = { ...execution, arn: execution.arn.replace("backup", "verify") };
    // Only the same execution may take its lease.
    await expect(backup.resolve(other)).rejects.toMatchObject({ code: "run-id-taken" });
    await backup.record(other, "failed");
    expect(await runOf(runId)).toMatchObject({ status: "running" });
  });
});

describe("a run whose execution has died without a word", () => {
  it("loses its lease to the next one, and nothing of it writes any more", async () => {
    const dead = backup.execution();
    const { runId } = await backup.resolve(dead);
    await backup.prepare(runId);
    await backup.dumpAll(runId);
    const late = gated(backup.vault, "head", "v1/data/");
    const lateUpload = backup.upload(runId, { vault: late.store });
    await late.reached;
    await expect(backup.resolve()).rejects.toMatchObject({ name: "LeaseHeldError", code: "lease-held" });
    backup.later(LEASE_SECONDS + 60);
    const next = backup.execution();
    const second = await backup.resolve(next);
    late.open();
    await expect(lateUpload).rejects.toMatchObject({ name: "CancelledError", code: "run-ended" });
    expect(await isCommitted(runId)).toBe(false);
    for (const call of [() => backup.upload(runId), () => backup.judge(runId), () => backup.encrypt(runId)]) {
      await expect(call()).rejects.toMatchObject({ name: "CancelledError", code: "run-ended" });
    }
    expect(await backup.dump(runId, 1)).toEqual({ next: 0 });
    expect(await backup.plan(runId)).toMatchObject({ chunks: 0 });
    expect(await backup.hold(runId, 1)).toMatchObject({ isDone: true });
    await expect(backup.record(dead, "succeeded")).rejects.toMatchObject({ code: "run-ended" });
    expect(await backup.catalog.leases.get(`SOURCE#${backup.source}`)).toMatchObject({ runId: second.runId });
    await backup.prepare(second.runId);
    await backup.dumpAll(second.runId);
    await backup.upload(second.runId);
    await backup.record(next, "succeeded");
    const points = await backup.catalog.restorePoints.list(backup.source);
    expect(points.map((point) => point.runId)).toEqual([second.runId]);
    await backup.restorePoint(await runOf(second.runId));
  });

  it("is ended as abandoned, and told of once, by the run that comes after it", async () => {
    const { runId } = await backup.resolve();
    backup.later(LEASE_SECONDS + 60);
    const next = backup.execution();
    const second = await backup.resolve(next);
    expect(await runOf(runId)).toMatchObject({
      status: "failed",
      error: { name: "CancelledError", code: "run-abandoned" },
    });
    await twice(() => backup.record(next, "failed"));
    await backup.record(next, "failed");
    const ofFirst = backup.told.events.filter((event) => event.includes(runId));
    expect(new Set(ofFirst)).toEqual(new Set([`holdfast.backup.failed ${runId}`]));
    expect(backup.told.alerts.some((subject) => subject.includes("run-abandoned"))).toBe(true);
    expect((await runOf(runId)).toldAt).toBeDefined();
    expect(await runOf(second.runId)).toMatchObject({ status: "failed" });
  });

  it("that beats on keeps its lease, however old it is", async () => {
    const { runId } = await backup.resolve();
    for (let n = 0; n < 3; n += 1) {
      backup.later(LEASE_SECONDS - 1);
      await backup.catalog.runs.beat(runId);
    }
    backup.later(LEASE_SECONDS - 1);
    await expect(backup.resolve()).rejects.toMatchObject({ code: "lease-held" });
    expect(await runOf(runId)).toMatchObject({ status: "running" });
  });
});

describe("a line of work", () => {
  it("whose function runs out of time in the middle of a chunk leaves nothing, and the next one copies it", async () => {
    const { runId } = await backup.resolve();
    await backup.prepare(runId);
    const holder = backup.hold(runId);
    const { itemsKey } = await backup.plan(runId);
    const slow = gated(backup.vault, "upload", "00001.1");
    let leftMillis = 600_000;
    const deadline = { remainingMillis: () => leftMillis };
    const late = backup.dump(runId, 1, 1, { vault: slow.store, deadline });
    await slow.reached;
    leftMillis = 0;
    setTimeout(slow.open, 500);
    await expect(late).rejects.toMatchObject({ name: "TimeBudgetError", code: "chunk-out-of-time" });
    expect([...backup.vault.objects.keys()].filter((key) => key.endsWith("00001.1"))).toEqual([]);
    await Promise.all(backup.items(itemsKey).map((n) => backup.lane(runId, n)));
    await backup.judge(runId);
    await holder;
    await backup.upload(runId);
    const objects = objectsOf(await backup.restorePoint(await runOf(runId)));
    expect(objects.some((object) => object.endsWith("00001.2"))).toBe(true);
  });

  it("goes from chunk to chunk in one invocation, and gives back the one that failed under its own number", async () => {
    const { runId } = await backup.resolve();
    await backup.prepare(runId);
    const holder = backup.hold(runId);
    const { itemsKey } = await backup.plan(runId);
    expect(backup.items(itemsKey)).toEqual([1, 2, 3]);
    const failing = { ...backup.vault, upload: failOnce(backup, "00005.1") };
    // The first line of work takes all that is left: 4, 5, …
    const stopped = await backup.dump(runId, 1, 1, { vault: failing });
    expect(stopped).toEqual({ next: 5 });
    expect(await backup.dump(runId, 5)).toEqual({ next: 0 });
    expect(await backup.dump(runId, 2)).toEqual({ next: 0 });
    expect(await backup.dump(runId, 3)).toEqual({ next: 0 });
    await backup.judge(runId);
    await holder;
    await backup.upload(runId);
    const manifest = await backup.restorePoint(await runOf(runId));
    expect(objectsOf(manifest).filter((object) => object.endsWith("00005.2"))).toHaveLength(1);
  });
});

function failOnce({ vault }: Backup, key: string): typeof vault.upload {
  let hasFailed = false;
  return async (...call) => {
    const isMeant = call[0].endsWith(key) && !hasFailed;
    if (!isMeant) return vault.upload(...call);
    hasFailed = true;
    for await (const _ of call[1]) break;
    throw Object.assign(new Error("cut"), { name: "StoreThrottledError" });
  };
}

describe("a chunk's item that the catalog loses while the run is under way", () => {
  const lose = (runId: string, n: number) =>
    clients.dynamodb().send(
      new DeleteCommand({
        TableName: inject("stack").parameter.catalogTable,
        Key: { pk: `RUN#${runId}`, sk: `CHUNK#${String(n).padStart(5, "0")}` },
      }),
    );
  const lost = { name: "IntegrityError", code: "chunk-item-missing" };

  it("is named by its worker, by Judge, and by the commit", async () => {
    const { runId } = await backup.resolve();
    await backup.prepare(runId);
    const holder = backup.hold(runId);
    const { itemsKey } = await backup.plan(runId);
    const late = gated(backup.vault, "upload", "00002.1");
    const copying = backup.dump(runId, 2, 1, { vault: late.store });
    await late.reached;
    await lose(runId, 2);
    late.open();
    await expect(copying).rejects.toMatchObject(lost);
    await Promise.all(backup.items(itemsKey).map((n) => backup.lane(runId, n).catch(() => {})));
    await expect(backup.judge(runId)).rejects.toMatchObject({ ...lost, message: expect.stringContaining("chunk 2 ") });
    await holder;
    expect(await runOf(runId)).toMatchObject({ phase: "letting-go" });
    expect(await isCommitted(runId)).toBe(false);
  });

  it("after Judge is found by the commit", async () => {
    const { runId } = await backup.resolve();
    await backup.prepare(runId);
    await backup.dumpAll(runId);
    await lose(runId, 1);
    await expect(backup.upload(runId)).rejects.toMatchObject(lost);
    expect(await isCommitted(runId)).toBe(false);
  });
});
