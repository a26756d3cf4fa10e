/**
 * What every store says in the same words, because operators and tests match on them.
 * @module
 */
import { type IntegrityError, PreconditionError } from "../../errors.ts";
import { ObjectIntegrityError } from "../object/errors.ts";

export function objectMissing(location: string, key: string, cause?: unknown): IntegrityError {
  const hint = "It was deleted or never written: an older version, a replica or another restore point may have it.";
  return new ObjectIntegrityError("object-missing", key, undefined, `${location} has no such object`, cause, hint);
}

export function objectExists(location: string, key: string, cause?: unknown): PreconditionError {
  return new PreconditionError("object-exists", `${location} has an object ${key} already, and none is overwritten`, {
    hint: "Two writers used one attempt number; the run has to allocate another.",
    cause,
  });
}
