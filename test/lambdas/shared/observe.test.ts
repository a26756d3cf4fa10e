import { afterEach, describe, expect, it, vi } from "vitest";
import type { Catalog, Chunk, Run } from "../../../core/catalog/index.ts";
import { logger } from "../../../lambdas/shared/logger.ts";
import { observe } from "../../../lambdas/shared/observe.ts";
import { beginWork } from "../../../lambdas/shared/work.ts";

const run = {
  runId: "shop-20261121T021500Z-7k3f9q2mxa",
  kind: "backup",
  source: "shop",
  restorePointId: "20261121T021500Z-7k3f9q2mxa",
  phase: "dumping",
  epoch: 1,
} as Run;
const sizes = { winner: {}, plainBytes: 2000, storedBytes: 500, rows: 30 };

/** A catalog in which everything goes well, but for what a test says. */
function catalogWhere(answers: { chunk?: Partial<Chunk>; isWon?: boolean; phases?: readonly string[] } = {}) {
  const phases = [...(answers.phases ?? [])];
  const known = async () => ({ ...run, phase: phases.shift() ?? run.phase });
  const chunk = { n: 7, epoch: 1, attempts: 1, bytesEstimate: 9, ...answers.chunk } as Chunk;
  return {
    runs: { get: known, expect: known, begin: known, advance: known, startOver: known, beat: known },
    chunks: {
      attempt: async () => chunk,
      report: async () => {},
      win: async () => answers.isWon ?? true,
      split: async () => 12,
    },
    snapshots: { publish: async () => true },
  } as unknown as Catalog;
}

function listen() {
  const lines: Record<string, unknown>[] = [];
  const { console } = logger as unknown as { console: Console };
  const write = (text: string) => void lines.push(JSON.parse(text) as Record<string, unknown>);
  for (const method of ["info", "warn", "debug"] as const) vi.spyOn(console, method).mockImplementation(write);
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    for (const line of String(text)
      .split("\n")
      .filter((part) => part.startsWith("{")))
      lines.push(JSON.parse(line));
    return true;
  });
  logger.resetKeys();
  beginWork(() => 0)();
  return {
    said: () => lines.filter(({ _aws }) => _aws === undefined),
    measured: () => lines.filter(({ _aws }) => _aws),
  };
}
afterEach(() => vi.restoreAllMocks());

describe("the observed catalog", () => {
  it("answers as the catalog does, and names run, restore point and chunk in every later line", async () => {
    const { said, measured } = listen();
    const { runs, chunks } = observe(catalogWhere(), "main");
    expect(await runs.expect(run.runId)).toEqual(run);
    expect(await chunks.attempt(run.runId, 1, 7)).toMatchObject({ n: 7, attempts: 1 });
    expect(await chunks.win(run.runId, 1, 7, sizes)).toBe(true);
    logger.info("later");
    const { runId, kind, source, restorePointId } = run;
    const keys = { runId, kind, source, restorePointId, chunk: 7, attempt: 1 };
    expect(said().map(({ message }) => message)).toEqual(["chunk begun", "chunk done", "later"]);
    for (const line of said()) expect(line).toMatchObject(keys);
    expect(said()[1]).toMatchObject({ plainBytes: 2000, storedBytes: 500, rows: 30 });
    expect(measured()).toEqual([
      expect.objectContaining({ installation: "main", source, kind, runId, ChunkAttempts: 1 }),
      expect.objectContaining({ installation: "main", source, kind, runId, ChunkBytes: 2000 }),
    ]);
  });

  it("warns of a second attempt and counts it", async () => {
    const { said, measured } = listen();
    const { runs, chunks } = observe(catalogWhere({ chunk: { attempts: 2 } }), "main");
    await runs.expect(run.runId);
    await chunks.attempt(run.runId, 1, 7);
    expect(said()).toEqual([expect.objectContaining({ level: "WARN", message: "chunk is tried again", attempt: 2 })]);
    expect(measured()[0]).toMatchObject({ ChunkAttempts: 1, ChunkRetries: 1 });
  });

  it("counts no bytes of an attempt that came too late, and no attempt at what is done", async () => {
    const { said, measured } = listen();
    const late = observe(catalogWhere({ isWon: false }), "main");
    await late.runs.expect(run.runId);
    await late.chunks.win(run.runId, 1, 7, sizes);
    await observe(catalogWhere({ chunk: { winner: {} } }), "main").chunks.attempt(run.runId, 1, 7);
    expect(said().map(({ message }) => message)).toEqual([
      "chunk was done by another attempt",
      "chunk was done before",
    ]);
    expect(measured()).toEqual([]);
  });

  it("tells a phase when it changes, not whenever the run is looked at", async () => {
    const { said } = listen();
    const { runs } = observe(catalogWhere({ phases: ["dumping", "dumping", "committing", "committing"] }), "main");
    for (let n = 0; n < 4; n += 1) await runs.beat(run.runId);
    expect(said()).toEqual([expect.objectContaining({ message: "phase", phase: "committing", before: "dumping" })]);
  });
});
