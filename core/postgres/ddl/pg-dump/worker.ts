/**
 * Entry of the thread that runs pg_dump. libpq blocks while it waits for the server, so the thread sleeps on shared memory
 * while the main thread, which owns the authenticated connection, carries the bytes. No credentials come here.
 * @module
 */
import { parentPort, workerData } from "node:worker_threads";
import { type EmscriptenModule, withPgDumpModule } from "./emscripten.ts";
import { frame, frameScanner } from "./frames.ts";
import { type PgDumpJob, replyBox, type WorkerMessage } from "./protocol.ts";

const PROGRAM = "/pg_dump";
const ARCHIVE = "/archive";

const job = workerData as PgDumpJob;
const stderr: number[] = [];
let exitCode = 0;

await withPgDumpModule(
  PROGRAM,
  (module) => {
    Object.assign(module.ENV, job.environment);
    module.stderr = (byte) => byte !== null && stderr.push(byte);
    module.onExit = (code) => {
      exitCode = code;
    };
  },
  (module) => {
    // pg_dump looks for itself, to find what would lie beside it, and complains when it is nowhere.
    module.FS.writeFile(PROGRAM, "", { mode: 0o755 });
    connectToServer(module);
    module.callMain([...job.args, `--file=${ARCHIVE}`]);
    const isWhole = exitCode === 0 && module.FS.analyzePath(ARCHIVE).exists;
    const archive = isWhole ? module.FS.readFile(ARCHIVE) : new Uint8Array();
    send({ kind: "ended", exitCode, archive, stderr: Buffer.from(stderr).toString("utf8") });
  },
);

function send(message: WorkerMessage): void {
  if (message.kind === "exchange") parentPort?.postMessage(message);
  else parentPort?.postMessage(message, [message.archive.buffer as ArrayBuffer]);
}

/** libpq's reads and writes: writes gather until libpq waits for the answer; the first is its start-up packet. */
function connectToServer(module: EmscriptenModule): void {
  const box = replyBox(job.reply);
  let isLoggedIn = false;
  let outgoing: Uint8Array[] = [];
  let incoming: Uint8Array = new Uint8Array();
  let awaited = 0;
  // Every Query, Sync and FunctionCall is answered by one ReadyForQuery; libpq also reads when nothing is due.
  const scanRequests = frameScanner((type) => {
    if (type === "Q" || type === "S" || type === "F") awaited += 1;
  });
  const scanReplies = frameScanner((type) => {
    if (type === "Z") awaited -= 1;
  });
  const write = (pointer: number, length: number) => {
    if (!isLoggedIn) {
      isLoggedIn = true;
      incoming = welcome();
      return length;
    }
    const bytes = module.HEAPU8.slice(pointer, pointer + length);
    scanRequests(bytes);
    outgoing.push(bytes);
    return length;
  };
  const read = (pointer: number, capacity: number) => {
    if (incoming.length === 0 && awaited > 0) {
      box.clear();
      send({ kind: "exchange", bytes: Buffer.concat(outgoing) });
      outgoing = [];
      incoming = box.take();
      scanReplies(incoming);
    }
    const piece = incoming.subarray(0, capacity);
    module.HEAPU8.set(piece, pointer);
    incoming = incoming.subarray(piece.length);
    return piece.length;
  };
  module._pgl_set_rw_cbs(module.addFunction(read, "iii"), module.addFunction(write, "iii"));
}

/** The end of a login as the server's side of the protocol says it: accepted, its parameters, a key, ready. */
function welcome(): Uint8Array {
  const parameters = Object.entries(job.serverParameters).map(([name, value]) =>
    frame("S", Buffer.from(`${name}\0${value}\0`)),
  );
  return Buffer.concat([
    frame("R", Buffer.alloc(4)),
    ...parameters,
    frame("K", Buffer.alloc(8)),
    frame("Z", Buffer.from("I")),
  ]);
}
