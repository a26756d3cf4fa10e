import pg from "pg";
import { generate } from "selfsigned";
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from "vitest";
import { READ_ROLE } from "../../infra/local/databases.ts";
import { type LocalPostgres, restartPostgres, startPostgres } from "../../infra/local/postgres.ts";
import { startPoolingProxy } from "../core/postgres/client/pooling-proxy.ts";
import { type PgProxy, startPgProxy } from "../support/pg-faults.ts";
import { asAdmin, type TestDatabase } from "../support/postgres.ts";
import { startExecution, storeConnection, visited } from "../support/stack.ts";
import { subscribeToAlerts } from "./alerts.ts";
import { until } from "./faults.ts";
import { findSecrets } from "./secrets.ts";
import { backUp, catalog, databaseBehind, manyRows, newestRun, outcomeOf } from "./sources.ts";
import { manifestOf, rowsIn } from "./vault.ts";

const ROWS = 12_000;
/** Characters that URLs, JSON and shells write in other ways. */
const PASSWORDS = {
  wrong: 'wr0ng p@ss/w%rd"\\',
  powerless: "p0wer+less=&1?",
  restricted: "re$tricted #2;",
} as const;

let database: TestDatabase;
let alerts: Awaited<ReturnType<typeof subscribeToAlerts>>;

beforeAll(async () => {
  alerts = await subscribeToAlerts("connect");
  database = await databaseBehind("refused", ...manyRows("ledger", ROWS));
  await database.query(`
    ALTER TABLE ledger ENABLE ROW LEVEL SECURITY;
    CREATE ROLE refused_powerless LOGIN PASSWORD '${PASSWORDS.powerless}';
    CREATE ROLE refused_restricted LOGIN PASSWORD '${PASSWORDS.restricted}' IN ROLE pg_read_all_data`);
});
afterAll(async () => {
  await alerts.end();
  await database.drop();
  await asAdmin((admin) => admin.query("DROP ROLE refused_powerless, refused_restricted"));
});

/** Ended by itself with the test. */
async function proxied(server: { host: string; port: number } = inject("postgres")): Promise<PgProxy> {
  const proxy = await startPgProxy(server);
  onTestFinished(() => proxy.close());
  return proxy;
}

const clear = ({ port }: { readonly port: number }) => ({ port, sslmode: "disable" });

describe("a source that cannot be backed up as it is", () => {
  const faults: [string, () => Promise<object> | object, string, string][] = [
    ["its password is wrong", () => ({ password: PASSWORDS.wrong }), "ConfigurationError", "authentication-failed"],
    ["the database is missing", () => ({ dbname: "nowhere" }), "ConfigurationError", "database-not-found"],
    [
      "nobody known vouches for its certificate",
      async () => ({ sslrootcert: (await generate([{ name: "commonName", value: "else" }])).cert }),
      "ConfigurationError",
      "certificate-not-trusted",
    ],
    [
      "the role may not read",
      () => ({ username: "refused_powerless", password: PASSWORDS.powerless }),
      "PreconditionError",
      "privilege-missing",
    ],
    [
      "row security would hide rows",
      () => ({ username: "refused_restricted", password: PASSWORDS.restricted }),
      "PreconditionError",
      "row-security-hides-rows",
    ],
    [
      "a transaction pooler stands before it",
      async () => {
        const pooler = await startPoolingProxy(inject("postgres"), database.name, "transaction");
        onTestFinished(() => pooler.close());
        return clear(pooler);
      },
      "PreconditionError",
      "transaction-pooler",
    ],
    [
      "its server is newer than pg_dump",
      async () => {
        const proxy = await proxied();
        proxy.fault({ does: { replace: { "180004": "190001" } } });
        return clear(proxy);
      },
      "PreconditionError",
      "server-newer-than-pg-dump",
    ],
  ];

  it.each(faults)(
    "because %s fails at once by name, and people are told what to do",
    async (_why, spoil, name, code) => {
      await storeConnection("refused-read", database.name, "read", await spoil());
      const { status, error, cause } = await backUp("refused");
      const run = await newestRun("refused");
      expect({ status, error, code: run.error?.code }).toEqual({ status: "FAILED", error: name, code });
      expect(cause).toContain(code);
      expect(run.error?.hint).toMatch(/\.$/);
      const { Subject, Message } = await alerts.about(run.runId);
      expect(Subject).toBe(`Holdfast test: backup of refused failed, ${code}`);
      expect(Message).toContain(run.error?.hint);
      expect(await catalog().restorePoints.list("refused")).toEqual([]);
    },
  );

  it("shows no password in any history, log, item, object, manifest or alert", async () => {
    const texts = { alerts: JSON.stringify(alerts.seen()) };
    const sources = ["refused"];
    // What the search would find if it were there.
    const found = await findSecrets([database.name], { sources, texts });
    for (const kind of ["log group", "catalog item", "history of", "execution", "alerts"]) {
      expect(found.filter((place) => place.includes(kind))).not.toEqual([]);
    }
    expect(await findSecrets(Object.values(PASSWORDS), { sources, texts })).toEqual([]);
  });
});

/** Each row once, whatever was copied twice on the way; and what is in the vault is one object per chunk. */
async function expectWhole(source: string, restorePointId: string | undefined): Promise<void> {
  const rows = await rowsIn(source, restorePointId ?? "", "ledger");
  expect(rows).toHaveLength(ROWS);
  expect(new Set(rows.map(([id]) => id)).size).toBe(ROWS);
  const { chunks } = (await manifestOf(source, restorePointId ?? "")).tables[0] ?? { chunks: [] };
  expect(new Set(chunks.map(({ n }) => n)).size).toBe(chunks.length);
}

