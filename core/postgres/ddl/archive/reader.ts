import { IntegrityError } from "../../../errors.ts";
import { decodeText } from "./text.ts";

/** Reads the primitive values of an archive in order; never beyond its end. */
export interface ArchiveReader {
  readonly offset: number;
  readonly remaining: number;
  byte(): number;
  bytes(length: number): Uint8Array;
  /** A sign byte and `intSize` bytes, least significant first. */
  int(): number;
  /** A length and so many bytes; a negative length is a missing text. */
  text(): string | undefined;
  /** Sets the size in bytes of the integers that follow; the header says it. */
  setIntSize(intSize: number): void;
}

/** @throws IntegrityError from every method when the bytes end early or a length is impossible. */
export function openReader(archive: Uint8Array): ArchiveReader {
  let offset = 0;
  let intSize = 4;
  const take = (length: number): Uint8Array => {
    if (length > archive.length - offset) {
      throw malformed(`ends at byte ${archive.length}, ${length} more bytes are announced at ${offset}`);
    }
    offset += length;
    return archive.subarray(offset - length, offset);
  };
  const byte = () => take(1)[0] ?? 0;
  const int = () => {
    const sign = byte();
    if (sign > 1) throw malformed(`has ${sign} where the sign of a number stands, 0 and 1 are allowed`);
    // Arithmetic instead of shifts: 32 bits must not turn negative, and 64 bits are possible.
    const magnitude = take(intSize).reduceRight((sum, next) => sum * 256 + next, 0);
    if (!Number.isSafeInteger(magnitude)) throw malformed(`has the number ${magnitude}`);
    return sign === 1 ? -magnitude : magnitude;
  };
  return {
    get offset() {
      return offset;
    },
    get remaining() {
      return archive.length - offset;
    },
    byte,
    bytes: take,
    int,
    text: () => {
      const length = int();
      return length < 0 ? undefined : decodeText(take(length));
    },
    setIntSize: (size) => {
      intSize = size;
    },
  };
}

export function malformed(what: string): IntegrityError {
  return new IntegrityError("schema-archive-malformed", `schema archive ${what}`, {
    hint: "Verify the restore point; if its digests hold, the archive was written by an unknown version of pg_dump.",
  });
}
