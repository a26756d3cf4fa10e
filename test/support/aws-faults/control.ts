/**
 * Lets the processes in which test files run steer the proxy, which lives in the process that started the stack.
 * Over HTTP on this machine: `POST /` adds a rule, `GET /<id>` counts its hits, `DELETE /<id>` ends it.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { FaultRule, Rulebook } from "./rules.ts";

export interface FaultControl {
  readonly url: string;
  close(): Promise<void>;
}

export async function startFaultControl(rules: Rulebook): Promise<FaultControl> {
  const server = createServer((incoming, answer) => {
    obey(rules, incoming).then(
      (result) => answer.end(JSON.stringify(result)),
      (error: unknown) => answer.writeHead(400).end(String(error)),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function obey(rules: Rulebook, incoming: IncomingMessage): Promise<number> {
  const { method, url = "/" } = incoming;
  if (method === "POST") return rules.add(JSON.parse(Buffer.concat(await incoming.toArray()).toString()) as FaultRule);
  const id = Number(url.slice(1));
  return method === "DELETE" ? rules.end(id) : rules.hits(id);
}
