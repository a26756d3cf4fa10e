/** Bytes that are not of this format, told in plain words; the caller knows which object they are of. */
export class MalformedError extends Error {
  override readonly name = "MalformedError";
}
