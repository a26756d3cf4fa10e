/** Message boundaries of PostgreSQL's protocol: a type byte, a length that counts itself, a body. @module */

const HEADER_BYTES = 5;
/** Bodies that anyone looks at are error messages; a longer one is cut. */
const KEPT_BODY_BYTES = 64 * 1024;

/**
 * Finds the messages in a stream given piece by piece; calls back at the end of each, with its body where `keepsBody`
 * says so (at most 64 KiB of it).
 */
export function frameScanner(
  onMessage: (type: string, body: Uint8Array) => void,
  keepsBody: (type: string) => boolean = () => false,
): (piece: Uint8Array) => void {
  const header = Buffer.alloc(HEADER_BYTES);
  let headerBytes = 0;
  let bodyLeft = 0;
  let body: Uint8Array[] = [];
  return (piece) => {
    for (let at = 0; at < piece.length; ) {
      if (headerBytes < HEADER_BYTES) {
        const taken = Math.min(HEADER_BYTES - headerBytes, piece.length - at);
        header.set(piece.subarray(at, at + taken), headerBytes);
        headerBytes += taken;
        at += taken;
        if (headerBytes < HEADER_BYTES) return;
        bodyLeft = Math.max(header.readUInt32BE(1) - 4, 0);
      }
      const taken = Math.min(bodyLeft, piece.length - at);
      const type = String.fromCharCode(header[0] ?? 0);
      if (keepsBody(type)) body.push(Buffer.from(piece.subarray(at, at + taken)));
      bodyLeft -= taken;
      at += taken;
      if (bodyLeft > 0) return;
      onMessage(type, Buffer.concat(body).subarray(0, KEPT_BODY_BYTES));
      headerBytes = 0;
      body = [];
    }
  };
}

/** A server's message as the server would send it. */
export function frame(type: string, body: Uint8Array): Uint8Array {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(type, "latin1");
  header.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
}

/** The fields of an ErrorResponse by their letters: `C` SQLSTATE, `M` message, `S` severity. */
export function errorFields(body: Uint8Array): Readonly<Record<string, string>> {
  const texts = Buffer.from(body).toString("utf8").split("\0");
  return Object.fromEntries(texts.filter((text) => text !== "").map((text) => [text.charAt(0), text.slice(1)]));
}
