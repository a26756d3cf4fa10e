import { createServer, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { refuseTransactionPooler } from "../../../core/postgres/client/pooler.ts";
import { openSession } from "../../../core/postgres/session.ts";
import { freePort } from "../../../infra/local/postgres.ts";
import { asAdmin } from "../../support/postgres.ts";
import { createSource, type SourceDatabase, until } from "./support.ts";

let source: SourceDatabase;
beforeAll(async () => {
  source = await createSource("session");
});
afterAll(() => source.close());

describe("a session", () => {
  it("opens under time limits of a millisecond, which end others before their first answer", async () => {
    const kinds = ["statement", "transaction", "idle_session", "idle_in_transaction_session", "lock"];
    const limits = kinds.map((kind) => `${kind}_timeout`);
    for (const name of limits) await source.query(`ALTER DATABASE ${source.name} SET ${name} = 1`);
    try {
      for (let attempt = 0; attempt < 20; attempt += 1) {
        const session = await openSession(source.settings, { purpose: "read", applicationName: "holdfast test" });
        expect(await session.query("SELECT pg_sleep(0.005)::text AS slept")).toEqual([{ slept: "" }]);
        if (attempt < 5) await refuseTransactionPooler(session.client, source.settings, "holdfast test");
        await session.end();
      }
    } finally {
      await asAdmin((admin) => admin.query(`ALTER DATABASE ${source.name} RESET ALL`));
    }
  });

  it("reads damage as damage, though the database hides it", async () => {
    for (const name of ["zero_damaged_pages", "ignore_checksum_failure"]) {
      await source.query(`ALTER DATABASE ${source.name} SET ${name} = on`);
    }
    const session = await source.open();
    expect(await session.query("SHOW zero_damaged_pages")).toEqual([{ zero_damaged_pages: "off" }]);
    expect(await session.query("SHOW ignore_checksum_failure")).toEqual([{ ignore_checksum_failure: "off" }]);
    await source.query(`ALTER DATABASE ${source.name} RESET ALL`);
  });

  it("reads the same under hostile settings of the database", async () => {
    const hostile: Record<string, string> = {
      statement_timeout: "1000",
      lock_timeout: "1",
      idle_in_transaction_session_timeout: "1000",
      idle_session_timeout: "1000",
      transaction_timeout: "1000",
      DateStyle: "SQL, DMY",
      IntervalStyle: "sql_standard",
      TimeZone: "Asia/Kathmandu",
      bytea_output: "escape",
      extra_float_digits: "-15",
      standard_conforming_strings: "off",
      default_transaction_read_only: "on",
      default_transaction_isolation: "serializable",
      row_security: "on",
      search_path: "app",
      client_encoding: "LATIN1",
      quote_all_identifiers: "on",
      enable_tidscan: "off",
      xmloption: "document",
      lc_monetary: "C.UTF-8",
    };
    for (const [name, value] of Object.entries(hostile)) {
      await source.query(`ALTER DATABASE ${source.name} SET ${name} = '${value}'`);
    }
    try {
      const session = await source.open();
      const rows = await session.query(
        `SELECT 0.1::float8 + 0.2 AS f, '2026-02-03 04:05:06+00'::timestamptz::text AS t, '1 day 2 hours'::interval::text AS i,
                '\\x00ff'::bytea::text AS b, 'a\\b' AS s, 'pg_class'::regclass::text AS r, 'ü' AS u,
                current_setting('transaction_read_only') AS ro, current_setting('statement_timeout') AS st,
                current_setting('idle_session_timeout') || current_setting('idle_in_transaction_session_timeout')
                || current_setting('transaction_timeout') AS zeros`,
      );
      expect(rows).toEqual([
        {
          f: 0.30000000000000004,
          t: "2026-02-03 04:05:06+00",
          i: "1 day 02:00:00",
          b: "\\x00ff",
          s: "a\\b",
          r: "pg_class",
          u: "ü",
          ro: "off",
          st: "0",
          zeros: "000",
        },
      ]);
      expect(session.encoding).toBe("UTF8");
      expect(session.isProxied).toBe(false);
      await session.end();
    } finally {
      await source.query(`ALTER DATABASE ${source.name} RESET ALL`);
    }
  });

  it("fails now on a wrong password, without showing it", async () => {
    const settings = { ...source.settings, password: "hunter2-wrong" };
    const failure = await openSession(settings, { purpose: "read", applicationName: "t" }).catch((error) => error);
    expect(failure).toMatchObject({ name: "ConfigurationError", code: "authentication-failed" });
    expect(String(failure.message) + failure.stack + JSON.stringify(failure)).not.toContain("hunter2");
  });

  it("fails now on an unknown database", async () => {
    const settings = { ...source.settings, database: "nowhere" };
    await expect(openSession(settings, { purpose: "read", applicationName: "t" })).rejects.toMatchObject({
      name: "ConfigurationError",
      code: "database-not-found",
    });
  });

  it("is worth another try when the host refuses, is unknown, or hangs up", async () => {
    const open = (host: string, port: number) =>
      openSession({ ...source.settings, host, port }, { purpose: "read", applicationName: "t" });
    const unavailable = (code: string) => ({ name: "SourceUnavailableError", code });
    await expect(open("127.0.0.1", await freePort())).rejects.toMatchObject(unavailable("connection-refused"));
    await expect(open("nowhere.invalid", 5432)).rejects.toMatchObject(unavailable("host-not-found"));
    const rude = createServer((socket: Socket) => socket.destroy()).listen(0, "127.0.0.1");
    await until(async () => rude.listening);
    const address = rude.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    await expect(open("127.0.0.1", port)).rejects.toMatchObject(unavailable("connection-lost"));
    rude.close();
  });

  it("fails on a server without TLS unless told to do without", async () => {
    const settings = { ...source.settings, tls: { mode: "verify-full" as const } };
    await expect(openSession(settings, { purpose: "read", applicationName: "t" })).rejects.toMatchObject({
      name: "ConfigurationError",
      code: "tls-not-supported",
    });
  });

  it("tells when the server has ended it", async () => {
    const session = await source.open();
    await source.query("SELECT pg_terminate_backend($1)", [session.backendPid]);
    await until(async () => session.lost.aborted);
    const message = expect.stringContaining("due to administrator command");
    const ended = { name: "SourceUnavailableError", code: "server-shut-down", message };
    expect(session.lost.reason).toMatchObject(ended);
    await expect(session.query("SELECT 1")).rejects.toMatchObject(ended);
    await session.end();
  });

  it("is cut by its signal in the middle of a statement", async () => {
    const controller = new AbortController();
    const session = await source.open({ signal: controller.signal, applicationName: "to be cut" });
    const running = session.query("SELECT pg_sleep(600)");
    running.catch(() => {});
    // A request that comes before the query would be answered by nothing.
    const witness = await source.open();
    const ASLEEP = "SELECT FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'";
    while ((await witness.query(ASLEEP, [session.backendPid])).length === 0);
    await witness.end();
    await session.cancel();
    await expect(running).rejects.toMatchObject({ code: "query-cancelled" });
    const second = session.query("SELECT pg_sleep(600)");
    controller.abort();
    await expect(second).rejects.toMatchObject({ name: "CancelledError" });
    await session.end();
  });

  it("keeps the server's own words and code for a statement that is wrong", async () => {
    const session = await source.open();
    await expect(session.query("SELECT nonsense")).rejects.toMatchObject({
      name: "PreconditionError",
      code: "postgres-42703",
      message: expect.stringContaining('column "nonsense" does not exist'),
    });
    await session.end();
  });
});
