import { generate, type SelfsignedOptions } from "selfsigned";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { ConnectionSettings, TlsMode } from "../../../../core/postgres/connection.ts";
import { planDump } from "../../../../core/postgres/plan/index.ts";
import { openSession } from "../../../../core/postgres/session.ts";
import { takeBase } from "../../../../core/postgres/snapshot/index.ts";
import { type PgProxy, startPgProxy } from "../../../support/pg-faults.ts";
import { createSource, readChunk, type SourceDatabase } from "../support.ts";

const DAY_MILLIS = 86_400_000;
let source: SourceDatabase;
let proxy: PgProxy;
let authority: string;

/** TLS in front of the server, by a certificate that vouches for itself. */
beforeAll(async () => {
  source = await createSource("tls");
  await source.query("CREATE TABLE t AS SELECT g AS id, repeat('x', 300) AS v FROM generate_series(1, 20000) g");
  [proxy, authority] = await proxyWith({});
});
afterAll(async () => {
  await proxy.close();
  await source.close();
});

async function proxyWith(options: SelfsignedOptions): Promise<[PgProxy, string]> {
  const { private: key, cert } = await generate([{ name: "commonName", value: "database.test" }], {
    keySize: 2048,
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "database.test" },
          { type: 2, value: "localhost" },
        ],
      },
    ],
    ...options,
  });
  return [await startPgProxy(inject("postgres"), { tls: { key, cert } }), cert];
}

function settings(mode: TlsMode, extra: { host?: string; ca?: string } = {}): ConnectionSettings {
  const { host = "localhost", ca } = extra;
  return { ...source.settings, host, port: proxy.port, tls: ca === undefined ? { mode } : { mode, ca } };
}

const options = { purpose: "read", applicationName: "holdfast test" } as const;

describe("a session over TLS", () => {
  it("fails now when nobody known vouches for the server", async () => {
    await expect(openSession(settings("verify-full"), options)).rejects.toMatchObject({
      name: "ConfigurationError",
      code: "certificate-not-trusted",
    });
  });

  it("fails now when the certificate is for another host, unless only the authority was to be checked", async () => {
    const elsewhere = { host: "127.0.0.1", ca: authority };
    await expect(openSession(settings("verify-full", elsewhere), options)).rejects.toMatchObject({
      name: "ConfigurationError",
      code: "certificate-of-another-host",
    });
    await (await openSession(settings("verify-ca", elsewhere), options)).end();
  });

  it("fails now when the certificate has expired", async () => {
    const notBeforeDate = new Date(Date.now() - 30 * DAY_MILLIS);
    const [expired, ca] = await proxyWith({ notBeforeDate, notAfterDate: new Date(Date.now() - DAY_MILLIS) });
    const trusted = { ...settings("verify-full", { ca }), port: expired.port };
    await expect(openSession(trusted, options)).rejects.toMatchObject({
      name: "ConfigurationError",
      code: "certificate-expired",
      hint: expect.stringContaining("Renew"),
    });
    await expired.close();
  });

  it("encrypts to whoever answers when told so", async () => {
    await (await openSession(settings("no-verify"), options)).end();
  });

  it("copies, and is cancelled, like any other", async () => {
    const session = await openSession(settings("verify-full", { ca: authority }), options);
    await takeBase(session);
    const { chunks } = await planDump(session, { chunkBytes: 1024 * 1024 });
    let rows = 0;
    for (const chunk of chunks) rows += (await readChunk(session, chunk)).slices[0]?.rows ?? 0;
    expect(rows).toBe(20_000);
    await session.query("ROLLBACK");
    const sleeping = session.query("SELECT pg_sleep(600)");
    sleeping.catch(() => {});
    const witness = await openSession(settings("verify-full", { ca: authority }), options);
    // A request that comes before the query would be answered by nothing.
    const ASLEEP = "SELECT FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'";
    while ((await witness.query(ASLEEP, [session.backendPid])).length === 0);
    await witness.end();
    await session.cancel();
    await expect(sleeping).rejects.toMatchObject({ code: "query-cancelled" });
    await session.end();
  });
});