describe("a connection that fails on the way", () => {
  it("in a black hole, or cut in the middle of planning and of copying, is made again, and the run ends whole", async () => {
    const proxy = await proxied();
    await storeConnection("shaky-read", database.name, "read", { ...clear(proxy), connect_timeout: 2 });
    const faults = {
      blackHole: proxy.fault({ part: "preflight", times: 2, does: "silence" }),
      planning: proxy.fault({ part: "plan schema", times: 1, does: { cutAfterBytes: 30_000 } }),
      copying: proxy.fault({ part: "chunk", times: 2, does: { cutAfterBytes: 300_000 } }),
    };
    const { status, error, cause, outcome } = await backUp("shaky");
    expect({ status, error, cause }).toEqual({ status: "SUCCEEDED", error: undefined, cause: undefined });
    expect(Object.values(faults).map((fault) => fault.hits())).toEqual([2, 1, 2]);
    const chunks = await catalog().chunks.list(outcome?.runId ?? "");
    expect(chunks.some(({ attempts }) => attempts > 1)).toBe(true);
    await expectWhole("shaky", outcome?.restorePointId);
  });
});

describe("a small server of its own", () => {
  let server: LocalPostgres;
  let client: pg.Client;
  beforeAll(async () => {
    server = await startPostgres({ settings: { max_connections: "20" } });
    client = await connected();
    const { user, password } = READ_ROLE;
    await client.query(`CREATE ROLE ${user} LOGIN PASSWORD '${password}' CONNECTION LIMIT 6 IN ROLE pg_read_all_data`);
    for (const statement of manyRows("ledger", ROWS)) await client.query(statement);
  });
  afterAll(async () => {
    await client.end();
    await server.stop();
  });

  async function connected(): Promise<pg.Client> {
    const one = new pg.Client({ ...server, database: "postgres" });
    one.on("error", () => {});
    await one.connect();
    return one;
  }

  /** A run that stands still in the middle of its copies, which hear no more from the server. */
  async function stalledRun() {
    const proxy = await proxied(server);
    await storeConnection("shaky-read", "postgres", "read", clear(proxy));
    const stall = proxy.fault({ part: "chunk", does: { silenceAfterBytes: 300_000 } });
    const executionArn = await startExecution("backup", { source: "shaky" });
    await until(async () => (stall.hits() > 0 ? true : undefined));
    return { executionArn, stall };
  }

  it("without TLS is not spoken to, for its password would be read on the way", async () => {
    await storeConnection("shaky-read", "postgres", "read", { port: server.port });
    const { status, error, cause } = await backUp("shaky");
    expect({ status, error }).toEqual({ status: "FAILED", error: "ConfigurationError" });
    expect(cause).toContain("tls-not-supported");
  });

  it("restarted in the middle of a copy: the run starts over, on fewer connections where fewer are free, and ends whole", async () => {
    const { executionArn, stall } = await stalledRun();
    stall.end();
    await restartPostgres(server.dataDir, "immediate");
    const { status, error, cause, events, outcome } = await outcomeOf(executionArn);
    expect({ status, error, cause }).toEqual({ status: "SUCCEEDED", error: undefined, cause: undefined });
    expect(visited(events).filter((state) => state === "StartOver")).toHaveLength(1);
    await expectWhole("shaky", outcome?.restorePointId);
    const { warnings } = await manifestOf("shaky", outcome?.restorePointId ?? "");
    expect(warnings).toContainEqual({
      code: "concurrency-reduced",
      message: "2 connections copy instead of 4: role holdfast_read allows 6 and others use 0",
    });
  });

  it("with one migration after the other: behind pg_dump, then behind a worker, each is let through; the second time the run fails by name", async () => {
    client = await connected();
    const proxy = await proxied(server);
    await storeConnection("shaky-read", "postgres", "read", clear(proxy));
    // Slow enough to be met while it holds its locks.
    proxy.fault({ part: "plan schema", times: 1, does: { delayMillis: 50 } });
    proxy.fault({ part: "chunk", does: { silenceAfterBytes: 300_000 } });
    const executionArn = await startExecution("backup", { source: "shaky" });
    for (const part of ["plan schema", "chunk"]) {
      await until(async () => ((await locks(part)) > 0 ? true : undefined));
      proxy.silence(part);
      await client.query(`ALTER TABLE ledger ADD COLUMN "migrated behind ${part}" int`);
    }
    const { status, error, cause, events } = await outcomeOf(executionArn);
    expect({ status, error }).toEqual({ status: "FAILED", error: "SourceBusyError" });
    expect(cause).toMatch(/migration-waiting|lock-not-granted/);
    expect(visited(events).filter((state) => state === "StartOver")).toHaveLength(1);
    expect((await alerts.about((await newestRun("shaky")).runId)).Message).toContain("migrations");
    const left = "SELECT FROM pg_stat_activity WHERE application_name LIKE 'holdfast%'";
    await until(async () => ((await client.query(left)).rowCount === 0 ? true : undefined));
  });

  /** How many sessions of a part of the run have the table locked. */
  async function locks(part: string): Promise<number> {
    const text = `SELECT FROM pg_locks JOIN pg_stat_activity a USING (pid)
                  WHERE relation = 'ledger'::regclass AND granted AND a.application_name LIKE $1`;
    return (await client.query(text, [`holdfast ${part}%`])).rowCount ?? 0;
  }
});
