import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { hold } from "../../../../core/backup/dump/hold.ts";
import { whileDumping } from "../../../../core/backup/dump/while-dumping.ts";
import type { Run } from "../../../../core/catalog/index.ts";
import { StoreThrottledError } from "../../../../core/errors.ts";
import { startPgProxy } from "../../../support/pg-faults.ts";
import { createSource, type SourceDatabase, until } from "../../postgres/support.ts";
import { sourceRun } from "./source-run.ts";

let source: SourceDatabase;
beforeAll(async () => {
  source = await createSource("hold");
  await source.query("CREATE TABLE t (id int)");
});
afterAll(() => source.close());

describe("a holder", () => {
  it("whose network falls silent gives the moment up by name instead of waiting for ever", async () => {
    const proxy = await startPgProxy(inject("postgres"));
    const { context, run, published } = sourceRun({ ...source.settings, port: proxy.port });
    const holding = hold({ runId: run.runId, epoch: 1, n: 0 }, context);
    holding.catch(() => {});
    await until(async () => published.has(0));
    expect(proxy.silence("hold 0")).toBe(1);
    await expect(holding).rejects.toMatchObject({
      name: "SnapshotLostError",
      code: "holder-lost",
      message: expect.stringContaining("does not answer"),
    });
    await proxy.close();
  });

  it("holds on while the catalog is busy, and asks it again", async () => {
    const { context, run, published, letGo } = sourceRun(source.settings);
    const { runs, snapshots } = context.catalog;
    let refusals = 0;
    const busy = async (): Promise<never> => {
      refusals += 1;
      throw new StoreThrottledError("store-throttled", "the catalog is busy");
    };
    const isBusy = () => published.has(0) && refusals < 4;
    const catalog = {
      ...context.catalog,
      runs: { ...runs, expect: (id: string) => (isBusy() ? busy() : runs.expect(id)) },
      snapshots: { ...snapshots, get: (of: Run, n: number) => (isBusy() ? busy() : snapshots.get(of, n)) },
    };
    const holding = hold({ runId: run.runId, epoch: 1, n: 0 }, { ...context, catalog });
    holding.catch(() => {});
    await until(async () => refusals === 4);
    letGo();
    expect(await holding).toEqual({ n: 0, isDone: true });
  });

  it("ends when the run lets go, and its session with it", async () => {
    const { context, run, published, letGo } = sourceRun(source.settings);
    const holding = hold({ runId: run.runId, epoch: 1, n: 0 }, context);
    await until(async () => published.has(0));
    letGo();
    expect(await holding).toEqual({ n: 0, isDone: true });
  });
});

describe("work on the source", () => {
  it("is told to stop once its run has let go", async () => {
    const { context, run, letGo } = sourceRun(source.settings);
    const working = whileDumping(run, context, async (signal) => {
      letGo();
      const session = await source.open({ signal });
      await session.query("SELECT pg_sleep(600)");
    });
    await expect(working).rejects.toMatchObject({ name: "CancelledError", code: "run-let-go" });
  });

  it("is left alone while its run is dumping", async () => {
    const { context, run } = sourceRun(source.settings);
    const done = await whileDumping(run, context, async (signal) => {
      const session = await source.open({ signal });
      await session.query("SELECT pg_sleep(0.3)");
      return signal.aborted;
    });
    expect(done).toBe(false);
  });
});
