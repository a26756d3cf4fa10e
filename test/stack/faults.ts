/**
 * Things that happen to a run from outside: a server that stalls, sessions that are cut, processes that are killed.
 */
import { setTimeout as pause } from "node:timers/promises";
import { DescribeExecutionCommand } from "@aws-sdk/client-sfn";
import pg from "pg";
import type { TestDatabase } from "../support/postgres.ts";
import { processAtPort } from "../support/process-at-port.ts";
import { clients } from "../support/stack.ts";

/** Asks until there is an answer; the test's own time limit ends a wait in vain. */
export async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await pause(25);
  }
}

interface Backend {
  readonly pid: number;
  readonly client_port: number;
}

/** Server processes that work for a part of a run, e.g. `chunk` or `hold 0`. */
export async function backendsOf(database: TestDatabase, part: string): Promise<Backend[]> {
  return database.query<Backend & Record<string, unknown>>(
    "SELECT pid, client_port FROM pg_stat_activity WHERE datname = $1 AND application_name LIKE $2",
    [database.name, `holdfast ${part}%`],
  );
}

export function awaitBackend(database: TestDatabase, part: string): Promise<Backend> {
  return until(async () => (await backendsOf(database, part))[0]);
}

/** Server processes that are stopped, so that the run stays in the middle until `resume`. */
export interface Stall {
  readonly pid: number;
  resume(): void;
}

/** Stops the server process of the first chunk that appears. */
export async function stallChunk(database: TestDatabase, executionArn: string): Promise<Stall> {
  return stallChunks(database, executionArn, 1);
}

/**
 * Stops the processes of `count` chunks, i.e. of as many workers, each in the middle of its COPY.
 * @throws Error when the execution ends before that many were met.
 */
export async function stallChunks(database: TestDatabase, executionArn: string, count: number): Promise<Stall> {
  const stopped = new Set<number>();
  for (let round = 0; stopped.size < count; round += 1) {
    if (round % 50 === 49) await assertRunning(executionArn);
    for (const pid of await copying(database)) {
      if (stopped.has(pid) || stopped.size === count) continue;
      process.kill(pid, "SIGSTOP");
      // It may have come to its end just before: then it holds up nothing.
      if ((await serves(database)) && (await copying(database)).includes(pid)) stopped.add(pid);
      else wake(pid);
    }
  }
  const [pid = 0] = stopped;
  const resume = () => {
    for (const stoppedPid of stopped) wake(stoppedPid);
    stopped.clear();
  };
  return { pid, resume };
}

/** Longer than any answer takes; the process is woken after it. */
const PROBE_MILLIS = 3_000;

/** Whether the server still serves others: a process that was stopped within one of the server's latches stops them all. */
async function serves(database: TestDatabase): Promise<boolean> {
  const client = new pg.Client({ connectionString: database.url });
  client.on("error", () => {});
  const probe = client
    .connect()
    .then(() => client.query("SELECT pg_current_xact_id(), (SELECT count(*) FROM pg_class)"))
    .then(
      () => true,
      () => false,
    );
  void probe.finally(() => client.end());
  return Promise.race([probe, pause(PROBE_MILLIS, false)]);
}

async function assertRunning(executionArn: string): Promise<void> {
  const { status, error, cause } = await clients.sfn().send(new DescribeExecutionCommand({ executionArn }));
  if (status !== "RUNNING") throw new Error(`the run ended before it could be stalled: ${status} ${error} ${cause}`);
}

function wake(pid: number): void {
  try {
    process.kill(pid, "SIGCONT");
  } catch {
    // It has ended.
  }
}

async function copying(database: TestDatabase): Promise<number[]> {
  const backends = await database.query<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity
     WHERE datname = $1 AND application_name LIKE 'holdfast chunk%' AND query LIKE 'COPY%' AND state = 'active'`,
    [database.name],
  );
  return backends.map(({ pid }) => pid);
}

export async function terminate(database: TestDatabase, pid: number): Promise<void> {
  await database.query("SELECT pg_terminate_backend($1)", [pid]);
}

/** The process at the other end of a session: on this machine, found by the port it speaks from. */
export function clientProcessOf({ client_port }: Backend): Promise<number> {
  return processAtPort(client_port);
}
