/** Faults of the database's side: sessions cut, servers that crash or stand still, workers killed, migrations. */
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { clientProcessOf } from "../../stack/faults.ts";
import { asAdmin } from "../../support/postgres.ts";
import { type Fault, moment, type Struck, whileRunning } from "./fault.ts";

interface Session {
  readonly pid: number;
  readonly client_port: number;
  readonly application_name: string;
}

/** Longer than the runs of a chaos usually take to get to work, so that some come too late. */
const LATEST_MILLIS = 4_000;

/** One of the run's sessions, whichever. */
function anySession(run: Struck): Promise<Session | undefined> {
  return whileRunning(run, async () => {
    const sessions = await asAdmin((admin) =>
      admin.query<Session>(
        "SELECT pid, client_port, application_name FROM pg_stat_activity WHERE datname = $1 AND application_name LIKE 'holdfast %'",
        [run.database.name],
      ),
    );
    const [first, ...others] = sessions.rows;
    return first === undefined ? undefined : run.random.pick([first, ...others]);
  });
}

async function strikeSession(
  run: Struck,
  what: string,
  strike: (session: Session) => Promise<unknown>,
): Promise<string | undefined> {
  if (!(await moment(run, LATEST_MILLIS))) return undefined;
  const session = await anySession(run);
  if (session === undefined) return undefined;
  return strike(session).then(
    () => `${what} ${session.application_name}`,
    () => undefined,
  );
}

export const databaseFaults: readonly Fault[] = [
  {
    name: "session cut",
    strike: (run) =>
      strikeSession(run, "cut", ({ pid }) => asAdmin((admin) => admin.query("SELECT pg_terminate_backend($1)", [pid]))),
  },
  {
    name: "worker killed",
    strike: (run) =>
      strikeSession(run, "killed the worker of", async (session) => {
        process.kill(await clientProcessOf(session), "SIGKILL");
      }),
  },
  {
    name: "server process stalled",
    strike: (run) =>
      strikeSession(run, "stalled", async ({ pid }) => {
        process.kill(pid, "SIGSTOP");
        await pause(run.random.whole(500, 6_000));
        process.kill(pid, "SIGCONT");
      }),
  },
  {
    // A killed server process makes the server end all others, recover and begin anew.
    name: "server crashed",
    strike: (run) =>
      strikeSession(run, "crashed the server under", async ({ pid }) => {
        process.kill(pid, "SIGKILL");
      }),
  },
];

/** Only for sources: what others do to a database while it is backed up. */
export const migrations: readonly Fault[] = [
  {
    name: "table rewritten",
    strike: async (run) => {
      if (!(await moment(run, LATEST_MILLIS))) return undefined;
      const table = run.random.pick(["fixed", "wide", "part_old", "account"]);
      const lockTimeout = run.random.pick(["100ms", "2s", "60s"]);
      return `rewrote ${table} within ${lockTimeout}: ${await migrate(run, lockTimeout, `VACUUM FULL ${table}`)}`;
    },
  },
  {
    name: "tables come and go",
    strike: async (run) => {
      if (!(await moment(run, LATEST_MILLIS))) return undefined;
      const name = `passing_${run.random.whole(0, 1_000_000)}`;
      const made = await migrate(run, "60s", `CREATE TABLE ${name} AS SELECT 1 AS one`);
      await pause(run.random.whole(0, 1_500));
      return `made ${name}: ${made}; dropped it: ${await migrate(run, "60s", `DROP TABLE IF EXISTS ${name}`)}`;
    },
  },
];

async function migrate({ database }: Struck, lockTimeout: string, statement: string): Promise<string> {
  const client = new pg.Client(database.url);
  client.on("error", () => {});
  try {
    await client.connect();
    await client.query(`SET lock_timeout = '${lockTimeout}'`);
    await client.query(statement);
    return "done";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}
