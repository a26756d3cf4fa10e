/**
 * Whether a source still leads to the database it led to before: an endpoint that was moved makes backups that look fine and are
 * of something else.
 * @module
 */
import type { DatabaseIdentity, RestorePoint } from "../catalog/index.ts";

/** The warning's code; an alert goes out for it although the backup succeeds. */
export const ANOTHER_DATABASE = "another-database";

export interface Warning {
  readonly code: string;
  readonly message: string;
}

export function identityOf({ systemIdentifier, databaseOid }: DatabaseIdentity): DatabaseIdentity {
  return { systemIdentifier, databaseOid };
}

/** Compares with the newest restore point; a server that may not be asked for its identifier is judged by the database alone. */
export function identityWarnings(now: DatabaseIdentity, last: RestorePoint | undefined): Warning[] {
  const before = last?.identity;
  if (before === undefined) return [];
  const isSameServer =
    before.systemIdentifier === null ||
    now.systemIdentifier === null ||
    before.systemIdentifier === now.systemIdentifier;
  if (isSameServer && before.databaseOid === now.databaseOid) return [];
  const words = ({ systemIdentifier, databaseOid }: DatabaseIdentity) =>
    `server ${systemIdentifier ?? "unknown"}, database oid ${databaseOid}`;
  const message = `the source leads to ${words(now)}; restore point ${last?.restorePointId} is of ${words(before)}`;
  return [{ code: ANOTHER_DATABASE, message }];
}
