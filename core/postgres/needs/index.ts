/** What a database needs of its server: read from the database, or from its archive. @module */
export { collationsNamed } from "./collations.ts";
export { needsOfArchive } from "./from-archive.ts";
export { readNeeds } from "./read-needs.ts";
export type { Needs } from "./types.ts";
