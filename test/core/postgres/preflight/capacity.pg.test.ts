import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ConnectionSettings, parseConnection } from "../../../../core/postgres/connection.ts";
import { preflight } from "../../../../core/postgres/preflight/index.ts";
import { openSession, type Session } from "../../../../core/postgres/session.ts";
import { relayBase, takeBase } from "../../../../core/postgres/snapshot/index.ts";
import { type LocalPostgres, startPostgres } from "../../../../infra/local/postgres.ts";

/** A server of this file's own: small, and used by nobody else, so that numbers can be said. */
let server: LocalPostgres;
let settings: ConnectionSettings;
const idle: pg.Client[] = [];

beforeAll(async () => {
  const small = { max_connections: "20", max_locks_per_transaction: "10", superuser_reserved_connections: "3" };
  server = await startPostgres({ settings: { ...small, max_wal_senders: "2" } });
  const { host, port, user, password } = server;
  settings = parseConnection(`postgres://${user}:${password}@${host}:${port}/postgres?sslmode=disable`);
  // Sees no other role's sessions, as on a managed server.
  await query("CREATE ROLE plain LOGIN PASSWORD 'plain'; CREATE ROLE app LOGIN PASSWORD 'app'");
});
afterAll(async () => {
  await Promise.all(idle.map((client) => client.end()));
  await server.stop();
});

async function query(text: string): Promise<void> {
  const client = new pg.Client({ ...server, database: "postgres" });
  await client.connect();
  await client.query(text).finally(() => client.end());
}

/** Sessions of the application that do nothing, from now on `count` of them. */
async function applicationUses(count: number): Promise<void> {
  while (idle.length > count) await idle.pop()?.end();
  while (idle.length < count) {
    const { host, port } = server;
    const client = new pg.Client({ host, port, user: "app", password: "app", database: "postgres" });
    await client.connect();
    idle.push(client);
  }
}

async function as<Result>(user: string, work: (session: Session) => Promise<Result>): Promise<Result> {
  const password = user === "plain" ? "plain" : settings.password;
  const session = await openSession({ ...settings, user, password }, { purpose: "read", applicationName: "t" });
  return work(session).finally(() => session.end());
}

const workersOf = (wanted: number) =>
  as("plain", async (session) => {
    const { workers, warnings } = await preflight(session, { workers: wanted });
    return { workers, warnings: warnings.map(({ code, message }) => `${code}: ${message}`) };
  });

describe("connections", () => {
  it("are as many as asked for where they are free", async () => {
    expect(await workersOf(8)).toEqual({ workers: 8, warnings: [] });
  });

  it("are fewer where the server has fewer free, some left to others, and a warning says so", async () => {
    await applicationUses(8);
    expect(await workersOf(8)).toEqual({
      workers: 2,
      warnings: ["concurrency-reduced: 2 connections copy instead of 8: the server allows 17 and others use 8"],
    });
    await applicationUses(0);
  });

  it("are refused for now, in numbers, while others use what there is", async () => {
    await applicationUses(13);
    await expect(workersOf(4)).rejects.toMatchObject({
      name: "SourceUnavailableError",
      code: "too-many-connections",
      message: "a run needs 5 connections, the server allows 17 and others use 13",
    });
    await applicationUses(0);
  });

  it("of a role with a limit are counted against that role's own sessions", async () => {
    await query("ALTER ROLE plain CONNECTION LIMIT 7");
    await applicationUses(6);
    expect(await workersOf(4)).toEqual({
      workers: 3,
      warnings: ["concurrency-reduced: 3 connections copy instead of 4: role plain allows 7 and others use 0"],
    });
    await query("ALTER ROLE plain CONNECTION LIMIT 4");
    await expect(workersOf(4)).rejects.toMatchObject({
      name: "PreconditionError",
      code: "max-connections-too-low",
      message: "a run needs 5 connections, role plain allows 4 and others use 0",
    });
    await query("ALTER ROLE plain CONNECTION LIMIT -1");
    await applicationUses(0);
  });

  it("of a database with a limit are counted against that database's sessions", async () => {
    await query("ALTER DATABASE postgres CONNECTION LIMIT 9");
    expect(await workersOf(4)).toMatchObject({ workers: 4 });
    expect(await workersOf(8)).toMatchObject({
      workers: 2,
      warnings: [expect.stringContaining("database postgres allows 9 and others use 0")],
    });
    await query("ALTER DATABASE postgres CONNECTION LIMIT -1");
  });
});

describe("the table of locks", () => {
  it("that is full when a base is to be taken or handed on names the setting and a number, and lets go", async () => {
    const tables = 400;
    for (let from = 0; from < tables; from += 100) {
      await query(
        `DO $$ BEGIN FOR n IN ${from + 1}..${from + 100} LOOP EXECUTE format('CREATE TABLE t%s ()', n); END LOOP; END $$`,
      );
    }
    const full = {
      name: "PreconditionError",
      code: "lock-table-too-small",
      message: expect.stringMatching(/lock table was full before 400 tables were locked/),
      hint: expect.stringMatching(/max_locks_per_transaction to 1\d\d or more \(now 10\)/),
    };
    await as("postgres", async (holder) => {
      const { snapshotId } = await takeBase(holder);
      const sessions: Session[] = [];
      try {
        // Each takes as many locks again, until there is room for no more.
        const fill = async (): Promise<never> => {
          for (;;) {
            const session = await openSession(settings, { purpose: "read", applicationName: "t" });
            sessions.push(session);
            await relayBase(session, snapshotId);
          }
        };
        await expect(fill()).rejects.toMatchObject(full);
        await expect(as("postgres", (session) => takeBase(session))).rejects.toMatchObject(full);
        const [{ waiting } = { waiting: -1 }] = await holder.query<{ waiting: number }>(
          `SELECT count(*)::int AS waiting FROM pg_locks WHERE pid = ${sessions.at(-1)?.backendPid} AND relation > 16384`,
        );
        expect(waiting).toBe(0);
      } finally {
        await Promise.all(sessions.map((session) => session.end()));
      }
    });
    await expect(as("postgres", (session) => preflight(session, { workers: 1 }))).rejects.toMatchObject({
      code: "lock-table-too-small",
      message: "400 tables need 1200 locks, half the server's lock table is 100",
    });
  });
});
