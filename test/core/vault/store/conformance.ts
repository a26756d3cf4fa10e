import { randomBytes, randomUUID } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { Store } from "../../../../core/vault/store/port.ts";
import { gather } from "../../../../core/vault/stream/pieces.ts";

const MEBIBYTE = 1024 * 1024;

/**
 * What every store must do, told by behaviour. Each test works below a prefix of its own, so that a bucket can be shared.
 * @param open gives the store under test; its parts, if it has any, must be 5 MiB so that uploads here have several.
 */
export function describeStore(name: string, open: () => Store): void {
  const key = (suffix = "object"): string => `conformance/${randomUUID()}/${suffix}`;
  const read = async (store: Store, at: string): Promise<Buffer> => gather(await store.read(at), 64 * MEBIBYTE);
  const keysBelow = async (store: Store, prefix: string): Promise<string[]> => {
    const keys: string[] = [];
    for await (const object of store.list(prefix)) keys.push(object.key);
    return keys;
  };

  describe(name, () => {
    test("reads back what was put", async () => {
      const store = open();
      const at = key();
      const body = randomBytes(1000);
      expect(await store.putIfAbsent(at, body)).toBe(true);
      expect(await read(store, at)).toEqual(body);
      expect(await store.head(at)).toMatchObject({ key: at, bytes: 1000 });
    });

    test("leaves an object as it is when its key is put again", async () => {
      const store = open();
      const at = key();
      await store.putIfAbsent(at, Buffer.from("first"));
      expect(await store.putIfAbsent(at, Buffer.from("second"))).toBe(false);
      expect((await read(store, at)).toString()).toBe("first");
    });

    test("lets exactly one of many writers at once create an object, and whole", async () => {
      const store = open();
      const at = key();
      const bodies = Array.from({ length: 8 }, (_, n) => Buffer.alloc(10_000, n));
      const created = await Promise.all(bodies.map((body) => store.putIfAbsent(at, body)));
      const winners = bodies.filter((_, n) => created[n]);
      expect(winners).toHaveLength(1);
      expect([await read(store, at)]).toEqual(winners);
    });

    test.each([
      ["nothing", 0, 1],
      ["one byte", 1, 1],
      ["less than a part", 3 * MEBIBYTE, 100_000],
      ["several parts from small pieces", 12 * MEBIBYTE + 17, 9_999],
      ["several parts from pieces larger than a part", 17 * MEBIBYTE, 8 * MEBIBYTE],
    ])("uploads a stream of %s", async (_, bytes, pieceBytes) => {
      const store = open();
      const at = key();
      const body = randomBytes(bytes);
      const stored = await store.upload(at, inPiecesOf(body, pieceBytes));
      expect(stored).toMatchObject({ key: at, bytes });
      expect((await read(store, at)).equals(body)).toBe(true);
    });

    test("reports the same checksum at upload and at head", async () => {
      const store = open();
      for (const bytes of [100, 11 * MEBIBYTE]) {
        const at = key();
        const { checksum } = await store.upload(at, inPiecesOf(randomBytes(bytes), MEBIBYTE));
        expect((await store.head(at))?.checksum).toBe(checksum);
      }
    });

    test.each([
      ["in the first part", 1],
      ["after several parts", 14],
    ])("shows nothing when the source fails %s, and passes its error on", async (_, pieces) => {
      const store = open();
      const at = key();
      const failure = new Error("source broke");
      const upload = store.upload(at, failingAfter(pieces, failure));
      await expect(upload).rejects.toBe(failure);
      expect(await store.head(at)).toBeUndefined();
      expect(await keysBelow(store, at)).toEqual([]);
    });

    test("stops at an abort, closes the source and shows nothing", async () => {
      const store = open();
      const at = key();
      const controller = new AbortController();
      const reason = new Error("time is up");
      let isClosed = false;
      async function* endless(): AsyncGenerator<Uint8Array> {
        try {
          for (let n = 0; ; n += 1) {
            if (n === 12) controller.abort(reason);
            yield Buffer.alloc(MEBIBYTE, n);
            await setImmediate();
          }
        } finally {
          isClosed = true;
        }
      }
      await expect(store.upload(at, endless(), { signal: controller.signal })).rejects.toBe(reason);
      expect(isClosed).toBe(true);
      expect(await store.head(at)).toBeUndefined();
    });

    test("refuses an upload over an object that is there", async () => {
      const store = open();
      const at = key();
      await store.putIfAbsent(at, Buffer.from("first"));
      await expect(store.upload(at, inPiecesOf(Buffer.from("second"), 3))).rejects.toMatchObject({
        name: "PreconditionError",
        code: "object-exists",
      });
      expect((await read(store, at)).toString()).toBe("first");
    });

    test.each([
      ["at the beginning", 0, 9, 0, 10],
      ["in the middle", 100, 199, 100, 200],
      ["beyond the end", 990, 2000, 990, 1000],
    ])("reads a range %s", async (_, start, end, from, to) => {
      const store = open();
      const at = key();
      const body = randomBytes(1000);
      await store.putIfAbsent(at, body);
      expect(await gather(await store.read(at, { range: { start, end } }), 1000)).toEqual(body.subarray(from, to));
    });

    test("lets a reader leave in the middle", async () => {
      const store = open();
      const at = key();
      await store.upload(at, inPiecesOf(randomBytes(8 * MEBIBYTE), MEBIBYTE));
      for await (const piece of await store.read(at)) {
        expect(piece.length).toBeGreaterThan(0);
        break;
      }
    });

    test("names an object that is not there", async () => {
      const store = open();
      const at = key();
      await expect(store.read(at)).rejects.toMatchObject({ name: "IntegrityError", code: "object-missing" });
      await expect(store.read(at)).rejects.toThrow(at);
      expect(await store.head(at)).toBeUndefined();
    });

    test("lists what starts with a prefix, in the order of bytes", async () => {
      const store = open();
      const prefix = key("");
      const names = ["a/2", "a/10", "a.b", "a-b", "A", "a0", "b/x/y/z", "0001.json", "0001.1"];
      for (const name of names) await store.putIfAbsent(`${prefix}${name}`, Buffer.from(name));
      await store.putIfAbsent(`${prefix.slice(0, -1)}0/other`, Buffer.from("outside"));
      const sorted = names.map((name) => `${prefix}${name}`).sort();
      expect(await keysBelow(store, prefix)).toEqual(sorted);
      expect(await keysBelow(store, `${prefix}a`)).toEqual(sorted.filter((at) => at.startsWith(`${prefix}a`)));
      expect(await keysBelow(store, `${prefix}nothing`)).toEqual([]);
    });

    test("deletes, and again", async () => {
      const store = open();
      const at = key();
      await store.putIfAbsent(at, Buffer.from("body"));
      await store.delete(at);
      await store.delete(at);
      expect(await store.head(at)).toBeUndefined();
      expect(await store.putIfAbsent(at, Buffer.from("again"))).toBe(true);
    });

    test.each(["../escape", "/absolute", "a//b", "a/../b", "a/", ".hidden", "a\\b", "a\0b", ""])(
      "refuses the key %j",
      async (bad) => {
        const store = open();
        const refusal = { name: "ConfigurationError", code: "invalid-key" };
        await expect(store.putIfAbsent(bad, Buffer.from("x"))).rejects.toMatchObject(refusal);
        await expect(store.upload(bad, inPiecesOf(Buffer.from("x"), 1))).rejects.toMatchObject(refusal);
        await expect(store.read(bad)).rejects.toMatchObject(refusal);
        await expect(store.head(bad)).rejects.toMatchObject(refusal);
        await expect(store.delete(bad)).rejects.toMatchObject(refusal);
      },
    );
  });
}

export async function* inPiecesOf(body: Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < body.length; at += pieceBytes) yield body.subarray(at, at + pieceBytes);
}

async function* failingAfter(pieces: number, failure: Error): AsyncGenerator<Uint8Array> {
  for (let n = 0; n < pieces; n += 1) yield Buffer.alloc(MEBIBYTE, n);
  throw failure;
}
