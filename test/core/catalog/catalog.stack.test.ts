import { randomBytes } from "node:crypto";
import { beforeEach, describe, expect, inject, it } from "vitest";
import {
  type Catalog,
  createCatalog,
  LEASE_SECONDS,
  type RestorePoint,
  sourceKey,
} from "../../../core/catalog/index.ts";
import { newRunId } from "../../../core/ids.ts";
import { noPause } from "../../support/pauses.ts";
import { clients } from "../../support/stack.ts";

let now: Date;
let catalog: Catalog;
let source: string;
let runId: string;

const later = (seconds: number) => {
  now = new Date(now.getTime() + seconds * 1000);
};
const newId = () => newRunId(source, now, randomBytes);

beforeEach(() => {
  now = new Date("2026-11-21T02:15:00Z");
  source = `s${randomBytes(6).toString("hex")}`;
  catalog = createCatalog({
    client: clients.dynamodb(),
    table: inject("stack").parameter.catalogTable,
    clock: () => now,
  });
  runId = newId();
});

const lease = (owner: string, scheduledAt?: string) =>
  catalog.leases.take({
    subject: sourceKey(source),
    runId,
    owner,
    ...(scheduledAt === undefined ? {} : { scheduledAt }),
  });
const begin = (id = runId) =>
  catalog.runs.begin({ runId: id, kind: "backup", phase: "dumping", executionArn: "arn:one", settings: { a: 1 } });

