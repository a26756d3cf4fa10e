import { afterEach, describe, expect, it, vi } from "vitest";
import { logger } from "../../../lambdas/shared/logger.ts";
import { measureRun, publish } from "../../../lambdas/shared/metrics.ts";

const written: Record<string, unknown>[] = [];
const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
  for (const line of String(text)
    .split("\n")
    .filter((part) => part.startsWith("{")))
    written.push(JSON.parse(line));
  return true;
});
afterEach(() => {
  written.length = 0;
});

interface Emf {
  readonly CloudWatchMetrics: readonly {
    readonly Namespace: string;
    readonly Dimensions: readonly string[][];
    readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
  }[];
}
const directives = () => written.map(({ _aws }) => (_aws as Emf).CloudWatchMetrics[0]);

describe("metrics", () => {
  it("are one line per set of dimensions, with unit, and beside the run's id", () => {
    vi.spyOn(logger, "info").mockImplementation(() => {});
    const figures = { RunsFailed: 1, RunErrors: 1, RunSeconds: 2.5 };
    const run = {
      runId: "r",
      kind: "backup",
      source: "shop",
      status: "failed",
      line: "l",
      error: "IntegrityError",
    } as const;
    measureRun("main")({ ...run, figures });
    expect(directives()).toEqual([
      { Namespace: "Holdfast", Dimensions: [["installation"]], Metrics: [{ Name: "RunsFailed", Unit: "Count" }] },
      {
        Namespace: "Holdfast",
        Dimensions: [["installation", "source", "kind"]],
        Metrics: [
          { Name: "RunsFailed", Unit: "Count" },
          { Name: "RunSeconds", Unit: "Seconds" },
        ],
      },
      {
        Namespace: "Holdfast",
        Dimensions: [["installation", "error"]],
        Metrics: [{ Name: "RunErrors", Unit: "Count" }],
      },
    ]);
    expect(written[1]).toMatchObject({
      installation: "main",
      source: "shop",
      kind: "backup",
      runId: "r",
      RunSeconds: 2.5,
    });
  });

  it("are left out where a dimension is not known", () => {
    publish({ ChunkBytes: 1, RunsFailed: 1 }, { installation: "main" }, undefined);
    expect(directives().flatMap((directive) => directive?.Metrics.map(({ Name }) => Name))).toEqual(["RunsFailed"]);
    expect(write).toHaveBeenCalled();
  });
});
