/**
 * Stands between the functions and the local AWS: passes everything on as it is, but for what a rule spoils.
 */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { Agent, createServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Certificate } from "../../../infra/local/certificate.ts";
import { Exchange } from "./exchange.ts";
import { Rulebook } from "./rules.ts";

/** Shorter than the local AWS keeps an idle connection (5 s): it would close one just as a request goes out on it. */
const IDLE_MILLIS = 2_000;

export interface FaultProxy {
  readonly url: string;
  readonly rules: Rulebook;
  close(): Promise<void>;
}

export interface FaultProxyOptions {
  readonly certificate: Certificate;
  /** Of the local AWS, on this machine. */
  readonly port: number;
}

export async function startFaultProxy({ certificate, port }: FaultProxyOptions): Promise<FaultProxy> {
  const rules = new Rulebook();
  const agent = new Agent({ keepAlive: true, ca: certificate.pem, timeout: IDLE_MILLIS });
  const sockets = new Map<number, Socket>();
  const server = createServer({ cert: certificate.pem, key: await readFile(certificate.keyFile) });
  server.requestTimeout = 0;
  server.keepAliveTimeout = 60_000;
  // The TCP socket below TLS: only that can be reset.
  server.on("connection", (stream) => {
    const socket = stream as Socket;
    const from = socket.remotePort ?? 0;
    sockets.set(from, socket);
    socket.on("close", () => sockets.delete(from)).on("error", () => {});
  });
  server.on("tlsClientError", () => {});
  server.on("request", (incoming, answer) => {
    const exchange = new Exchange({ incoming, answer, sockets, agent, port });
    // What breaks on the way is what a client of a broken connection sees.
    exchange.run(rules).catch(() => exchange.reset());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    rules,
    async close() {
      rules.endAll();
      server.closeAllConnections();
      agent.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
