import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import type { ConnectionSettings } from "../../../../core/postgres/connection.ts";
import { openSession } from "../../../../core/postgres/session.ts";
import { type PgProxy, startPgProxy } from "../../../support/pg-faults.ts";
import { createSource, type SourceDatabase, until } from "../support.ts";

let source: SourceDatabase;
let proxy: PgProxy;
beforeAll(async () => {
  source = await createSource("network");
  await source.query("CREATE TABLE t AS SELECT g AS id, repeat('x', 1000) AS v FROM generate_series(1, 5000) g");
});
afterEach(() => proxy.close());
afterAll(() => source.close());

async function behindProxy(): Promise<ConnectionSettings> {
  proxy = await startPgProxy(inject("postgres"));
  return { ...source.settings, host: proxy.host, port: proxy.port };
}

const reading = { purpose: "read", applicationName: "holdfast test 1" } as const;

describe("a connection over a network that fails", () => {
  it("is given up within its time limit when nothing answers, and leaves no socket", async () => {
    const settings = await behindProxy();
    proxy.fault({ part: "test", does: "silence" });
    const begun = performance.now();
    await expect(openSession(settings, { ...reading, connectTimeoutMillis: 300 })).rejects.toMatchObject({
      name: "SourceUnavailableError",
      code: "connect-timeout",
      hint: expect.stringContaining("security groups"),
    });
    expect(performance.now() - begun).toBeLessThan(3_000);
    await until(async () => proxy.connected() === 0);
  });

  it("is given up when nothing comes after the server has agreed to encrypt", async () => {
    const mute = createServer((socket) => socket.on("error", () => {}).once("data", () => socket.write("S")));
    await once(mute.listen(0, "127.0.0.1"), "listening");
    const { port } = mute.address() as AddressInfo;
    const settings = { ...(await behindProxy()), port, tls: { mode: "verify-full" as const } };
    await expect(openSession(settings, { ...reading, connectTimeoutMillis: 300 })).rejects.toMatchObject({
      code: "connect-timeout",
    });
    mute.close();
    await once(mute, "close");
  });

  it("is given up when the server falls silent right after the login", async () => {
    const settings = await behindProxy();
    proxy.fault({ does: { silenceAfterBytes: 700 } });
    await expect(openSession(settings, { ...reading, connectTimeoutMillis: 300 })).rejects.toMatchObject({
      name: "SourceUnavailableError",
      code: "connect-timeout",
      message: expect.stringContaining("opening a session"),
    });
  });

  it("that was not wanted any more before it was there is cut, and leaves no session", async () => {
    const settings = await behindProxy();
    proxy.fault({ does: { delayMillis: 20 } });
    const unwanted = new AbortController();
    const opening = openSession(settings, { ...reading, signal: unwanted.signal });
    unwanted.abort();
    await expect(opening).rejects.toMatchObject({ name: "CancelledError", code: "session-aborted" });
    await until(async () => proxy.connected() === 0);
  });

  it("is lost by name when it is reset in the middle of an answer", async () => {
    const settings = await behindProxy();
    const fault = proxy.fault({ part: "test 1", does: { cutAfterBytes: 500_000 } });
    const session = await openSession(settings, reading);
    await expect(session.query("SELECT * FROM public.t")).rejects.toMatchObject({
      name: "SourceUnavailableError",
      code: "connection-lost",
    });
    expect(fault.hits()).toBe(1);
    await until(async () => session.lost.aborted);
    await session.end();
  });

  it("is refused while nobody listens, and made again afterwards", async () => {
    const settings = await behindProxy();
    await proxy.refuse();
    await expect(openSession(settings, reading)).rejects.toMatchObject({ code: "connection-refused" });
    await proxy.listen();
    await (await openSession(settings, reading)).end();
  });
});
