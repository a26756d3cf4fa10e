import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import pg from "pg";
import type { PostgresServer } from "../../../support/postgres-setup.ts";

/** A pooler in a few lines: gives each client one of its server connections for one transaction, the last used first. */
export interface PoolingProxy {
  readonly port: number;
  /** A query on a server connection of the pool, as the application would run it next. */
  query(text: string): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

const READY = 0x5a;
const IDLE = 0x49;

/** @param mode `transaction` hands connections back at the end of each transaction, `session` when the client leaves. */
export async function startPoolingProxy(
  server: PostgresServer,
  database: string,
  mode: "transaction" | "session",
  size = 2,
): Promise<PoolingProxy> {
  const clients = Array.from({ length: size }, () => new pg.Client({ ...server, database }));
  await Promise.all(clients.map((client) => client.on("error", () => {}).connect()));
  const upstreams = clients.map((client) => client.connection.stream as Socket);
  const drivers = upstreams.map((socket) => socket.listeners("data") as ((chunk: Buffer) => void)[]);
  for (const socket of upstreams) socket.removeAllListeners("data");
  const free = [...upstreams];
  const waiting: (() => void)[] = [];
  const open = new Set<Socket>();

  const proxy: Server = createServer((client) => {
    open.add(client);
    let isStarted = false;
    let upstream: Socket | undefined;
    const give = (): void => {
      if (upstream === undefined) return;
      upstream.removeAllListeners("data");
      free.push(upstream);
      upstream = undefined;
      waiting.shift()?.();
    };
    const forward = (bytes: Buffer): void => {
      if (upstream === undefined) {
        upstream = free.pop();
        if (upstream === undefined) {
          waiting.push(() => (client.destroyed ? waiting.shift()?.() : forward(bytes)));
          return;
        }
        upstream.on("data", (answer: Buffer) => {
          client.write(answer);
          const isDone = answer.at(-6) === READY && answer.at(-1) === IDLE;
          if (isDone && mode === "transaction") give();
        });
      }
      upstream.write(bytes);
    };
    client.on("data", (bytes) => {
      if (isStarted) {
        if (bytes[0] !== 0x58) forward(bytes);
        return;
      }
      isStarted = true;
      client.write(greeting());
    });
    client.on("error", () => {});
    client.on("close", () => {
      open.delete(client);
      give();
    });
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const address = proxy.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    query: async (text) => {
      const index = upstreams.length - 1;
      const socket = upstreams[index];
      for (const listener of drivers[index] ?? []) socket?.on("data", listener);
      const result = await clients[index]?.query(text);
      socket?.removeAllListeners("data");
      return result?.rows ?? [];
    },
    close: async () => {
      for (const socket of open) socket.destroy();
      proxy.close();
      for (const socket of upstreams) socket.destroy();
      await Promise.all(clients.map((client) => client.end()));
    },
  };
}

/** AuthenticationOk, BackendKeyData of its own making, ReadyForQuery. */
function greeting(): Buffer {
  const ok = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0]);
  const key = Buffer.from([0x4b, 0, 0, 0, 12, 0x7f, 0, 0, 1, 1, 2, 3, 4]);
  return Buffer.concat([ok, key, Buffer.from([READY, 0, 0, 0, 5, IDLE])]);
}
