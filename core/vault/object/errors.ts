import { IntegrityError } from "../../errors.ts";

const DAMAGED_HINT = "The stored bytes were changed: restore from a replica or another restore point.";

/** An IntegrityError that also carries where it was found, for reports. */
export class ObjectIntegrityError extends IntegrityError {
  readonly object: string;
  /** Offset in the stored object of the frame at fault, or of its unexpected end; absent when the whole is at fault. */
  readonly offset: number | undefined;
  /** The message without the place. */
  readonly reason: string;

  constructor(
    code: string,
    object: string,
    offset: number | undefined,
    reason: string,
    cause?: unknown,
    hint: string = DAMAGED_HINT,
  ) {
    const where = offset === undefined ? "" : ` at byte ${offset}`;
    super(code, `object ${object}${where}: ${reason}`, { hint, cause });
    this.object = object;
    this.offset = offset;
    this.reason = reason;
  }
}
