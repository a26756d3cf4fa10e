import { describe, expect, it } from "vitest";
import type { Catalog, Run } from "../../../core/catalog/index.ts";
import { figuresOf } from "../../../core/runs/figures.ts";

const run = {
  runId: "shop-20261121T021500Z-7k3f9q2mxa",
  kind: "backup",
  source: "shop",
  status: "succeeded",
  phase: "verifying",
  restorePointId: "20261121T021500Z-7k3f9q2mxa",
  startedAt: "2026-11-21T02:15:00.000Z",
  finishedAt: "2026-11-21T02:16:30.500Z",
} as Run;
const point = {
  plainBytes: 2000,
  storedBytes: 500,
  rows: 30,
  tables: 4,
  chunks: 2,
  committedAt: "2026-11-21T02:16:00Z",
};

function catalogWith(answers: { point?: unknown; snapshot?: unknown; error?: Error }): Catalog {
  const get = (answer: unknown) => async () => {
    if (answers.error !== undefined) throw answers.error;
    return answer;
  };
  return {
    restorePoints: { get: get(answers.point) },
    snapshots: { get: get(answers.snapshot) },
  } as unknown as Catalog;
}

describe("the figures of a run", () => {
  it("of a backup that succeeded: time, sizes, and how old its moment was", async () => {
    const snapshot = { publishedAt: "2026-11-21T02:15:10Z" };
    const told = await figuresOf({ kind: "backup", status: "succeeded" }, run, catalogWith({ point, snapshot }));
    expect(told).toMatchObject({ source: "shop", kind: "backup", runId: run.runId });
    expect(told.figures).toEqual({
      RunsSucceeded: 1,
      RunSeconds: 90.5,
      RestorePointBytes: 2000,
      RestorePointStoredBytes: 500,
      RestorePointRows: 30,
      RestorePointTables: 4,
      RestorePointChunks: 2,
      SnapshotAgeSeconds: 50,
    });
  });

  it("never fail its end: without the catalog there are fewer", async () => {
    const told = await figuresOf(
      { kind: "backup", status: "succeeded" },
      run,
      catalogWith({ error: new Error("busy") }),
    );
    expect(told.figures).toEqual({ RunsSucceeded: 1, RunSeconds: 90.5 });
  });

  it("of a failure name its error, if it is of the closed set", async () => {
    const error = { name: "IntegrityError", code: "x", message: "y" };
    const failed = { ...run, status: "failed", error } as Run;
    const told = await figuresOf({ kind: "backup", status: "failed", error }, failed, catalogWith({}));
    expect(told).toMatchObject({ error: "IntegrityError", figures: { RunsFailed: 1, RunErrors: 1, RunSeconds: 90.5 } });
    const other = { ...error, name: `Made-up-${Math.random()}` };
    expect(await figuresOf({ kind: "backup", status: "failed", error: other }, failed, catalogWith({}))).toMatchObject({
      error: "Other",
    });
  });

  it("never have a source that only an input named: each would be metrics of its own", async () => {
    const error = { name: "ConfigurationError", code: "unknown-source", message: "source is made-up" };
    const refused = { ...run, source: "made-up", phase: "refused" };
    const told = await figuresOf({ kind: "backup", status: "failed", error }, refused, catalogWith({}));
    expect(told.source).toBe("unknown");
    expect(await figuresOf({ kind: "backup", status: "failed", error }, undefined, catalogWith({}))).toMatchObject({
      source: "unknown",
      runId: undefined,
    });
    const held = { name: "LeaseHeldError", code: "lease-held", message: "z" };
    const skipped = { ...run, phase: "refused" };
    expect(await figuresOf({ kind: "backup", status: "skipped", error: held }, skipped, catalogWith({}))).toMatchObject(
      {
        source: "shop",
        figures: { RunsSkipped: 1 },
      },
    );
  });
});
