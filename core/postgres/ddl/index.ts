/**
 * The schema: dumped by pg_dump itself into its custom-format archive, parsed, and turned into the statements of a restore.
 * @module
 */
export { parseArchive } from "./archive/parse.ts";
export { nameOfEntry, type Section, type Toc, type TocEntry } from "./archive/toc.ts";
export {
  type DatabaseProperties,
  type DatabaseStatements,
  databaseProperties,
  databaseStatements,
  type OwnershipOptions,
} from "./database.ts";
export { type DumpSchemaOptions, dumpSchema, PG_DUMP_MAJOR, type SchemaDump } from "./dump-schema.ts";
export { schemaFingerprint } from "./fingerprint.ts";
export type { Grant } from "./grants.ts";
export { type LargeObjectMetadata, largeObjectStatements, listLargeObjects } from "./large-objects.ts";
export { classify, DEFAULT_SEARCH_PATH } from "./restore/classify.ts";
export { isLoginTrigger, splitLoginTriggers } from "./restore/login-triggers.ts";
export { ownerStatement } from "./restore/owner.ts";
export type {
  ClassifyOptions,
  ForcedRowSecurity,
  MaterializedView,
  RestoreEntry,
  RestorePhases,
} from "./restore/phases.ts";
export { plainSql, type SqlSection } from "./restore/plain-sql.ts";
export { splitForcing } from "./restore/row-security.ts";
export { tableOf } from "./restore/table-of.ts";
