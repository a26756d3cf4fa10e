/**
 * Partitions as servers from 17 on have them.
 * @module
 */
import type { Lack } from "./types.ts";

const IDENTITY_OF_ROOT_SINCE = 17;

/** Until 16 a partition could have an identity column of its own; since 17 it has its partitioned table's, or none. */
export const identityOfPartition: Lack = (
  { desc, defn = "", namespace, dependencies },
  { major, byDumpId, partitions },
) => {
  if (major < IDENTITY_OF_ROOT_SINCE || desc !== "SEQUENCE" || !defn.startsWith("ALTER TABLE ")) return undefined;
  const table = dependencies
    .map((dumpId) => byDumpId.get(dumpId))
    .find((entry) => entry?.desc === "TABLE" && entry.namespace === namespace);
  if (table === undefined || !partitions.has(`${table.namespace}.${table.tag}`)) return undefined;
  const reason = `is the identity of ${table.namespace}.${table.tag} alone, a partition: since PostgreSQL 17 only the partitioned table has one`;
  return { reason };
};
