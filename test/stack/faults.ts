/**
 * Things that happen to a run from outside: a server that stalls, sessions that are cut, processes that are killed.
 */
import { readdir, readFile, readlink } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import type { TestDatabase } from "../support/postgres.ts";

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

/** Stops the server process of the first chunk that appears, so that the run stays in the middle until `resume`. */
export async function stallChunk(database: TestDatabase): Promise<{ pid: number; resume(): void }> {
  const { pid } = await until(async () => {
    const [backend] = await database.query<Backend & Record<string, unknown>>(
      "SELECT pid, client_port FROM pg_stat_activity WHERE datname = $1 AND application_name LIKE 'holdfast chunk%' AND query LIKE 'COPY%' AND state = 'active'",
      [database.name],
    );
    return backend;
  });
  process.kill(pid, "SIGSTOP");
  let isStopped = true;
  return {
    pid,
    resume: () => {
      if (isStopped) process.kill(pid, "SIGCONT");
      isStopped = false;
    },
  };
}

export async function terminate(database: TestDatabase, pid: number): Promise<void> {
  await database.query("SELECT pg_terminate_backend($1)", [pid]);
}

/** The process at the other end of a session: on this machine, found by the port it speaks from. */
export async function clientProcessOf({ client_port }: Backend): Promise<number> {
  const inode = await socketInode(client_port);
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    for (const fd of await readdir(`/proc/${entry}/fd`).catch(() => [])) {
      const target = await readlink(`/proc/${entry}/fd/${fd}`).catch(() => "");
      if (target === `socket:[${inode}]`) return Number(entry);
    }
  }
  throw new Error(`no process speaks from port ${client_port}`);
}

async function socketInode(port: number): Promise<string> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  for (const file of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    for (const line of (await readFile(file, "utf8")).split("\n").slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (fields[1]?.endsWith(suffix) && fields[9] !== undefined) return fields[9];
    }
  }
  throw new Error(`no socket has port ${port}`);
}
