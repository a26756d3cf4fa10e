/**
 * What every store says in the same words, because operators and tests match on them.
 * @module
 */
import { IntegrityError, PreconditionError } from "../../errors.ts";

export function objectMissing(location: string, key: string, cause?: unknown): IntegrityError {
  return new IntegrityError("object-missing", `${location} has no object ${key}`, {
    hint: "It was deleted or never written; restore from a replica or another restore point.",
    cause,
  });
}

export function objectExists(location: string, key: string, cause?: unknown): PreconditionError {
  return new PreconditionError("object-exists", `${location} has an object ${key} already, and none is overwritten`, {
    hint: "Two writers used one attempt number; the run has to allocate another.",
    cause,
  });
}
