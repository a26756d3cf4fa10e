/**
 * Where a restore goes: which database, by which connection.
 * @module
 */
import { ConfigurationError } from "../errors.ts";
import type { ConnectionSettings } from "../postgres/connection.ts";
import type { Manifest } from "../vault/manifest/schema.ts";
import type { RestoreOptions } from "./options.ts";

export interface RestoreTarget {
  /** In the database that is restored. */
  readonly settings: ConnectionSettings;
  /** In the connection's own database, from where the target is created; absent when it is there already. */
  readonly maintenance?: ConnectionSettings;
}

/** @throws ConfigurationError `target-database-ambiguous` when the database to be created is the one connected to */
export function restoreTarget(
  connection: ConnectionSettings,
  options: Pick<RestoreOptions, "database" | "create">,
  manifest: Pick<Manifest, "server">,
): RestoreTarget {
  if (!options.create) return { settings: { ...connection, database: options.database ?? connection.database } };
  const database = options.database ?? manifest.server.databaseName;
  if (database !== connection.database) return { settings: { ...connection, database }, maintenance: connection };
  throw new ConfigurationError("target-database-ambiguous", `database ${database} is to be created from itself`, {
    hint: "Name another database, or let the target's connection name a maintenance database such as postgres.",
  });
}
