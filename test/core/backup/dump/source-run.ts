/** A run that is dumping, and as much of a catalog as its holders ask for. */
import type { SourceContext } from "../../../../core/backup/session.ts";
import type { Catalog, Move, Run, Snapshot } from "../../../../core/catalog/index.ts";
import type { ConnectionSettings } from "../../../../core/postgres/connection.ts";

export interface SourceRun {
  readonly context: SourceContext;
  readonly run: Run;
  readonly published: Map<number, Snapshot>;
  /** What steps have noted with it. */
  readonly notes: Readonly<Record<string, unknown>>;
  letGo(): void;
}

/** Pauses take so much of what they should. */
const PAUSE_SHARE = 1 / 20;

export function sourceRun({ host, port, user, password, database }: ConnectionSettings): SourceRun {
  const notes: Record<string, unknown> = {};
  const published = new Map<number, Snapshot>();
  let phase = "dumping";
  const settings = {
    connection: "c",
    network: "public",
    compression: { codec: "none" },
    concurrency: 4,
    chunkBytes: 1024 * 1024,
    holdSeconds: 60,
    relayLeadSeconds: 20,
    lockWaitSeconds: 60,
    rowHash: "off",
    verify: "quick",
  };
  const id = "20261121T021500Z-7k3f9q2mxa";
  const ids = { runId: `held-${id}`, source: "held", restorePointId: id };
  const run = (): Run =>
    ({
      ...ids,
      epoch: 1,
      status: "running",
      phase,
      heartbeatAt: new Date().toISOString(),
      settings,
      notes,
    }) as unknown as Run;
  const catalog = {
    runs: {
      expect: async () => run(),
      beat: async () => run(),
      advance: async (_runId: string, move: Move) => {
        Object.assign(notes, move.notes);
        return run();
      },
    },
    restorePoints: { list: async () => [] },
    snapshots: {
      get: async (_run: Run, n: number) => published.get(n),
      newest: async () => published.get(Math.max(...published.keys())),
      publish: async (_run: Run, snapshot: Snapshot) => {
        published.set(snapshot.n, snapshot);
        return true;
      },
    },
  } as unknown as Catalog;
  const context: SourceContext = {
    catalog,
    clock: () => new Date(),
    pause: async (millis, signal) => {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, millis * PAUSE_SHARE);
        const wake = (): void => {
          clearTimeout(timer);
          resolve();
        };
        if (signal?.aborted === true) wake();
        signal?.addEventListener("abort", wake, { once: true });
      });
    },
    deadline: { remainingMillis: () => 60_000 },
    readConnection: async () =>
      JSON.stringify({ host, port, username: user, password, dbname: database, sslmode: "disable" }),
    mintToken: async () => "",
  };
  return {
    context,
    run: run(),
    published,
    notes,
    letGo: () => {
      phase = "letting-go";
    },
  };
}
