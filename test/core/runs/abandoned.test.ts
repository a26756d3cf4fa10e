import { expect, it } from "vitest";
import type { Catalog, Run } from "../../../core/catalog/index.ts";
import { abandonedUntold } from "../../../core/runs/abandoned.ts";

const DAY_IN_FIVE_MINUTES = 288;
const error = { name: "CancelledError", code: "run-abandoned", message: "nothing was heard of it" };

it("a run of a day that was abandoned is told of, however many were skipped beside it", async () => {
  const abandoned = { runId: "the long one", status: "failed", error } as Run;
  const skipped = Array.from({ length: DAY_IN_FIVE_MINUTES }, (_, n) => ({ runId: `skipped ${n}`, status: "skipped" }));
  const told = { runId: "an older one", status: "failed", error, toldAt: "2026-11-20T02:15:00.000Z" } as Run;
  const newestFirst = [...(skipped as Run[]), abandoned, told];
  const runs = { list: async (_source: string, limit: number) => newestFirst.slice(0, limit) };
  expect(await abandonedUntold("shop", { runs } as unknown as Catalog)).toEqual([abandoned]);
});
