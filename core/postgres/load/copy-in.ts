/**
 * `COPY … FROM STDIN` over a `pg` connection with back-pressure in both directions of failure: a source that fails makes the
 * server drop the rows (CopyFail), a server that fails stops the source. Own code because the stream package at hand waits
 * for ever when the server's error arrives while a write waits for the socket to drain.
 * @module
 */
import { once } from "node:events";
import type { Duplex } from "node:stream";
import type pg from "pg";

/** CopyData's type byte, PostgreSQL "Message Formats". */
const COPY_DATA = 0x64;
const HEADER_BYTES = 5;
const LENGTH_BYTES = 4;

/** Emitted by `pg` for CommandComplete; not in its published types. */
interface CommandCompleteMessage {
  readonly text: string;
}

/** `pg`'s connection as a query object sees it: the published types lack the copy methods. */
interface CopyConnection {
  readonly stream: Duplex;
  query(text: string): void;
  endCopyFrom(): void;
  sendCopyFail(message: string): void;
}

/**
 * Sends all bytes of `source` as the input of `statement` and gives the number of rows the server counted (CommandComplete).
 * The session is usable afterwards, also after an error, unless the connection itself is gone.
 * @throws what the source threw, or the server's own error; the server's wins when it came first.
 */
export async function copyIn(
  client: pg.ClientBase,
  statement: string,
  source: AsyncIterable<Uint8Array>,
): Promise<number> {
  const query = new CopyInQuery(statement, source);
  client.query(query as unknown as pg.Submittable);
  return query.rows;
}

class CopyInQuery {
  readonly rows: Promise<number>;
  readonly #statement: string;
  readonly #source: AsyncIterable<Uint8Array>;
  readonly #settle: { resolve: (rows: number) => void; reject: (error: unknown) => void };
  /** Aborted when the server has answered with an error: nothing more is to be sent. */
  readonly #refused = new AbortController();
  #count = 0;
  #sourceError: { readonly error: unknown } | undefined;

  constructor(statement: string, source: AsyncIterable<Uint8Array>) {
    this.#statement = statement;
    this.#source = source;
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.rows = promise;
    this.#settle = { resolve, reject };
  }

  submit(connection: CopyConnection): void {
    connection.query(this.#statement);
  }

  handleCopyInResponse(connection: CopyConnection): void {
    void this.#send(connection);
  }

  handleCommandComplete(message: CommandCompleteMessage): void {
    const match = /^COPY (\d+)$/.exec(message.text);
    if (match) this.#count = Number(match[1]);
  }

  handleReadyForQuery(): void {
    this.#settle.resolve(this.#count);
  }

  handleError(error: unknown): void {
    this.#refused.abort(error);
    this.#settle.reject(this.#sourceError === undefined ? error : this.#sourceError.error);
  }

  async #send(connection: CopyConnection): Promise<void> {
    try {
      for await (const chunk of this.#source) {
        if (this.#refused.signal.aborted) return;
        if (!writeCopyData(connection.stream, chunk)) {
          await once(connection.stream, "drain", { signal: this.#refused.signal });
        }
      }
      if (!this.#refused.signal.aborted) connection.endCopyFrom();
    } catch (error) {
      if (this.#refused.signal.aborted) return;
      this.#sourceError = { error };
      connection.sendCopyFail("the rows could not be read to their end");
    }
  }
}

/** One CopyData message, written without copying the bytes; false when the socket asks to wait. */
function writeCopyData(stream: Duplex, chunk: Uint8Array): boolean {
  const header = Buffer.alloc(HEADER_BYTES);
  header[0] = COPY_DATA;
  header.writeUInt32BE(chunk.byteLength + LENGTH_BYTES, 1);
  stream.cork();
  stream.write(header);
  const hasRoom = stream.write(chunk);
  stream.uncork();
  return hasRoom;
}
