/**
 * Runs a source through a Node transform with back-pressure both ways, and passes on the first error of either side.
 * `stream.pipeline` would hold the whole chain as streams; here it is iterables, and one that ends early ends the rest.
 * @module
 */
import type { Duplex } from "node:stream";

/**
 * Yields what `transform` makes of `source`. When the consumer stops early the transform is destroyed and the source
 * is closed at its next piece; whoever opened the source aborts it by its own signal if that piece may never come.
 */
export async function* through(source: AsyncIterable<Uint8Array>, transform: Duplex): AsyncGenerator<Buffer> {
  const gate = new Gate(transform);
  let failure: { readonly error: unknown } | undefined;
  feed(source, transform, gate).catch((error: unknown) => {
    failure = { error };
    transform.destroy(error instanceof Error ? error : new Error("source failed", { cause: error }));
  });
  try {
    for await (const piece of transform) yield piece;
    // A transform that was destroyed by the feed may end without telling why.
    if (failure !== undefined) throw failure.error;
  } catch (error) {
    throw failure === undefined ? error : failure.error;
  } finally {
    gate.close();
    transform.on("error", () => {}); // a late error has no reader any more and must not end the process
    transform.destroy();
  }
}

async function feed(source: AsyncIterable<Uint8Array>, transform: Duplex, gate: Gate): Promise<void> {
  for await (const piece of source) {
    if (gate.isClosed) return;
    if (!transform.write(piece)) await gate.drained();
    if (gate.isClosed) return;
  }
  transform.end();
}

/** Waits for `drain`, or for nobody wanting it any more, without a listener per write. */
class Gate {
  isClosed = false;
  #wake: () => void = () => {};

  constructor(transform: Duplex) {
    transform.on("drain", () => this.#wake());
    transform.on("close", () => this.close());
    transform.on("error", () => this.close());
  }

  drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      if (this.isClosed) resolve();
    });
  }

  close(): void {
    this.isClosed = true;
    this.#wake();
  }
}
