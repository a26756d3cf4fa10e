import type { ExecutionView, Installation, LogEvent, LogQuery, RunView } from "../../../cli/installation/port.ts";
import { runCommandLine } from "../../../cli/program.ts";
import type { World } from "../../../cli/world.ts";
import type { AuditEntry } from "../../../core/audit/index.ts";
import type { RestorePoint } from "../../../core/catalog/index.ts";
import type { InstallationParameter } from "../../../core/config/environment.ts";

/** A moment at which every fake clock starts. */
const START = Date.parse("2026-11-21T02:15:00Z");
export const RESTORE_POINT_ID = "20261121T021500Z-7k3f9q2mxa";

export const restorePoint: RestorePoint = {
  restorePointId: RESTORE_POINT_ID,
  source: "shop",
  kind: "full",
  status: "available",
  startedAt: "2026-11-21T02:15:00Z",
  committedAt: "2026-11-21T02:15:20Z",
  plainBytes: 200 * 1024 ** 2,
  storedBytes: 50 * 1024 ** 2,
  tables: 9,
  rows: 1_100_000,
  chunks: 14,
  runId: "shop-20261121T021500Z-7k3f9q2mxa",
  database: "shop",
  serverVersion: "18.4",
  warnings: [],
};

const endedRun: RunView = {
  runId: "shop-20261121T021500Z-7k3f9q2mxa",
  kind: "backup",
  source: "shop",
  status: "failed",
  phase: "ended",
  executionArn: "arn:aws:states:eu-central-1:000000000000:execution:backup:shop-20261121T021500Z-7k3f9q2mxa",
  startedAt: "2026-11-21T02:15:00.000Z",
};

/** A line as a function writes it; `fields` as the logger adds them. */
export function logLine(message: string, fields: Readonly<Record<string, unknown>> = {}, second = 1): LogEvent {
  const timestamp = new Date(START + second * 1000).toISOString();
  const service = "dump-chunk";
  const line = { level: "INFO", message, timestamp, service, requestId: "r1", runId: endedRun.runId, ...fields };
  return { at: new Date(timestamp), message: JSON.stringify(line), stream: "s" };
}

const logEvent = logLine("begun");

export interface Started {
  readonly machine: string;
  readonly runId: string;
  readonly input: Readonly<Record<string, unknown>>;
}

export interface FakeOptions {
  /** What DescribeExecution says, call by call; the last one again and again. An error is thrown. */
  readonly executions?: readonly (ExecutionView | Error)[];
  readonly restorePoints?: readonly RestorePoint[];
  readonly run?: Partial<RunView>;
  /** What the log group has; a function is asked search by search. */
  readonly logs?: readonly LogEvent[] | ((query: LogQuery) => readonly LogEvent[]);
  readonly names?: InstallationParameter["names"];
  readonly audit?: readonly AuditEntry[];
  readonly openError?: Error;
  readonly secret?: string;
  /** What is typed when something is asked; absent: nobody sits there. */
  readonly answer?: string;
  /** Interrupted during this pause, from 1. */
  readonly interruptAtPause?: number;
  readonly isTerminal?: boolean;
}

export interface Told {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly json: Record<string, unknown>;
  readonly started: readonly Started[];
  readonly stored: readonly { name: string; secret: string; mayReplace: boolean }[];
}

/** Runs one command line in a world where every pause passes at once and nothing leaves the process. */
export async function holdfast(argv: readonly string[], options: FakeOptions = {}): Promise<Told> {
  let now = START;
  let pauses = 0;
  const interrupted = new AbortController();
  const told = { stdout: "", stderr: "" };
  const started: Started[] = [];
  const stored: { name: string; secret: string; mayReplace: boolean }[] = [];
  const stream = (name: "stdout" | "stderr") => ({
    isTTY: options.isTerminal ?? false,
    write: (text: string) => {
      told[name] += text;
    },
  });
  const world: World = {
    stdout: stream("stdout"),
    stderr: stream("stderr"),
    env: {},
    clock: () => new Date(now),
    random: (n) => new Uint8Array(n),
    interrupted: interrupted.signal,
    pause: async (millis) => {
      now += millis;
      pauses += 1;
      if (pauses === options.interruptAtPause) interrupted.abort();
    },
    readSecret: async () => options.secret ?? "",
    ...(options.answer === undefined
      ? {}
      : {
          ask: async (question: string) => {
            told.stderr += question;
            return options.answer ?? "";
          },
        }),
    readFile: async () => options.secret ?? "",
    openConnections: async (name) => ({
      installation: name ?? "default",
      isDeployed: name === undefined,
      used: options.names?.connections,
      store: async (connection, secret, mayReplace) => {
        stored.push({ name: connection, secret, mayReplace });
        return { secretName: `holdfast/default/${connection}`, isReplaced: mayReplace };
      },
    }),
    openInstallation: async () => {
      if (options.openError !== undefined) throw options.openError;
      return fakeInstallation(options, started);
    },
  };
  const exitCode = await runCommandLine(argv, world);
  const json = argv.includes("--json") ? (JSON.parse(told.stdout) as Record<string, unknown>) : {};
  return { exitCode, ...told, json, started, stored };
}

function fakeInstallation(options: FakeOptions, started: Started[]): Installation {
  const { executions = [{ status: "succeeded", output: "{}" }], restorePoints = [restorePoint], run } = options;
  const { logs = [logEvent], names } = options;
  let described = 0;
  const ofSource = (source: string | undefined) =>
    restorePoints.filter((point) => source === undefined || point.source === source);
  return {
    parameter: {
      schema: 1,
      installation: "default",
      stateMachines: {},
      catalogTable: "catalog",
      vaultBucket: "vault",
      workBucket: "work",
      keyArn: "arn:aws:kms:eu-central-1:000000000000:key/1",
      alertTopicArn: "arn:aws:sns:eu-central-1:000000000000:alerts",
      secretPrefix: "holdfast/default/",
      ...(names === undefined ? {} : { names }),
    },
    catalog: {
      restorePoints: async (source) => ofSource(source),
      restorePoint: async (id, source) => ofSource(source).find((point) => point.restorePointId === id),
      runs: async () => (run === undefined ? [] : [{ ...endedRun, ...run }]),
      run: async (runId) => (run === undefined ? undefined : { ...endedRun, runId, ...run }),
      progress: async () => ({
        phase: "dumping",
        chunksDone: 5,
        chunksTotal: 14,
        bytesDone: 1024 ** 2,
        storedBytes: 1024,
        rows: 9,
      }),
    },
    start: async (machine, runId, input) => {
      started.push({ machine, runId, input });
      return `arn:aws:states:eu-central-1:000000000000:execution:${machine}:${runId}`;
    },
    describe: async () => {
      const view = executions[Math.min(described, executions.length - 1)];
      described += 1;
      if (view instanceof Error) throw view;
      return view ?? { status: "running" };
    },
    audit: async ({ source }) =>
      (options.audit ?? []).filter(({ record }) => source === undefined || record?.source === source),
    logs: async (query) => {
      const found = typeof logs === "function" ? logs(query) : logs;
      const { containing, from, to } = query;
      const isWanted = ({ at, message }: LogEvent) =>
        message.includes(containing) && at >= from && (to === undefined || at <= to);
      return { events: found.filter(isWanted), isCut: false };
    },
  };
}
