import { expect, test } from "vitest";
import { asView } from "../../../cli/installation/run-view.ts";
import type { Run } from "../../../core/catalog/index.ts";

const run = (kind: Run["kind"], status: Run["status"]): Run => ({
  runId: "shop-20261121T021500Z-7k3f9q2mxa",
  kind,
  source: "shop",
  status,
  phase: "ended",
  epoch: 1,
  protocol: 1,
  executionArn: "arn",
  startedAt: "2026-11-21T02:15:00.000Z",
  heartbeatAt: "2026-11-21T02:15:00.000Z",
  settings: { connection: "shop" },
  notes: { warnings: ["left out: table public.a"], leftBehind: "database copy is not complete", plan: [], cursor: 7 },
});

test("shows what a restore has left out, and what it has left behind where it failed", () => {
  expect(asView(run("restore", "succeeded"))).toMatchObject({ warnings: ["left out: table public.a"] });
  expect(asView(run("restore", "succeeded"))).not.toHaveProperty("leftBehind");
  expect(asView(run("restore", "failed"))).toMatchObject({ leftBehind: "database copy is not complete" });
});

test("keeps settings, and what a backup notes for its own states, to itself", () => {
  const shown = asView(run("backup", "failed"));
  for (const own of ["settings", "notes", "warnings", "leftBehind", "plan", "cursor"])
    expect(shown).not.toHaveProperty(own);
});
