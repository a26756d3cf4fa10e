import type { Duplex } from "node:stream";
import { Worker } from "node:worker_threads";
import pg from "pg";
import { PreconditionError } from "../../../errors.ts";
import { errorFields, frameScanner } from "./frames.ts";
import { type PgDumpJob, replyBox, replyMemory, type WorkerMessage } from "./protocol.ts";

export interface PgDumpResult {
  readonly exitCode: number;
  /** Empty unless `exitCode` is 0. */
  readonly archive: Uint8Array;
  readonly stderr: string;
  /** The last error the server sent, whatever pg_dump made of it. */
  readonly serverError: pg.DatabaseError | undefined;
}

/** In the source tree the thread's entry is a neighbour; a bundler puts it, and pg_dump.wasm, beside the bundle. */
function workerUrl(): URL {
  const isSource = import.meta.url.endsWith(".ts");
  return isSource ? new URL("./worker.ts", import.meta.url) : new URL("./pg-dump-worker.mjs", import.meta.url);
}

/**
 * Runs pg_dump over an idle, authenticated connection, whose parser is set aside meanwhile. At most one piece of the server's
 * answer is in flight; the rest waits in the socket. The connection is left in pg_dump's transaction, ready to be closed.
 * @throws pg.DatabaseError when the server ended the session with a reason; Error when the connection broke;
 * PreconditionError `pg-dump-crashed` when the thread failed; the signal's reason when aborted. In each of these cases the connection is destroyed.
 */
export async function runPgDump(
  connection: Duplex,
  job: Omit<PgDumpJob, "reply">,
  signal?: AbortSignal,
): Promise<PgDumpResult> {
  signal?.throwIfAborted();
  const reply = replyMemory();
  const box = replyBox(reply);
  let serverError: pg.DatabaseError | undefined;
  const scanReplies = frameScanner(
    (type, body) => {
      if (type === "E") serverError = databaseError(body);
    },
    (type) => type === "E",
  );
  const parsers = connection.listeners("data") as ((chunk: Buffer) => void)[];
  for (const parser of parsers) connection.off("data", parser);
  const worker = new Worker(workerUrl(), {
    workerData: { ...job, reply },
    env: {},
    execArgv: [],
    stdout: true,
    stderr: true,
  });
  const ended = Promise.withResolvers<PgDumpResult>();
  let isWaiting = false;
  const answer = () => {
    const piece: Buffer | null = isWaiting ? connection.read() : null;
    if (piece === null) return;
    isWaiting = false;
    if (piece.length > box.capacity) connection.unshift(piece.subarray(box.capacity));
    const bytes = piece.subarray(0, box.capacity);
    scanReplies(bytes);
    box.put(bytes);
  };
  const isBroken = () => ended.reject(serverError ?? new Error("connection terminated while the schema was dumped"));
  const isAborted = () => ended.reject(signal?.reason);
  worker.on("message", (message: WorkerMessage) => {
    if (message.kind === "ended") {
      const { exitCode, archive, stderr } = message;
      ended.resolve({ exitCode, archive, stderr, serverError });
      return;
    }
    if (message.bytes.length > 0) connection.write(message.bytes);
    isWaiting = true;
    answer();
  });
  worker.on("error", (cause) => ended.reject(crashed(cause.message, cause)));
  worker.on("exit", (code) => ended.reject(crashed(`it exited with ${code} and no result`)));
  connection.on("readable", answer);
  connection.on("end", isBroken).on("close", isBroken).on("error", ended.reject);
  signal?.addEventListener("abort", isAborted);
  try {
    return await ended.promise;
  } catch (error) {
    connection.destroy();
    throw error;
  } finally {
    signal?.removeEventListener("abort", isAborted);
    connection.off("readable", answer).off("end", isBroken).off("close", isBroken).off("error", ended.reject);
    for (const parser of parsers) connection.on("data", parser);
    await worker.terminate();
  }
}

function crashed(what: string, cause?: unknown): PreconditionError {
  return new PreconditionError("pg-dump-crashed", `the thread of pg_dump failed: ${what}`, {
    hint: "pg-dump-worker.mjs and pg_dump.wasm belong beside a function's bundle; if they are there, give it more memory.",
    cause,
  });
}

function databaseError(body: Uint8Array): pg.DatabaseError {
  const fields = errorFields(body);
  const error = new pg.DatabaseError(fields.M ?? "no message", body.length, "error");
  error.code = fields.C;
  return error;
}
