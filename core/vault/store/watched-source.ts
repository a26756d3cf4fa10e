/**
 * Tells the source's own error from the store's: a connection to a database that broke is not the store's.
 * @module
 */
export class WatchedSource implements AsyncIterable<Uint8Array> {
  readonly #source: AsyncIterable<Uint8Array>;
  #failure: { readonly error: unknown } | undefined;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      yield* this.#source;
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
  }

  /** @throws the error when it is the source's. */
  rethrow(error: unknown): void {
    if (this.#failure !== undefined && this.#failure.error === error) throw error;
  }
}
