import { pathToFileURL } from "node:url";
import { objectExists, objectMissing } from "../../core/vault/store/errors.ts";
import { assertKey, type Store, type StoredObject } from "../../core/vault/store/port.ts";
import { gather } from "../../core/vault/stream/pieces.ts";

export interface MemoryStore extends Store {
  /** What is stored, to be damaged at will. */
  readonly objects: Map<string, Buffer>;
  /** Gives pieces of this size when read, so that framing meets every boundary. */
  pieceBytes: number;
}

/** A store whose content tests can change behind the vault's back. */
export function memoryStore(): MemoryStore {
  const objects = new Map<string, Buffer>();
  const location = pathToFileURL("/memory").href;
  const described = (key: string, body: Buffer): StoredObject => ({ key, bytes: body.length });
  const store: MemoryStore = {
    objects,
    pieceBytes: 64 * 1024,
    location,
    async putIfAbsent(key, body) {
      if (objects.has(assertKey(key))) return false;
      objects.set(key, Buffer.from(body));
      return true;
    },
    async upload(key, body) {
      const whole = await gather(body, 1024 ** 3);
      if (objects.has(assertKey(key))) throw objectExists(location, key);
      objects.set(key, whole);
      return described(key, whole);
    },
    async read(key) {
      const body = objects.get(assertKey(key));
      if (body === undefined) throw objectMissing(location, key);
      return pieces(body, store.pieceBytes);
    },
    async head(key) {
      const body = objects.get(assertKey(key));
      return body && described(key, body);
    },
    async *list(prefix) {
      for (const key of [...objects.keys()].sort()) {
        const body = objects.get(key);
        if (key.startsWith(prefix) && body !== undefined) yield described(key, body);
      }
    },
    async delete(key) {
      objects.delete(assertKey(key));
    },
  };
  return store;
}

async function* pieces(body: Buffer, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < body.length; at += pieceBytes) yield body.subarray(at, at + pieceBytes);
}
