/**
 * A TCP proxy in front of PostgreSQL that does to connections what networks and servers do on their bad days. Honest until
 * a fault is added; a fault is met by connections opened after it, once each.
 * What a connection is for is read from its start-up message, so it is known only where the client speaks clear text to the
 * proxy (`sslmode=disable`) or where the proxy itself shows a certificate.
 */
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { type Duplex, Transform } from "node:stream";
import { createSecureContext, TLSSocket } from "node:tls";

export type PgFaultKind =
  /** Ends the connection as soon as it is known what it is for. */
  | "hang-up"
  /** Never answers: a black hole. */
  | "silence"
  /** Answers until the server has sent so many bytes, then no more, and keeps the connection open. */
  | { readonly silenceAfterBytes: number }
  /** A reset once the server has sent so many bytes: in the middle of a COPY, if it is many. */
  | { readonly cutAfterBytes: number }
  /** Every piece of an answer comes this much later. */
  | { readonly delayMillis: number }
  /** Texts in the server's answers replaced by others of the same length, such as the version it announces. */
  | { readonly replace: Readonly<Record<string, string>> };

export interface PgFault {
  /** Connections whose application_name contains this, e.g. `chunk`, `hold 0`; absent: every connection. */
  readonly part?: string;
  /** How many such connections to let pass first. Default 0. */
  readonly skip?: number;
  /** How many connections meet it. Default: all until `end`. */
  readonly times?: number;
  readonly does: PgFaultKind;
}

export interface ActiveFault {
  /** How many connections have met it. */
  hits(): number;
  end(): void;
}

export interface PgProxy {
  readonly host: string;
  readonly port: number;
  fault(fault: PgFault): ActiveFault;
  /** Resets what is connected now, by `part` or all of it. @returns how many connections that were */
  cut(part?: string): number;
  /** Nothing more passes on what is connected now, by `part` or all of it; nobody is told. @returns how many that were */
  silence(part?: string): number;
  /** Connections are refused until `listen`; what is connected stays. */
  refuse(): Promise<void>;
  listen(): Promise<void>;
  /** How many are connected now, by `part` or all of them. */
  connected(part?: string): number;
  /** application_name of every connection so far, those that cannot be read as "". */
  seen(): readonly string[];
  close(): Promise<void>;
}

