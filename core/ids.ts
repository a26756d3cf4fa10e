/**
 * Identifiers that appear in keys, names and URLs. Their shapes are part of the format (docs/FORMAT.md) and never change.
 * @module
 */
import { ConfigurationError } from "./errors.ts";

/** Ids of sources, targets and networks. */
export const NAME_PATTERN = /^[a-z][a-z0-9-]{0,31}$/;
/** Crockford's base32 in lower case: no i, l, o, u, so that an id read aloud is written down right. */
const CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz";
export const RESTORE_POINT_ID_PATTERN = /^\d{8}T\d{6}Z-[0-9abcdefghjkmnpqrstvwxyz]{10}$/;
export const RUN_ID_PATTERN = /^[a-z][a-z0-9-]{0,31}-\d{8}T\d{6}Z-[0-9abcdefghjkmnpqrstvwxyz]{10}$/;

/** Gives the present moment; passed in wherever time matters, so that tests can hold it still. */
export type Clock = () => Date;
/** Gives n random bytes; `crypto.randomBytes` outside tests. */
export type RandomBytes = (n: number) => Uint8Array;

/** `20261121T021500Z-7k3f9q2mxa`: the second it was begun in UTC and 50 random bits; sorts by time. */
export function newRestorePointId(now: Date, random: RandomBytes): string {
  const suffix = Array.from(random(10), (byte) => CROCKFORD[byte & 31]).join("");
  return `${compactUtc(now)}-${suffix}`;
}

/** The run's id is its execution's name: unique for 90 days in Step Functions, and readable. */
export function newRunId(source: string, now: Date, random: RandomBytes): string {
  return `${assertName("source", source)}-${newRestorePointId(now, random)}`;
}

/** The UTC day of an id, `2026-11-21`, as it stands in the vault's keys. */
export function dayOfId(restorePointId: string): string {
  assertRestorePointId(restorePointId);
  return `${restorePointId.slice(0, 4)}-${restorePointId.slice(4, 6)}-${restorePointId.slice(6, 8)}`;
}

/** @throws ConfigurationError `invalid-id` naming the field, what it got and what is allowed. */
export function assertName(field: string, value: string): string {
  if (NAME_PATTERN.test(value)) return value;
  throw new ConfigurationError("invalid-id", `${field} is ${JSON.stringify(value)}, allowed is ${NAME_PATTERN.source}`);
}

/** @throws ConfigurationError `invalid-id` */
export function assertRestorePointId(value: string): string {
  if (RESTORE_POINT_ID_PATTERN.test(value)) return value;
  throw new ConfigurationError(
    "invalid-id",
    `restore point id is ${JSON.stringify(value)}, allowed is ${RESTORE_POINT_ID_PATTERN.source}`,
    { hint: "Run `holdfast list` to see the restore points there are." },
  );
}

function compactUtc(moment: Date): string {
  return `${moment.toISOString().slice(0, 19).replaceAll("-", "").replaceAll(":", "")}Z`;
}