describe("a lease", () => {
  it("is held by one owner, who may take it again", async () => {
    await lease("arn:one");
    await lease("arn:one");
    await expect(lease("arn:two")).rejects.toMatchObject({ name: "LeaseHeldError", code: "lease-held" });
  });

  it("of several who ask at once goes to exactly one", async () => {
    const results = await Promise.allSettled(["a", "b", "c", "d", "e"].map((owner) => lease(`arn:${owner}`)));
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  it("can be taken by another after it has run out, and the first one notices", async () => {
    await lease("arn:one");
    later(LEASE_SECONDS + 1);
    await lease("arn:two");
    await expect(catalog.leases.renew(sourceKey(source), "arn:one")).rejects.toMatchObject({ code: "lease-lost" });
  });

  it("does not run out while it is renewed", async () => {
    await lease("arn:one");
    later(LEASE_SECONDS - 1);
    await catalog.leases.renew(sourceKey(source), "arn:one");
    later(LEASE_SECONDS - 1);
    await expect(lease("arn:two")).rejects.toMatchObject({ code: "lease-held" });
  });

  it("is given back by its owner only", async () => {
    await lease("arn:one");
    await catalog.leases.release(sourceKey(source), "arn:two");
    await expect(lease("arn:two")).rejects.toMatchObject({ code: "lease-held" });
    await catalog.leases.release(sourceKey(source), "arn:one");
    await lease("arn:two");
  });

  it("is refused to a second delivery of one scheduled moment, also after the first has ended", async () => {
    await lease("arn:one", "2026-11-21T02:15:00Z");
    await catalog.leases.release(sourceKey(source), "arn:one");
    await expect(lease("arn:two", "2026-11-21T02:15:00Z")).rejects.toMatchObject({ code: "already-delivered" });
    await lease("arn:two", "2026-11-22T02:15:00Z");
  });
});

const won = (key: string) => ({ winner: { key }, plainBytes: 10, storedBytes: 4, rows: 2 });

describe("a run", () => {
  it("is begun once, however often its execution asks", async () => {
    const first = await begin();
    later(5);
    expect(await begin()).toEqual(first);
    expect(first).toMatchObject({ source, epoch: 1, status: "running", settings: { a: 1 } });
  });

  it("ends once: the first end counts, and its lease is given back", async () => {
    await lease("arn:one");
    await catalog.runs.begin({
      runId,
      kind: "backup",
      phase: "dumping",
      executionArn: "arn:one",
      settings: {},
      leaseOn: sourceKey(source),
    });
    const error = { name: "CancelledError", code: "execution-stopped", message: "stopped" };
    expect(await catalog.runs.finish(runId, { status: "failed", error })).toBe(true);
    expect(await catalog.runs.finish(runId, { status: "succeeded" })).toBe(false);
    expect(await catalog.runs.get(runId)).toMatchObject({ status: "failed", error });
    await lease("arn:two");
  });

  it("that has ended ends whatever still works for it", async () => {
    await begin();
    await catalog.runs.finish(runId, { status: "failed" });
    await expect(catalog.runs.beat(runId)).rejects.toMatchObject({ name: "CancelledError", code: "run-ended" });
    const late = catalog.runs.advance(runId, { epoch: 1, to: "verifying" });
    await expect(late).rejects.toMatchObject({ name: "CancelledError", code: "run-ended" });
  });

  it("starts over once per beginning, and what belongs to the former is void", async () => {
    const run = await begin();
    await catalog.chunks.plan(run, [{ n: 1, bytesEstimate: 1, body: {} }]);
    await catalog.snapshots.publish(run, { n: 0, snapshotId: "old", handoverAt: now });
    await catalog.failures.record(run, "hold 0", { name: "SnapshotLostError", code: "holder-lost", message: "gone" });
    const second = await catalog.runs.startOver(runId, 1, "20261121T021501Z-0000000000", "preparing");
    const again = await catalog.runs.startOver(runId, 1, "20261121T021502Z-0000000000", "preparing");
    expect(again.restorePointId).toBe(second.restorePointId);
    expect(second.epoch).toBe(2);
    expect(await catalog.snapshots.newest(second)).toBeUndefined();
    expect(await catalog.failures.list(second)).toEqual([]);
    await expect(catalog.chunks.attempt(runId, 2, 1)).rejects.toMatchObject({ code: "chunk-not-planned" });
  });

  it("keeps the chunks of its new beginning from whoever is still at work for the former", async () => {
    const first = await begin();
    const planned = (bytesEstimate: number) => [1, 2].map((n) => ({ n, bytesEstimate, body: {} }));
    await catalog.chunks.plan(first, planned(1));
    const second = await catalog.runs.startOver(runId, 1, "20261121T021501Z-0000000000", "dumping");
    await catalog.chunks.plan(second, [{ n: 1, bytesEstimate: 7, body: {} }]);
    await catalog.chunks.plan(first, [...planned(1), { n: 3, bytesEstimate: 1, body: {} }]);
    const claim = { phase: "dumping", plan: "late", snapshot: {}, chunks: 9, handedOut: 9 };
    await expect(catalog.runs.claimPlan(runId, { epoch: 1, ...claim })).rejects.toMatchObject({ code: "run-moved-on" });
    expect(await catalog.chunks.win(runId, 1, 1, won("late"))).toBe(false);
    expect(await catalog.chunks.takeNext(first, 2, noPause)).toBeUndefined();
    const claimed = await catalog.runs.claimPlan(runId, { epoch: 2, ...claim, chunks: 1, handedOut: 1 });
    expect(claimed).toMatchObject({ chunksPlanned: 1, chunksTaken: 1 });
    // The late planner's third chunk lies where the rest of the first belongs.
    const run = { ...claimed, runId };
    expect(await catalog.chunks.split(run, 1, won("a"), {}, { bytesEstimate: 1, body: { rest: true } })).toBe(2);
    expect(await catalog.chunks.split(run, 2, won("b"), {}, { bytesEstimate: 1, body: { rest: true } })).toBe(3);
    const current = (await catalog.chunks.list(runId)).filter(({ epoch }) => epoch === 2);
    expect(current.map(({ n, bytesEstimate, next }) => [n, bytesEstimate, next])).toEqual([
      [1, 7, 2],
      [2, 1, 3],
      [3, 1, undefined],
    ]);
  });

  it("has one plan, however many planners finish", async () => {
    await begin();
    const claims = ["a", "b", "c"].map((plan) =>
      catalog.runs.claimPlan(runId, {
        epoch: 1,
        phase: "dumping",
        plan,
        snapshot: plan,
        chunks: 1,
        handedOut: 1,
      }),
    );
    const plans = (await Promise.all(claims)).map(({ notes }) => [notes?.plan, notes?.snapshot]);
    expect(new Set(plans.flat()).size).toBe(1);
  });

  it("goes through its phases forwards only: a late step changes nothing", async () => {
    await begin();
    const step = { epoch: 1, from: ["preparing"], to: "dumping" };
    await catalog.runs.advance(runId, step);
    await catalog.runs.advance(runId, step);
    await catalog.runs.advance(runId, { epoch: 1, from: ["dumping"], to: "committing" });
    await expect(catalog.runs.advance(runId, step)).rejects.toMatchObject({ code: "run-moved-on" });
    await expect(catalog.runs.advance(runId, { epoch: 0 })).rejects.toMatchObject({ code: "run-moved-on" });
    expect(await catalog.runs.get(runId)).toMatchObject({ phase: "committing" });
  });

  it("keeps every note and warning of many at once, each warning once and no more than asked for", async () => {
    await begin();
    const names = Array.from({ length: 12 }, (_, n) => `fact-${n}`);
    await Promise.all([
      ...names.map((name) => catalog.runs.advance(runId, { epoch: 1, notes: { [name]: name } })),
      ...names.map((name) => catalog.runs.warn(runId, ["same", name], 10)),
    ]);
    const { notes = {} } = await catalog.runs.expect(runId);
    expect(names.filter((name) => notes[name] !== name)).toEqual([]);
    const warnings = notes.warnings as string[];
    expect(warnings).toHaveLength(10);
    expect(new Set(warnings).size).toBe(10);
    expect(warnings).toContain("same");
  });

  it("that is heard of is not ended as abandoned", async () => {
    await begin();
    const unheardSince = now;
    later(60);
    await catalog.runs.beat(runId);
    expect(await catalog.runs.finish(runId, { status: "failed", unheardSince })).toBe(false);
    later(60);
    expect(await catalog.runs.finish(runId, { status: "failed", unheardSince: now })).toBe(true);
  });

  it("keeps the first of two snapshots published for one place, whoever asks again", async () => {
    const run = await begin();
    const first = { n: 0, snapshotId: "first", handoverAt: now };
    const answers = await Promise.all([catalog.snapshots.publish(run, first), catalog.snapshots.publish(run, first)]);
    expect(answers).toEqual([true, true]);
    expect(await catalog.snapshots.publish(run, { ...first, snapshotId: "second" })).toBe(false);
    expect(await catalog.snapshots.newest(run)).toMatchObject({ snapshotId: "first" });
  });

  it("takes notes without touching its phase, and none of a former beginning", async () => {
    const run = await begin();
    await catalog.runs.advance(runId, { epoch: 1, to: "dumping", notes: { plan: "of the first" } });
    expect(await catalog.runs.leave(runId, 1, "dumping", "letting-go")).toBe(true);
    expect(await catalog.runs.advance(runId, { epoch: 1, notes: { late: true } })).toMatchObject({
      phase: "letting-go",
      notes: { plan: "of the first", late: true },
    });
    const second = await catalog.runs.startOver(runId, 1, "20261121T021501Z-0000000000", "preparing");
    expect(second.notes).toEqual({});
    const late = catalog.runs.advance(runId, { epoch: run.epoch, notes: { plan: "again" } });
    await expect(late).rejects.toMatchObject({ code: "run-moved-on" });
  });

  it("of a source is listed newest first", async () => {
    const ids = [];
    for (let n = 0; n < 3; n += 1) {
      const id = newId();
      ids.unshift(id);
      await begin(id);
      later(60);
    }
    expect((await catalog.runs.list(source, 2)).map((run) => run.runId)).toEqual(ids.slice(0, 2));
  });

  it("of another protocol is refused by name", async () => {
    await begin();
    await expect(catalog.runs.expect(newId())).rejects.toMatchObject({ code: "unknown-run" });
  });
});

describe("chunks", () => {
  it("are filed in any number, and filed again change nothing of what was done", async () => {
    const run = await begin();
    const many = Array.from({ length: 130 }, (_, index) => ({ n: index + 1, bytesEstimate: 1, body: {} }));
    await Promise.all([catalog.chunks.plan(run, many), catalog.chunks.plan(run, many)]);
    await catalog.chunks.attempt(runId, 1, 7);
    await catalog.chunks.win(runId, 1, 7, won("a"));
    const before = await catalog.chunks.list(runId);
    await catalog.chunks.plan(run, many);
    expect(await catalog.chunks.list(runId)).toEqual(before);
    expect(before.map(({ n }) => n)).toEqual(many.map(({ n }) => n));
  });

  it("that the catalog has lost are told apart from those of a former beginning", async () => {
    const run = await begin();
    await catalog.chunks.plan(run, [{ n: 1, bytesEstimate: 1, body: {} }]);
    const lost = { name: "IntegrityError", code: "chunk-item-missing" };
    await expect(catalog.chunks.attempt(runId, 1, 2)).rejects.toMatchObject(lost);
    await expect(catalog.chunks.takeNext(run, 2, noPause)).rejects.toMatchObject(lost);
    const former = { name: "CancelledError", code: "chunk-not-planned" };
    await expect(catalog.chunks.attempt(runId, 2, 1)).rejects.toMatchObject(former);
  });

  it("that have been won count no further attempts and no bytes", async () => {
    const run = await begin();
    await catalog.chunks.plan(run, [{ n: 1, bytesEstimate: 1, body: {} }]);
    await catalog.chunks.attempt(runId, 1, 1);
    await catalog.chunks.win(runId, 1, 1, won("a"));
    await catalog.chunks.report(runId, 1, 1, 999);
    expect(await catalog.chunks.attempt(runId, 1, 1)).toMatchObject({
      attempts: 1,
      winner: { key: "a" },
      progressBytes: 0,
    });
  });

  it("count attempts, so that no two write one object", async () => {
    const run = await begin();
    await catalog.chunks.plan(run, [{ n: 1, bytesEstimate: 1, body: {} }]);
    const attempts = await Promise.all([1, 2, 3].map(() => catalog.chunks.attempt(runId, 1, 1)));
    expect(attempts.map((chunk) => chunk.attempts).toSorted()).toEqual([1, 2, 3]);
  });

  it("are won once", async () => {
    const run = await begin();
    await catalog.chunks.plan(run, [{ n: 1, bytesEstimate: 1, body: {} }]);
    const wins = await Promise.all(["a", "b", "c"].map((key) => catalog.chunks.win(runId, 1, 1, won(key))));
    expect(wins.filter(Boolean)).toHaveLength(1);
    const winner = (await catalog.chunks.get(runId, 1))?.winner;
    expect(winner).toEqual({ key: ["a", "b", "c"][wins.indexOf(true)] });
  });

  it("are split all or nothing: a loser leaves no second half behind", async () => {
    const run = await begin();
    await catalog.runs.claimPlan(runId, { epoch: 1, phase: "dumping", plan: 1, snapshot: 1, chunks: 1, handedOut: 1 });
    await catalog.chunks.plan(run, [{ n: 1, bytesEstimate: 8, body: { all: true } }]);
    const rest = { bytesEstimate: 4, body: { second: true } };
    const splits = await Promise.all([1, 2].map(() => catalog.chunks.split(run, 1, won("a"), { first: true }, rest)));
    const [m] = splits.filter((n) => n !== undefined);
    const chunks = await catalog.chunks.list(runId);
    expect(chunks.map(({ n, body, next }) => ({ n, body, next }))).toEqual([
      { n: 1, body: { first: true }, next: m },
      { n: m, body: { second: true }, next: undefined },
    ]);
  });

  it("are taken one after the other, each by one line of work, however many ask and how often", async () => {
    const run = await begin();
    const planned = Array.from({ length: 12 }, (_, index) => ({ n: index + 1, bytesEstimate: 1, body: {} }));
    await catalog.runs.claimPlan(runId, { epoch: 1, phase: "dumping", plan: 1, snapshot: 1, chunks: 12, handedOut: 4 });
    await catalog.chunks.plan(run, planned);
    const first = await Promise.all([1, 2, 3, 4].map((n) => catalog.chunks.takeNext(run, n, noPause)));
    expect(first.toSorted()).toEqual([5, 6, 7, 8]);
    expect(await Promise.all([1, 2, 3, 4].map((n) => catalog.chunks.takeNext(run, n, noPause)))).toEqual(first);
    const second = await Promise.all([5, 6, 7, 8].map((n) => catalog.chunks.takeNext(run, n, noPause)));
    expect(second.toSorted((a = 0, b = 0) => a - b)).toEqual([9, 10, 11, 12]);
    expect(await catalog.chunks.takeNext(run, 9, noPause)).toBeUndefined();
  });

  it("add up to the run's progress", async () => {
    const run = await begin();
    await catalog.chunks.plan(
      run,
      [1, 2, 3].map((n) => ({ n, bytesEstimate: 10, body: {} })),
    );
    await catalog.chunks.win(runId, 1, 1, won("a"));
    await catalog.chunks.attempt(runId, 1, 2);
    await catalog.chunks.report(runId, 1, 2, 7);
    expect(await catalog.chunks.progress(run)).toEqual({
      phase: "dumping",
      chunksDone: 1,
      chunksTotal: 3,
      bytesDone: 17,
      storedBytes: 4,
      rows: 2,
    });
  });

  it("of more pages than one are all listed", async () => {
    const run = await begin();
    const filler = "x".repeat(30_000);
    await catalog.chunks.plan(
      run,
      Array.from({ length: 80 }, (_, index) => ({ n: index + 1, bytesEstimate: 1, body: { filler } })),
    );
    expect(await catalog.chunks.list(runId)).toHaveLength(80);
  });
});

describe("a restore point", () => {
  const restorePointId = "20261121T021500Z-7k3f9q2mxa";
  const verdict = (isValid: boolean) => ({ level: "full", at: now.toISOString(), isValid });
  const filed = async () => {
    const point = { restorePointId, source, status: "available" } as RestorePoint;
    await catalog.restorePoints.put(point);
    return point;
  };

  it("stays quarantined whoever looked before the damage was found, and says so late", async () => {
    const point = await filed();
    const late = verdict(true);
    later(5);
    await catalog.restorePoints.markVerified(point, verdict(false));
    await catalog.restorePoints.markVerified(point, late);
    expect(await catalog.restorePoints.get(restorePointId, source)).toMatchObject({
      status: "quarantined",
      verified: { isValid: false },
    });
  });

  it("says what the newest of its verifications has found", async () => {
    const point = await filed();
    const first = verdict(true);
    later(5);
    const second = verdict(true);
    await catalog.restorePoints.markVerified(point, second);
    await catalog.restorePoints.markVerified(point, first);
    expect(await catalog.restorePoints.get(restorePointId, source)).toMatchObject({ verified: second });
  });
});

describe("failures", () => {
  it("are listed gravest first", async () => {
    const run = await begin();
    const names = ["StoreThrottledError", "Runtime.ExitError", "IntegrityError", "SnapshotLostError"];
    for (const [n, name] of names.entries()) {
      await catalog.failures.record(run, `chunk ${n}`, { name, code: "x", message: "y" });
    }
    expect((await catalog.failures.list(run)).map(({ error }) => error.name)).toEqual([
      "IntegrityError",
      "Runtime.ExitError",
      "SnapshotLostError",
      "StoreThrottledError",
    ]);
  });
});

describe("a restore point", () => {
  const point = () => ({
    restorePointId: `20261121T021500Z-${randomBytes(5).toString("hex").slice(0, 10)}`,
    source,
    kind: "full",
    status: "available" as const,
    runId,
    startedAt: now.toISOString(),
    committedAt: now.toISOString(),
    plainBytes: 1,
    storedBytes: 1,
    tables: 1,
    rows: 1,
    chunks: 1,
    database: "d",
    serverVersion: "18",
    warnings: [],
  });

  it("is found by its id alone, and by its source", async () => {
    const made = point();
    await catalog.restorePoints.put(made);
    await catalog.restorePoints.put(made);
    expect(await catalog.restorePoints.get(made.restorePointId)).toEqual(made);
    expect(await catalog.restorePoints.list(source)).toEqual([made]);
  });

  it("is quarantined when verification found damage, and still found", async () => {
    const made = point();
    await catalog.restorePoints.put(made);
    await catalog.restorePoints.markVerified(made, { level: "full", at: now.toISOString(), isValid: false });
    expect(await catalog.restorePoints.get(made.restorePointId)).toMatchObject({ status: "quarantined" });
  });
});
