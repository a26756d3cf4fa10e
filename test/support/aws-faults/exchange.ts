/** One request of a function and what becomes of it. */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Agent, request } from "node:https";
import type { Socket } from "node:net";
import type { Writable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { processAtPort } from "../process-at-port.ts";
import { operationOf, refusalOf } from "./operation.ts";
import type { Fault, Rulebook, SeenRequest } from "./rules.ts";

/** Bodies up to here are read before the rules are asked, so that these can look into them. */
const SMALL_BODY_BYTES = 256 * 1024;
/** Of one connection only; none is signed. */
const HOP_BY_HOP = new Set(["connection", "keep-alive", "transfer-encoding", "expect", "proxy-connection", "upgrade"]);

export interface ExchangeOptions {
  readonly incoming: IncomingMessage;
  readonly answer: ServerResponse;
  readonly sockets: ReadonlyMap<number, Socket>;
  readonly agent: Agent;
  readonly port: number;
}

export class Exchange {
  readonly #incoming: IncomingMessage;
  readonly #answer: ServerResponse;
  readonly #socket: Socket | undefined;
  readonly #clientPort: number;
  readonly #agent: Agent;
  readonly #port: number;

  constructor({ incoming, answer, sockets, agent, port }: ExchangeOptions) {
    this.#incoming = incoming;
    this.#answer = answer;
    this.#clientPort = incoming.socket.remotePort ?? 0;
    this.#socket = sockets.get(this.#clientPort);
    this.#agent = agent;
    this.#port = port;
    answer.on("error", () => {});
  }

  async run(rules: Rulebook): Promise<void> {
    if (rules.isEmpty) return this.#pass(undefined);
    const small = await this.#smallBody();
    const seen = this.#see(small);
    const fault = await rules.faultFor(seen);
    await this.#meet(fault, seen, small);
  }

  reset(): void {
    this.#socket?.resetAndDestroy();
  }

  async #meet(fault: Fault | undefined, seen: SeenRequest, small: Buffer | undefined): Promise<void> {
    const effect = fault?.effect;
    if (fault === undefined || effect === undefined) return this.#pass(small);
    if (effect === "reset") return this.reset();
    if (effect === "hold") {
      await fault.over;
      return this.#pass(small);
    }
    if (effect === "silence") {
      if (small === undefined) this.#incoming.resume();
      await fault.over;
      return this.reset();
    }
    if (effect === "kill-before") return this.#kill();
    if (effect === "kill-after" || effect === "reset-after") {
      await drain(await this.#send(small));
      return effect === "kill-after" ? this.#kill() : this.reset();
    }
    if ("delayMillis" in effect) {
      await pause(effect.delayMillis);
      return this.#pass(small);
    }
    if ("resetAfterBytes" in effect) return this.#cut(effect.resetAfterBytes, small);
    if ("resetAfterAnswerBytes" in effect || "silentAfterAnswerBytes" in effect) {
      const answer = await this.#send(small);
      this.#answer.writeHead(answer.statusCode ?? 502, passed(answer.rawHeaders));
      if ("resetAfterAnswerBytes" in effect) await this.#copy(answer, effect.resetAfterAnswerBytes);
      else await Promise.all([this.#copy(answer, effect.silentAfterAnswerBytes), fault.over]);
      return this.reset();
    }
    if (small === undefined) await drain(this.#incoming);
    const { headers, body } = refusalOf(seen, this.#incoming.headers, effect);
    this.#answer.writeHead(effect.status, { ...headers, "content-length": Buffer.byteLength(body) });
    this.#answer.end(this.#incoming.method === "HEAD" ? undefined : body);
  }

  #see(small: Buffer | undefined): SeenRequest {
    const { method = "", url = "", headers, rawHeaders } = this.#incoming;
    const body = small?.toString("utf8") ?? "";
    const text = `${decodeURIComponent(url)}\n${rawHeaders.join("\n")}\n${body}`;
    return { ...operationOf(method, url, headers, body), text, caller: () => this.#caller() };
  }

  async #caller(): Promise<string> {
    const environment = await readFile(`/proc/${await processAtPort(this.#clientPort)}/environ`, "utf8");
    return /(?:^|\0)POWERTOOLS_SERVICE_NAME=([^\0]*)/.exec(environment)?.[1] ?? "";
  }

  async #kill(): Promise<void> {
    process.kill(await processAtPort(this.#clientPort), "SIGKILL");
  }

  /** The whole body where it is known to be small; else undefined, and nothing of it is read. */
  async #smallBody(): Promise<Buffer | undefined> {
    const { "content-length": length, "transfer-encoding": encoding } = this.#incoming.headers;
    if (encoding !== undefined || Number(length ?? 0) > SMALL_BODY_BYTES) return undefined;
    return Buffer.concat(await this.#incoming.toArray());
  }

  async #pass(small: Buffer | undefined): Promise<void> {
    const answer = await this.#send(small);
    this.#answer.writeHead(answer.statusCode ?? 502, passed(answer.rawHeaders));
    await this.#copy(answer, Number.POSITIVE_INFINITY);
    this.#answer.end();
  }

  /** Sends the request on; gives the answer when its head is there. */
  async #send(small: Buffer | undefined): Promise<IncomingMessage> {
    const outgoing = this.#open();
    const answered = once(outgoing, "response") as Promise<[IncomingMessage]>;
    if (small !== undefined) outgoing.end(small);
    else this.#incoming.pipe(outgoing);
    const [answer] = await answered;
    return answer;
  }

  async #cut(bytes: number, small: Buffer | undefined): Promise<void> {
    const outgoing = this.#open();
    let sent = 0;
    for await (const piece of small === undefined ? this.#incoming : [small]) {
      const rest = (piece as Buffer).subarray(0, bytes - sent);
      sent += rest.length;
      if (!outgoing.write(rest)) await drained(outgoing);
      if (sent >= bytes) break;
    }
    outgoing.destroy();
    this.reset();
  }

  #open() {
    const { method, url: path } = this.#incoming;
    // Signatures cover Host: it stays what the client sent.
    const headers = passed(this.#incoming.rawHeaders);
    const options = { host: "127.0.0.1", port: this.#port, agent: this.#agent, method, path, headers, setHost: false };
    // Whoever waits for its answer hears of an error; after that it must not end the process.
    const outgoing = request(options).on("error", () => {});
    this.#answer.on("close", () => {
      if (!this.#answer.writableFinished) outgoing.destroy();
    });
    return outgoing;
  }

  async #copy(answer: IncomingMessage, bytes: number): Promise<void> {
    let sent = 0;
    for await (const piece of answer) {
      const rest = (piece as Buffer).subarray(0, bytes - sent);
      sent += rest.length;
      if (!this.#answer.write(rest)) await drained(this.#answer);
      if (sent >= bytes || this.#answer.destroyed) return;
    }
  }
}

/** Room for more, or nobody there to have it. */
function drained(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stream.off("drain", done).off("close", done);
      resolve();
    };
    stream.on("drain", done).on("close", done);
  });
}

async function drain(stream: IncomingMessage): Promise<void> {
  for await (const _ of stream);
}

/** Headers in their order and spelling, less those of one connection. */
function passed(raw: readonly string[]): string[] {
  return raw.filter((_, i) => !HOP_BY_HOP.has((raw[i - (i % 2)] ?? "").toLowerCase()));
}
