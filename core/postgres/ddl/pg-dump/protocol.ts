/** What the thread that runs pg_dump and the thread that owns the connection say to each other. @module */

export interface PgDumpJob {
  readonly args: readonly string[];
  /** Environment of the dumping program; holds no secret, the thread's own environment is empty. */
  readonly environment: Readonly<Record<string, string>>;
  /** What the server said of itself at login: pg_dump's own login is played to it from these. */
  readonly serverParameters: Readonly<Record<string, string>>;
  readonly reply: SharedArrayBuffer;
}

export type WorkerMessage =
  /** Send these bytes to the server and put what comes back into `reply`. The worker sleeps until then. */
  | { readonly kind: "exchange"; readonly bytes: Uint8Array }
  | { readonly kind: "ended"; readonly exitCode: number; readonly archive: Uint8Array; readonly stderr: string };

/** The shared memory: one word to sleep on, one for the length, then the bytes. */
const CONTROL_BYTES = 8;
/** Two socket reads of 64 KiB with room to spare; larger ones only cost memory. */
const REPLY_BYTES = 256 * 1024;
const EMPTY = 0;
const FULL = 1;

export interface ReplyBox {
  readonly capacity: number;
  /** Called by the connection's side with at most `capacity` bytes, once per exchange. */
  put(bytes: Uint8Array): void;
  /** To be called before the exchange is asked for. */
  clear(): void;
  /** Blocks the calling thread until bytes are there; a copy. */
  take(): Uint8Array;
}

export function replyMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(CONTROL_BYTES + REPLY_BYTES);
}

export function replyBox(memory: SharedArrayBuffer): ReplyBox {
  const control = new Int32Array(memory, 0, 2);
  const data = new Uint8Array(memory, CONTROL_BYTES);
  return {
    capacity: data.length,
    put: (bytes) => {
      data.set(bytes);
      control[1] = bytes.length;
      Atomics.store(control, 0, FULL);
      Atomics.notify(control, 0);
    },
    clear: () => {
      Atomics.store(control, 0, EMPTY);
    },
    take: () => {
      // Woken is not served: the notify of the previous answer may come late, when we already sleep for the next.
      while (Atomics.load(control, 0) === EMPTY) Atomics.wait(control, 0, EMPTY);
      return data.slice(0, control[1]);
    },
  };
}
