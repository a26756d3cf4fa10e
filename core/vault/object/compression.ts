/**
 * The codecs an object's plaintext may be compressed with before it is encrypted.
 * @module
 */
import {
  constants,
  createGunzip,
  createGzip,
  createZstdCompress,
  createZstdDecompress,
  type Gunzip,
  type ZstdDecompress,
} from "node:zlib";
import { through } from "../stream/through.ts";
import { MalformedError } from "./malformed.ts";

export type Compression =
  | { readonly codec: "zstd" /** 1 to 19 */; readonly level: number }
  | { readonly codec: "gzip" /** 1 to 9 */; readonly level: number }
  | { readonly codec: "none" };

export type Codec = Compression["codec"];
export const CODECS = ["zstd", "gzip", "none"] as const satisfies readonly Codec[];

/** For the manifest and schema: small, so a ratio is worth more than speed, and not worth a setting. */
export const SMALL_OBJECT_COMPRESSION: Compression = { codec: "zstd", level: 6 };

/** Big output pieces: each costs a hop through the thread pool and a cipher call. */
const PIECE_BYTES = 256 * 1024;
/** zstd may ask its reader for a window of this size, 128 MiB; what asks for more is refused, not held. */
const MOST_WINDOW_LOG = 27;

export function compress(source: AsyncIterable<Uint8Array>, compression: Compression): AsyncIterable<Uint8Array> {
  switch (compression.codec) {
    case "none":
      return source;
    case "gzip":
      return through(source, createGzip({ level: compression.level, chunkSize: PIECE_BYTES }));
    case "zstd":
      return through(
        source,
        createZstdCompress({
          chunkSize: PIECE_BYTES,
          params: {
            [constants.ZSTD_c_compressionLevel]: compression.level,
            [constants.ZSTD_c_checksumFlag]: 1,
          },
        }),
      );
  }
}

/** @throws MalformedError when the stream is not of that codec, is cut, or goes on after its end. */
export async function* decompress(source: AsyncIterable<Uint8Array>, codec: Codec): AsyncGenerator<Uint8Array> {
  if (codec === "none") {
    yield* source;
    return;
  }
  const transform = decompressor(codec);
  let failure: unknown;
  transform.once("error", (error) => {
    failure = error;
  });
  let fedBytes = 0;
  let isExhausted = false;
  const fed = async function* (): AsyncGenerator<Uint8Array> {
    for await (const piece of source) {
      fedBytes += piece.length;
      yield piece;
    }
    isExhausted = true;
  };
  try {
    yield* through(fed(), transform);
  } catch (error) {
    // An error of the source passes through the transform too; only its own mean that the bytes are bad.
    if (error === failure && isOfZlib(error)) throw new MalformedError(`not a whole ${codec} stream`, { cause: error });
    throw error;
  }
  // Node ends well at the codec's own end and drops what follows; `bytesWritten` is what the codec took.
  if (!isExhausted || transform.bytesWritten !== fedBytes)
    throw new MalformedError(`goes on after its ${codec} stream`);
}

function decompressor(codec: Exclude<Codec, "none">): Gunzip | ZstdDecompress {
  if (codec === "gzip") return createGunzip({ chunkSize: PIECE_BYTES });
  return createZstdDecompress({
    chunkSize: PIECE_BYTES,
    params: { [constants.ZSTD_d_windowLogMax]: MOST_WINDOW_LOG },
  });
}

const isOfZlib = (error: unknown): boolean =>
  error instanceof Error && "code" in error && typeof error.code === "string" && /^(Z_|ZSTD_|ERR_)/.test(error.code);
