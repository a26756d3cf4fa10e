/**
 * A vault in a directory: for tests, copies on a disk, and restores without AWS. Every file is created by writing a
 * temporary one, syncing it and linking it to its name, so a crash leaves it whole or absent.
 * @module
 */
import { createReadStream } from "node:fs";
import { type FileHandle, link, mkdir, open, readdir, stat, unlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { mapAwsError, mapped } from "../../aws/errors.ts";
import { inPieces } from "../stream/pieces.ts";
import { objectExists, objectMissing } from "./errors.ts";
import { assertKey, type ReadOptions, type Store, type StoredObject } from "./port.ts";
import { WatchedSource } from "./watched-source.ts";

/** Holds files that are not whole yet; on the same file system, because links cannot leave it. */
const TEMPORARY = ".incomplete";
const MEBIBYTE = 1024 * 1024;

/**
 * @param path absolute or relative; created on the first write.
 * @throws PreconditionError `store-full`, `store-access-denied`; StoreThrottledError `store-unreachable`: by the table in core/aws/errors.ts
 */
export function directoryStore(path: string): Store {
  const root = resolve(path);
  const location = pathToFileURL(root).href;
  const fileOf = (key: string): string => join(root, assertKey(key));

  return {
    location,
    async putIfAbsent(key, body) {
      const bytes = await mapped(`create ${location}/${key}`, () =>
        createFile(root, fileOf(key), async (file) => {
          await file.writeFile(body);
          return body.length;
        }),
      );
      return bytes !== undefined;
    },
    async upload(key, body, { signal } = {}) {
      const source = new WatchedSource(body);
      const bytes = await createFile(root, fileOf(key), (file) => writeAll(file, source, signal)).catch((error) => {
        source.rethrow(error);
        throw mapAwsError(error, `upload ${location}/${key}`);
      });
      if (bytes !== undefined) return { key, bytes };
      throw objectExists(location, key);
    },
    async read(key, options = {}) {
      const file = await open(fileOf(key)).catch((error) => {
        if (isMissing(error)) throw objectMissing(location, key, error);
        throw mapAwsError(error, `read ${location}/${key}`);
      });
      return readFrom(file, `read ${location}/${key}`, options);
    },
    async head(key) {
      try {
        const { size } = await stat(fileOf(key));
        return { key, bytes: size };
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw mapAwsError(error, `look at ${location}/${key}`);
      }
    },
    list: (prefix) => listFiles(root, "", prefix),
    async delete(key) {
      await unlink(fileOf(key)).catch((error) => {
        if (!isMissing(error)) throw error;
      });
    },
  };
}

/** @returns what `write` returned, or undefined when the file exists already. */
async function createFile(
  root: string,
  file: string,
  write: (file: FileHandle) => Promise<number>,
): Promise<number | undefined> {
  const folder = join(root, TEMPORARY);
  await mkdir(folder, { recursive: true });
  const temporary = join(folder, crypto.randomUUID());
  try {
    const handle = await open(temporary, "wx");
    let bytes: number;
    try {
      bytes = await write(handle);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await mkdir(dirname(file), { recursive: true });
    try {
      await link(temporary, file);
    } catch (error) {
      if (codeOf(error) === "EEXIST") return undefined;
      throw error;
    }
    await syncFolder(dirname(file));
    return bytes;
  } finally {
    await unlink(temporary).catch(() => {});
  }
}

async function writeAll(file: FileHandle, body: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<number> {
  let bytes = 0;
  for await (const pieces of inPieces(body, MEBIBYTE)) {
    signal?.throwIfAborted();
    for (const piece of pieces) bytes += piece.length;
    await file.writev(pieces);
  }
  signal?.throwIfAborted();
  return bytes;
}

async function* readFrom(file: FileHandle, action: string, { range, signal }: ReadOptions): AsyncGenerator<Uint8Array> {
  const stream = createReadStream("", { fd: file, highWaterMark: MEBIBYTE, ...range });
  try {
    for await (const piece of stream) {
      signal?.throwIfAborted();
      yield piece;
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw mapAwsError(error, action);
  } finally {
    stream.destroy();
  }
}

/** Walks in the order of whole keys: a folder sorts as its name with a slash. */
async function* listFiles(root: string, folder: string, prefix: string): AsyncGenerator<StoredObject> {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch((error) => {
    if (isMissing(error)) return [];
    throw error;
  });
  const keys = entries
    .filter((entry) => entry.name !== TEMPORARY && (entry.isFile() || entry.isDirectory()))
    .map((entry) => `${folder}${entry.name}${entry.isDirectory() ? "/" : ""}`)
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  for (const key of keys) {
    if (key.endsWith("/")) {
      if (key.startsWith(prefix) || prefix.startsWith(key)) yield* listFiles(root, key, prefix);
    } else if (key.startsWith(prefix)) {
      yield { key, bytes: (await stat(join(root, key))).size };
    }
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;

const isMissing = (error: unknown): boolean => {
  const code = codeOf(error);
  return code === "ENOENT" || code === "ENOTDIR";
};
