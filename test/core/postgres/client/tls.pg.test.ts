import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";
import { generate } from "selfsigned";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { ConnectionSettings, TlsMode } from "../../../../core/postgres/connection.ts";
import { planDump } from "../../../../core/postgres/plan/index.ts";
import { openSession } from "../../../../core/postgres/session.ts";
import { takeBase } from "../../../../core/postgres/snapshot/index.ts";
import { createSource, readChunk, type SourceDatabase } from "../support.ts";

let source: SourceDatabase;
let server: Server;
let port: number;
let authority: string;
const sockets = new Set<Socket>();

/** TLS in front of the server: says S to the request for encryption, then talks clear text behind. */
beforeAll(async () => {
  source = await createSource("tls");
  await source.query("CREATE TABLE t AS SELECT g AS id, repeat('x', 300) AS v FROM generate_series(1, 20000) g");
  const pems = await generate([{ name: "commonName", value: "database.test" }], {
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
  });
  authority = pems.cert;
  const secureContext = createSecureContext({ key: pems.private, cert: pems.cert });
  server = createServer((client) => {
    sockets.add(client);
    client.on("error", () => {});
    client.once("data", () => {
      client.write("S");
      const secure = new TLSSocket(client, { isServer: true, secureContext });
      const { host, port: upstreamPort } = inject("postgres");
      const upstream = connect(upstreamPort, host);
      for (const one of [secure, upstream])
        one.on("error", () => {}).on("close", () => [secure, upstream].map((each) => each.destroy()));
      secure.pipe(upstream).pipe(secure);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  port = typeof address === "object" && address !== null ? address.port : 0;
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  server.close();
  await source.close();
});

function settings(mode: TlsMode, extra: { host?: string; ca?: string } = {}): ConnectionSettings {
  const { host = "localhost", ca } = extra;
  return { ...source.settings, host, port, tls: ca === undefined ? { mode } : { mode, ca } };
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
    await session.cancel();
    await expect(sleeping).rejects.toMatchObject({ code: "query-cancelled" });
    await session.end();
  });
});