export interface PgProxyOptions {
  /** PEM: the proxy speaks TLS to its clients with this certificate, and clear text to the server. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

interface Address {
  readonly host: string;
  readonly port: number;
}

const HOST = "127.0.0.1";
/** @see PostgreSQL "Message Formats": SSLRequest, and the protocol version of a start-up message. */
const SSL_REQUEST = 80_877_103;
const PROTOCOL_3 = 196_608;

export async function startPgProxy(upstream: Address, options: PgProxyOptions = {}): Promise<PgProxy> {
  const faults = new Set<{ fault: PgFault; met: number; hits: number }>();
  const open = new Set<{ part: string; end: () => void; silence: () => void }>();
  const seen: string[] = [];

  const pick = (part: string): PgFaultKind | undefined => {
    let picked: PgFaultKind | undefined;
    for (const entry of faults) {
      const { part: wanted = "", skip = 0, times = Number.POSITIVE_INFINITY, does } = entry.fault;
      if (!part.includes(wanted)) continue;
      entry.met += 1;
      if (picked !== undefined || entry.met <= skip || entry.hits >= times) continue;
      entry.hits += 1;
      picked = does;
    }
    return picked;
  };

  const concerned = (part: string, act: (entry: { end(): void; silence(): void }) => void): number => {
    const entries = [...open].filter((entry) => entry.part.includes(part));
    for (const entry of entries) act(entry);
    return entries.length;
  };

  const serve = async (raw: Socket): Promise<void> => {
    const { client, first, part } = await begin(raw, options);
    seen.push(part);
    const kind = pick(part);
    const ends: (() => void)[] = [() => raw.resetAndDestroy()];
    const entry = { part, end: () => ends.map((end) => end()), silence: () => {} };
    open.add(entry);
    raw.on("close", () => {
      open.delete(entry);
      entry.end();
    });
    if (kind === "hang-up") entry.end();
    if (typeof kind === "string") return;
    const server = connect(upstream.port, upstream.host).on("error", () => {});
    ends.push(() => server.destroy());
    server.on("close", () => client.end());
    server.write(first);
    client.pipe(server);
    const answers = server.pipe(distort(kind, entry.end));
    answers.pipe(client);
    entry.silence = () => {
      // Still read, or the client's end would go unseen.
      client.unpipe(server);
      client.resume();
      answers.unpipe(client);
    };
  };

  const server: Server = createServer((socket) => {
    socket.on("error", () => {});
    serve(socket).catch(() => socket.destroy());
  });
  const listen = async (port: number): Promise<void> => {
    server.listen(port, HOST);
    await once(server, "listening");
  };
  await listen(0);
  const { port } = server.address() as { port: number };

  return {
    host: HOST,
    port,
    fault: (fault) => {
      const entry = { fault, met: 0, hits: 0 };
      faults.add(entry);
      return { hits: () => entry.hits, end: () => faults.delete(entry) };
    },
    cut: (part = "") => concerned(part, ({ end }) => end()),
    silence: (part = "") => concerned(part, ({ silence }) => silence()),
    connected: (part = "") => concerned(part, () => {}),
    // Not awaited: "close" comes only when the last connection has ended.
    refuse: async () => void server.close(),
    listen: () => listen(port),
    seen: () => seen,
    close: async () => {
      for (const { end } of open) end();
      server.close();
    },
  };
}

interface Begun {
  readonly client: Duplex;
  /** What the client has said already. */
  readonly first: Buffer;
  readonly part: string;
}

async function begin(raw: Socket, { tls }: PgProxyOptions): Promise<Begun> {
  const first = await packet(raw);
  if (first.readInt32BE(4) !== SSL_REQUEST || tls === undefined) return { client: raw, first, part: partOf(first) };
  raw.write("S");
  const client = new TLSSocket(raw, { isServer: true, secureContext: createSecureContext(tls) });
  client.on("error", () => {});
  const startup = await packet(client);
  return { client, first: startup, part: partOf(startup) };
}

/** The first thing a client says; small enough to come in one piece. */
async function packet(stream: Duplex): Promise<Buffer> {
  const [bytes] = (await once(stream, "data")) as [Buffer];
  stream.pause();
  return bytes;
}

function partOf(startup: Buffer): string {
  if (startup.readInt32BE(4) !== PROTOCOL_3) return "";
  const words = startup.subarray(8).toString("utf8").split("\0");
  const at = words.findIndex((word, index) => index % 2 === 0 && word === "application_name");
  return at === -1 ? "" : (words[at + 1] ?? "");
}

function distort(kind: Exclude<PgFaultKind, string> | undefined, cut: () => void): Transform {
  let sent = 0;
  const isPast = (limit: number, bytes: Buffer): boolean => {
    sent += bytes.length;
    return sent > limit;
  };
  return new Transform({
    transform(bytes: Buffer, _encoding, done) {
      if (kind === undefined) return done(null, bytes);
      if ("replace" in kind) return done(null, replaced(bytes, kind.replace));
      if ("delayMillis" in kind) return void setTimeout(() => done(null, bytes), kind.delayMillis);
      const limit = "cutAfterBytes" in kind ? kind.cutAfterBytes : kind.silenceAfterBytes;
      if (!isPast(limit, bytes)) return done(null, bytes);
      this.push(bytes.subarray(0, bytes.length - (sent - limit)));
      // Not `done`: nothing more is taken from the server.
      if ("cutAfterBytes" in kind) setImmediate(cut);
    },
  });
}

/** @throws Error when a text and its replacement differ in length: messages say theirs. */
function replaced(bytes: Buffer, texts: Readonly<Record<string, string>>): Buffer {
  let text = bytes.toString("latin1");
  for (const [from, to] of Object.entries(texts)) {
    if (from.length !== to.length) throw new Error(`${from} is not as long as ${to}`);
    text = text.replaceAll(from, to);
  }
  return Buffer.from(text, "latin1");
}
